"""What the documentation has from the code is what the code says today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_generated_parts_are_up_to_date():
    """`docs/generate.py` would change nothing."""
    command = [sys.executable, DOCS / "generate.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (result.returncode, result.stderr)


def test_every_error_is_explained():
    """Whoever meets an error finds on its page what to do, unless it never leaves the library."""
    from hubkit import errors

    text = (DOCS / "errors.md").read_text(encoding="utf-8").partition("## What to do")[2]
    roots = {"HubkitError", "ResponseError", "NotFoundError", "CacheError"}
    inner = {"CacheUnavailableError", "CacheCorruptedError"}
    kin = {"InvalidRefError", "InvalidTokenError", "LocalPathError", "TransportTimeoutError"}
    missing = {name for name in errors.__all__ if f"**`{name}`**" not in text}

    assert roots | inner | kin | {"CardError", "DecodeError"} == missing


def test_promises_are_shown():
    """Every test that the page about reliability names is there."""
    text = (DOCS / "reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", text))

    assert len(named) > 20
    assert [] == sorted(name for name in named if not (DOCS.parent / name).is_file())
