"""Ctrl-C and SIGTERM while the program asks the Hub, or waits for another who does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fault_runs import times
from members import is_connected
from redis_servers import until

from hubkit.cache import open_backend
from hubkit.cache._keys import note_key, subject_of

pytestmark = [
    pytest.mark.fault("Ctrl-C, SIGTERM while it works or waits"),
    pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes in /proc"),
]

ENDS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
SOON = 5.0
"""Seconds, on a machine with much else to do."""
SLEEPS = 50


@pytest.fixture(params=["file", "sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def url(request, tmp_path):
    """The URL of an empty store of each kind."""
    if request.param == "redis":
        return request.getfixturevalue("start_redis")().url
    return {"file": f"file://{tmp_path}/files", "sqlite": f"sqlite://{tmp_path}/cache.db"}[request.param]


@pytest.fixture
def spawn(hub, environ, url):
    """Starts the program."""

    def spawn(*arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "hubkit.cli", *arguments],
            env={**environ, "HUBKIT_ENDPOINT": hub.endpoint, "HUBKIT_CACHE": url, "PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return spawn


def end(process, number):
    """Send a signal: exit code, both outputs, and whether it was soon."""
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err, time.monotonic() - began < SOON


@pytest.mark.parametrize(("number", "code", "word"), ENDS)
def test_while_it_waits_for_another(hub, spawn, url, number, code, word, tell):
    """It ends at once; the other keeps the lease, and when that is given back the next one is answered."""
    backend = open_backend(url)
    key = note_key(hub.endpoint, "flight", subject_of("alice/open"))
    lease = backend.lease(key, 60.0)
    process = spawn("license", "alice/open")
    # It looks for the answer again and again, and does nothing else that often.
    until(lambda: sleeps(process) > SLEEPS, "the program to wait")
    ended = end(process, number)
    held = backend.lease(key, 60.0) is None
    lease.release()
    out, err = spawn("license", "alice/open").communicate(timeout=60)
    tell("signals")

    assert (code, "", f"hubkit: {word}\n", True) == ended
    assert (True, "mit\n", "") == (held, out, err)


def sleeps(process):
    """How often a process has gone to sleep of its own accord."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status)[1])


@pytest.mark.parametrize(("number", "code", "word"), ENDS)
def test_while_it_asks(hub, spawn, url, number, code, word, tell):
    """It ends at once and gives its lease back: the next one needn't wait until that ends by itself."""
    hub.fail(times=1, delay=20.0)
    process = spawn("license", "alice/open")
    until(lambda: is_connected(process, hub), "the program to ask")
    ended = end(process, number)
    lease = open_backend(url).lease(note_key(hub.endpoint, "flight", subject_of("alice/open")), 60.0)
    free = lease is not None and lease.release() is None
    out, err = spawn("license", "alice/open").communicate(timeout=60)
    tell("signals")

    assert (code, "", f"hubkit: {word}\n", True) == ended
    assert (True, "mit\n", "") == (free, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_at_any_moment(spawn, url, number, tell):
    """Whenever it comes, import included, there is the answer or one line, and never a traceback."""
    told = set()
    for step in range(times(6, 40)):
        process = spawn("license", "alice/open")
        time.sleep(0.6 / times(6, 40) * step)
        told.add(end(process, number)[:3])
    tell("signals", times(6, 40))
    code, word = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}[number]
    # A blank line is click's, for what a terminal shows of Ctrl-C; it may also come when all is said.
    words = (f"hubkit: {word}\n", "", "\n")
    allowed = {(0, "mit\n", ""), *((code, out, err) for out in ("", "mit\n") for err in words)}

    assert set() == {each for each in told - allowed if not is_pythons_own(each, number)}


def is_pythons_own(ended, number):
    """Whether the interpreter alone has the word: before the program begins, and where a callback of its own was hit."""
    code, _, err = ended
    if err.startswith(("Exception ignored in: ", "Error processing line")):
        # It tells that it lost the signal, in a callback or in its own start, and the program goes on.
        return "hubkit" not in err
    return (
        code in (-number, 1)
        and "Aborted" not in err
        and not re.search(r"hubkit.cli.__init__\.py\", line \d+, in main", err)
    )
