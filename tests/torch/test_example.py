"""The example that needs torch."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)

EXAMPLE = Path(__file__).parents[2] / "examples" / "transformers_interop.py"


def test_transformers_interop(tmp_path):
    """Without hubkit the second time asks again; with it nothing is asked, and a stopped Hub is no matter."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUBKIT_"))}
        | {"HF_TOKEN": "hf_ofanotherhubsuser"},
    )
    assert 0 == done.returncode, done.stderr
    first, bare, cold, warm, stopped = (
        int(count) for count in re.findall(r"(\d+) requests .* 39,072 parameters$", done.stdout, re.M)
    )

    assert first > bare > cold > 0
    assert (0, 0) == (warm, stopped)
