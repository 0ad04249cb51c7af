"""A Redis cache that tells how long it was waited for in vain: ``timed+redis://``.

Members of a fleet find it as they would find anybody's backend, by an entry point.
"""

from __future__ import annotations

import time

from hubkit import CacheUnavailableError
from hubkit_redis import RedisCache

__all__ = ["TimedRedis", "open_timed", "seconds_lost"]

_lost = [0.0]


def open_timed(url):
    """What the entry point leads to."""
    return TimedRedis(RedisCache(url.removeprefix("timed+")))


def seconds_lost():
    """What calls that failed have cost this process."""
    return _lost[0]


def _timed(work, *arguments, **options):
    began = time.perf_counter()
    try:
        return work(*arguments, **options)
    except CacheUnavailableError:
        _lost[0] += time.perf_counter() - began
        raise


class TimedRedis:
    """A Redis cache with a stopwatch."""

    shared = True

    def __init__(self, cache):
        self._cache = cache

    def get(self, key, /):
        """As Redis does."""
        return _timed(self._cache.get, key)

    def get_many(self, keys, /):
        """As Redis does."""
        return _timed(self._cache.get_many, keys)

    def set(self, key, value, /, *, expires_in):
        """As Redis does."""
        _timed(self._cache.set, key, value, expires_in=expires_in)

    def set_many(self, items, /, *, expires_in):
        """As Redis does."""
        _timed(self._cache.set_many, items, expires_in=expires_in)

    def delete(self, key, /):
        """As Redis does."""
        return _timed(self._cache.delete, key)

    def clear(self, prefix="", /):
        """As Redis does."""
        return _timed(self._cache.clear, prefix)

    def keys(self, prefix="", /):
        """As Redis does."""
        return iter(_timed(lambda: list(self._cache.keys(prefix))))

    def lease(self, key, seconds, /):
        """As Redis does."""
        lease = _timed(self._cache.lease, key, seconds)
        return None if lease is None else _TimedLease(lease)

    def stats(self):
        """As Redis does."""
        return _timed(self._cache.stats)

    def close(self):
        """As Redis does."""
        _timed(self._cache.close)


class _TimedLease:
    def __init__(self, lease):
        self._lease = lease

    def renew(self):
        # In the background: nobody waits for it.
        return self._lease.renew()

    def release(self):
        _timed(self._lease.release)
