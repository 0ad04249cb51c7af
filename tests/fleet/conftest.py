"""Backends that fail on demand, and a clock that tests move."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubkit import CacheUnavailableError
from hubkit.cache import MemoryCache
from hubkit.testing import FakeClock, LocalHub

MEMBER = Path(__file__).with_name("member.py")


class MoodyCache(MemoryCache):
    """A store that works, or doesn't, as the test says."""

    def __init__(self, *, shared=False):
        super().__init__()
        self.shared = shared
        self.broken = False
        self.full = False
        self.calls = 0

    def _mood(self):
        self.calls += 1
        if self.broken:
            raise CacheUnavailableError("not in the mood")

    def get(self, key, /):
        """As in memory."""
        self._mood()
        return super().get(key)

    def get_many(self, keys, /):
        """As in memory."""
        self._mood()
        return super().get_many(keys)

    def set(self, key, value, /, *, expires_in):
        """As in memory."""
        self._mood()
        if self.full:
            raise CacheUnavailableError("full")
        super().set(key, value, expires_in=expires_in)

    def lease(self, key, seconds, /):
        """As in memory."""
        self._mood()
        return super().lease(key, seconds)

    def __repr__(self):
        """Tells near and far apart in logs."""
        return f"MoodyCache(shared={self.shared})"


@pytest.fixture
def clock():
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def near():
    """This machine's store."""
    return MoodyCache()


@pytest.fixture
def far():
    """The fleet's store."""
    return MoodyCache(shared=True)


@pytest.fixture
def hub():
    """A hub with a public and a private model, which takes 100 ms for each."""
    with LocalHub() as hub:
        for number in range(20):
            hub.add_model({"id": f"org/m{number}", "private": False, "sha": "a" * 40})
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        hub.fail("model_info", status=None, delay=0.1, times=None)
        yield hub


@pytest.fixture
def fleet(hub, cache, tmp_path):
    """Starts members, lets them go at the same moment, and gathers what they print."""
    started = []

    def start(count, *arguments, models=("org/m0",)):
        go = tmp_path / f"go{len(started)}"
        members = []
        for number in range(count):
            ready = tmp_path / f"ready{len(started)}-{number}"
            command = [sys.executable, MEMBER, hub.endpoint, cache, *models, "--ready", ready, "--go", go]
            process = subprocess.Popen([*map(str, command), *arguments], stdout=subprocess.PIPE, text=True)
            members.append((process, ready))
        started.extend(process for process, _ in members)
        give_up = time.monotonic() + 60
        while not all(ready.exists() for _, ready in members) and time.monotonic() < give_up:
            time.sleep(0.01)
        go.touch()
        return [process for process, _ in members]

    yield start
    for process in started:
        process.kill()
        process.communicate()
