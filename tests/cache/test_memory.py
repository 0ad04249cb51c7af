"""The backend in memory."""

from __future__ import annotations

import threading

import pytest

from hubkit.cache import MemoryCache
from hubkit.testing import BackendContract, FakeClock
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend


class TestMemoryCache(BackendContract):
    """The contract, on a clock that the tests move."""

    @pytest.fixture
    def open_backend(self) -> OpenBackend:
        """One object: its store is itself."""
        self.clock = FakeClock()
        cache = MemoryCache(clock=self.clock)
        return lambda: cache

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(seconds=seconds)


def test_least_recently_used_goes_first() -> None:
    """A full cache drops what nobody asked for."""
    cache = MemoryCache(max_bytes=30)
    for key in "abc":
        cache.set(key, b"123456789", expires_in=None)
    cache.get("a")
    cache.set("d", b"123456789", expires_in=None)

    assert sorted(cache.keys()) == ["a", "c", "d"]


def test_oversized_value_drives_nothing_out() -> None:
    """A value larger than the whole cache isn't kept, nor is the one it replaces; the others are."""
    cache = MemoryCache(max_bytes=30)
    cache.set("a", b"1", expires_in=None)
    cache.set("b", b"1", expires_in=None)
    cache.set("b", b"x" * 100, expires_in=None)

    assert list(cache.keys()) == ["a"]
    assert cache.stats().size_bytes == 2


def test_forgotten_leases_do_not_pile_up() -> None:
    """Leases that nobody released are forgotten once they are over."""
    clock = FakeClock()
    cache = MemoryCache(clock=clock)
    for number in range(3_000):
        cache.lease(f"key {number}", 1.0)
        clock.advance(seconds=2.0)

    assert len(cache._leases) <= 1_024


def test_fork_while_threads_write() -> None:
    """A child never inherits the lock of a thread that it doesn't have."""
    cache = MemoryCache()
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            cache.set_many({f"key {number}": b"value" for number in range(100)}, expires_in=None)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = [exit_code_of(lambda: 0 if cache.get("key 1") == b"value" else 2) for _ in range(10)]
    over.set()
    for thread in threads:
        thread.join()

    assert set(codes) <= {0, 2}
    assert cache.get("key 1") == b"value"
