"""What the tests of all Redis stores share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from hubkit.errors import CacheUnavailableError
from hubkit.testing import BackendContract
from hubkit.testing.contract import OpenBackend
from hubkit_redis import RedisCache

__all__ = ["RedisContract", "every_use", "seconds_lost", "seconds_of"]


class RedisContract(BackendContract):
    """The contract on servers whose clock is their own."""

    sequences = 8

    def open(self, url: str, prefix: str) -> OpenBackend:
        """Opens caches, with more patience than usual: the machine of a test may be busy."""
        return lambda: RedisCache(url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)


def seconds_lost(work: Callable[[], object]) -> float:
    """How long something takes to fail."""
    began = time.perf_counter()
    with pytest.raises(CacheUnavailableError):
        work()
    return time.perf_counter() - began


def seconds_of(work: Callable[[], object]) -> float:
    """How long something takes, whether it fails or not."""
    began = time.perf_counter()
    with suppress(CacheUnavailableError):
        work()
    return time.perf_counter() - began


def every_use(cache: RedisCache) -> Iterator[Callable[[], object]]:
    """Everything that can be done with a cache, each sending something."""
    yield lambda: cache.get("key")
    yield lambda: cache.get_many(["key"])
    yield lambda: cache.set("key", b"value", expires_in=60.0)
    yield lambda: cache.set_many({"key": b"value"}, expires_in=60.0)
    yield lambda: cache.delete("key")
    yield cache.clear
    yield cache.stats
    yield lambda: cache.lease("other", 60.0)
    yield lambda: list(cache.keys())
