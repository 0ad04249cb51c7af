"""How thoroughly faults are provoked, and what this machine must have for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

__all__ = ["FULL", "NOBODY", "STRANGER", "as_user", "find_strace", "lack", "needs_root", "times"]

FULL = os.environ.get("FAULTS") == "full"
"""Whether everything is tried, which takes minutes, or a part that shows what was broken by accident."""

NOBODY = 65_534
"""A user who owns nothing."""

STRANGER = 54_321
"""A user whom the system doesn't know."""


def times(few, many):
    """How often to try: a few times, or in a full run many."""
    return many if FULL else few


def find_strace():
    """The program that lets system calls fail; without it the test is skipped, or fails where it must not be."""
    found = shutil.which("strace")
    if found is None:
        lack("NO SYSTEM CALL FAILED: there is no strace on the path")
    return found


def needs_root():
    """Skip the test, or let it fail where it must run, unless this is root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        lack("only root can mount file systems and act as another user")


def as_user(number):
    """What to put before a command to run it as another user; needs root, and a Python that others may run."""
    needs_root()
    command = ("setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups")
    if shutil.which("setpriv") is None:
        lack("there is no setpriv to become another user with")
    if subprocess.run(
        [*command, sys.executable, "-c", "import hubkit"], capture_output=True, cwd="/"
    ).returncode:
        lack(f"another user may not run {sys.executable}")
    return command


def lack(reason):
    """What the test needs isn't here: skip it, or let it fail where it must run."""
    if FULL and os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
