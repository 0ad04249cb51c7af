"""Processes whose n-th system call fails, or is their last."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import attrs

__all__ = ["Nursery", "Run"]

_NURSERY = Path(__file__).parents[1] / "faults" / "nursery.py"
_CALL = re.compile(r"(\d+) +(\w+)\((.*)")
_PATIENCE = 30.0


@attrs.frozen
class Run:
    """What became of a child."""

    code: int
    out: str
    err: str


class Nursery:
    """Makes children that need not import anything.

    Args:
        folder: Where files of ours go.
        environ: What children know of the world.
        strace: The program.
        ahead: A command of hubkit: what it loads is loaded beforehand.
    """

    def __init__(self, folder, environ, strace, ahead):
        self._folder = folder
        self._environ = environ
        self._strace = strace
        command = [sys.executable, _NURSERY]
        loaded = subprocess.run([*command, *ahead], env=environ, capture_output=True, text=True, check=True)
        self._process = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(json.loads(loaded.stdout.splitlines()[-1]))

    def run(self, do, *arguments, trace=(), **variables):
        """Let a child do something.

        Args:
            do: The function.
            arguments: What it is given.
            trace: Options of strace; none, and it runs untraced.
            variables: Added to its environment.
        """
        out, err = self._folder / "out", self._folder / "err"
        order = {
            "do": do,
            "arguments": arguments,
            "environ": {**self._environ, **variables},
            "out": str(out),
            "err": str(err),
            "stop": bool(trace),
        }
        child = int(self._say(order))
        if trace:
            self._follow(child, trace)
        return Run(int(self._process.stdout.readline()), out.read_text(), err.read_text())

    def calls(self, below, do, *arguments, **variables):
        """The system calls in which a child names a folder or a file below it: name, and the how manieth it is."""
        log = self._folder / "calls"
        done = self.run(
            do, *arguments, trace=["-y", "-e", "trace=%file,%desc,ftruncate", "-o", str(log)], **variables
        )
        assert (0, "") == (done.code, done.err)
        seen, found = Counter(), []
        lines = [_CALL.match(line) for line in log.read_text().splitlines()]
        first = next(line.group(1) for line in lines if line)
        for line in lines:
            # The threads count for themselves.
            if line and line.group(1) == first:
                seen[line.group(2)] += 1
                if str(below) in line.group(3):
                    found.append((line.group(2), seen[line.group(2)]))
        return found

    def close(self):
        """End."""
        self._process.stdin.close()
        self._process.wait(_PATIENCE)
        self._process.stdout.close()

    def _say(self, order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def _follow(self, child, trace):
        # Stopped first: what it does before isn't counted.
        _until(lambda: "\nState:\tT" in _status(child))
        tracer = subprocess.Popen([self._strace, "-f", "-qq", *trace, "-p", str(child)])
        _until(lambda: "TracerPid:\t0\n" not in _status(child))
        os.kill(child, signal.SIGCONT)
        tracer.wait(_PATIENCE)


def _status(process):
    return Path(f"/proc/{process}/status").read_text()


def _until(condition):
    ends = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)
