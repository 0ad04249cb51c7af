"""Members of a fleet: real processes that start together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["MEMBER", "begin", "end", "is_connected", "results", "start_members"]

MEMBER = Path(__file__).parents[1] / "fleet" / "member.py"


def start_members(started, count, *arguments, children=0, path=()):
    """Start members that wait for each other; all are ready on return.

    Args:
        started: Where to put the processes, for them to be ended.
        count: How many processes.
        arguments: What each is told.
        children: How many members each process forks; 0: it is one itself.
        path: Folders with further modules.
    """
    command = [sys.executable, MEMBER, *arguments, "--children", children]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*path, *filter(None, sys.path)]))}
    members = [
        subprocess.Popen(
            [*map(str, command)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(count)
    ]
    started += members
    for member in members:
        for _ in range(max(1, children)):
            assert "ready\n" == member.stdout.readline(), "a member died before it began"
    return members


def end(member):
    """End a process and its children, if they haven't."""
    with suppress(ProcessLookupError):
        os.killpg(member.pid, signal.SIGKILL)
    member.wait()
    for pipe in (member.stdin, member.stdout):
        pipe.close()


def begin(members):
    """Let them go."""
    for member in members:
        member.stdin.close()


def results(members):
    """What the members printed, each and each of their children."""
    lines = [line for member in members for line in member.stdout.read().splitlines()]
    for member in members:
        member.wait(timeout=60)
    return [json.loads(line) for line in lines]


def is_connected(member, hub):
    """Whether a member has a connection to a hub, and so is asking it."""
    try:
        links = [os.readlink(link) for link in Path(f"/proc/{member.pid}/fd").iterdir()]
    except OSError:
        return False
    port = int(hub.endpoint.rpartition(":")[2])
    connections = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return any(words[2].endswith(f":{port:04X}") and f"socket:[{words[9]}]" in links for words in connections)
