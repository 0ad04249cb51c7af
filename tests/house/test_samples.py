"""Samples in docstrings and examples do what they say."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import hubkit
import hubkit_redis

ROOT = Path(__file__).parents[2]


def modules():
    """Every module of both packages."""
    for package in (hubkit, hubkit_redis):
        yield package.__name__
        yield from (info.name for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."))


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_docstrings(name, tmp_path, monkeypatch):
    """Each sample of a docstring gives what it shows."""
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

    assert 0 == doctest.testmod(importlib.import_module(name), optionflags=flags).failed


def test_quickstart(tmp_path):
    """The README's first command, without the installation."""
    command = [sys.executable, str(ROOT / "examples" / "quickstart.py"), "--folder", str(tmp_path / "q")]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ}
    )

    assert "" == result.stderr
    assert 0 == result.returncode
    assert "byte for byte what was uploaded" in result.stdout
    assert 3 <= result.stdout.count("[0 requests")
    assert (tmp_path / "q" / "cache").is_dir()


def test_quickstart_without_a_hub(tmp_path):
    """Its reading half says in one line that there is no Hub."""
    command = [sys.executable, str(ROOT / "examples" / "quickstart.py"), "--endpoint", "http://127.0.0.1:9"]
    environment = {**os.environ, "HUBKIT_RETRIES": "0"}
    result = subprocess.run(
        [*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False, env=environment
    )

    assert 1 == result.returncode
    assert "quickstart: openai-community/gpt2 is not cached" in result.stderr
    assert "Traceback" not in result.stderr
