"""Examples are run as everybody runs them: as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(tmp_path):
    """Runs an example in a folder of its own; what it printed, on the condition that it went well."""

    def run(name, *arguments, environ=()):
        command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | dict(environ),
            timeout=100,
        )
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout

    return run
