"""Backends that fail on demand, and a clock that tests move."""

from __future__ import annotations

import pytest
from members import begin, end, start_members

from hubkit import CacheUnavailableError
from hubkit.cache import MemoryCache
from hubkit.testing import FakeClock, LocalHub


class MoodyCache(MemoryCache):
    """A store that works, or doesn't, as the test says."""

    def __init__(self, clock, *, shared=False):
        super().__init__(clock=clock)
        self.shared = shared
        self.broken = False
        self.full = False
        self.patience = 0.0
        """Seconds that it lets its callers wait before it fails."""
        self.calls = 0

    def _mood(self, *, fails=False):
        self.calls += 1
        if self.broken or fails:
            self._clock.sleep(self.patience)
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
        self._mood(fails=self.full)
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
def near(clock):
    """This machine's store."""
    return MoodyCache(clock)


@pytest.fixture
def far(clock):
    """The fleet's store."""
    return MoodyCache(clock, shared=True)


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
    """Starts members and lets them go at the same moment."""
    started = []

    def start(count, *arguments, models=("org/m0",), children=0):
        arguments = (hub.endpoint, cache, *models, *arguments)
        members = start_members(started, count, *arguments, children=children, path=[tmp_path])
        begin(members)
        return members

    yield start
    for process in started:
        end(process)
