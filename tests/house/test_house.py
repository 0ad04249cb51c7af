"""The rules of the house, on the checkout these tests lie in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command):
    """Run a tool in the checkout; its output if it complains."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=["check", "format"])
def test_ruff(arguments):
    """Code and tests are as ruff.toml wants them."""
    assert "" == run(sys.executable, "-m", "ruff", *arguments, ".")


def test_floors():
    """No floor imports what stands above it."""
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"

    assert "" == run(sys.executable, "-c", code)


@pytest.mark.timeout(400)
def test_types():
    """Strict mypy has nothing to say, about the code and about the way users call it."""
    assert "" == run(sys.executable, "-m", "mypy")
    assert "" == run(sys.executable, "-m", "mypy", "tests/typing")
    assert "" == run(sys.executable, "-m", "mypy", "examples")


def test_size_of_files():
    """No file is longer than 500 lines."""
    files = [*ROOT.glob("hubkit/**/*.py"), *ROOT.glob("hubkit_redis/**/*.py")]

    assert files
    assert [] == [path.name for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 500]


@pytest.mark.parametrize("word", ["time.time()", "time.sleep(", "import pickle", "eval(", "import marshal"])
def test_words_that_have_no_place(word):
    """Clocks are arguments, and data is never executed."""
    allowed = {"_clock.py", "test"}
    files = [*ROOT.glob("hubkit/**/*.py"), *ROOT.glob("hubkit_redis/**/*.py")]
    found = [p.name for p in files if word in p.read_text(encoding="utf-8") and p.name not in allowed]

    assert [] == found
