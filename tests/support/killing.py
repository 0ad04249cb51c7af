"""Groups of writers that are killed in the middle of their work, and values that tell whether they are whole."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from hashlib import sha256

from hubkit.cache import open_backend
from hubkit.testing._children import _end_with, _fork

__all__ = ["kill_group", "patient_backend", "sealed", "seal_fits"]

_SEAL = 32
_PATIENCE = 10.0


def kill_group(work, *, after, size=2):
    """Let a process group work, and kill all of it without warning.

    Args:
        work: What each does; it is told its number and what to call when it is about to begin.
        after: Seconds from when the first begins.
        size: How many processes.
    """
    receiver, sender = os.pipe()
    leader = _fork()
    if leader == 0:
        os.setsid()
        _end_with(lambda: _lead(work, size, sender))
    os.close(sender)
    try:
        os.read(receiver, 1)
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
        os.waitpid(leader, 0)
        # The pipe ends with the last of them.
        while os.read(receiver, 64):
            pass
    finally:
        os.close(receiver)


def patient_backend(url):
    """The store behind a URL; if it is a Redis, it may be as slow as a busy machine makes it."""
    if not url.startswith("redis"):
        return open_backend(url)
    from hubkit_redis import RedisCache

    return RedisCache(url, connect_timeout=_PATIENCE, read_timeout=_PATIENCE)


def sealed(text, size):
    """Bytes of about a size that tell whose they are, and whether they are whole."""
    body = text.encode() + b"\n" + (text.encode() * (size // len(text) + 1))[:size]
    return sha256(body).digest() + body


def seal_fits(value, text):
    """Whether a value is whole, and begins with a text."""
    body = value[_SEAL:]
    return value[:_SEAL] == sha256(body).digest() and body.startswith(text.encode())


def _lead(work, size, sender):
    for number in range(1, size):
        if os.fork() == 0:
            _end_with(lambda number=number: work(number, lambda: os.write(sender, b".")))
    return work(0, lambda: os.write(sender, b"."))
