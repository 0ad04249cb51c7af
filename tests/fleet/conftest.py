"""Backends that fail on demand, and a clock that tests move."""

from __future__ import annotations

import pytest

from hubkit import CacheUnavailableError
from hubkit.cache import MemoryCache
from hubkit.testing import FakeClock


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
