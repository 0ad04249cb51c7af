"""A backend that lives and dies with the process: ``memory://``."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping

import attrs

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._backend import BackendStats
from hubkit.cache._forks import ForkSafeLock
from hubkit.cache._limits import expiry

__all__ = ["MemoryCache"]

DEFAULT_MAX_BYTES = 256 * 1024 * 1024

_FORGOTTEN_LEASES = 1_024
_NOBODY = (b"", 0.0)


@attrs.frozen
class _Stored:
    value: bytes
    expires_at: float


class MemoryCache:
    """A bounded dictionary; the least recently used entry goes first.

    Args:
        max_bytes: Bound on keys and values together.
        clock: Where the time comes from.

    >>> cache = MemoryCache()
    >>> cache.set("key", b"value", expires_in=60.0)
    >>> cache.get("key")
    b'value'
    """

    shared = False

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES, clock: Clock = SYSTEM_CLOCK) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._turns = ForkSafeLock()
        self._lock = self._turns.lock
        self._entries: OrderedDict[str, _Stored] = OrderedDict()
        self._size = 0
        self._leases: dict[str, tuple[bytes, float]] = {}

    def __repr__(self) -> str:
        return f"MemoryCache(max_bytes={self._max_bytes})"

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None."""
        with self._lock:
            return self._get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What there is of several keys."""
        with self._lock:
            found = ((key, self._get(key)) for key in keys)
            return {key: value for key, value in found if value is not None}

    def set(self, key: str, value: bytes, *, expires_in: float | None) -> None:
        """Store bytes, over what was there."""
        self.set_many({key: value}, expires_in=expires_in)

    def set_many(self, items: Mapping[str, bytes], *, expires_in: float | None) -> None:
        """Store several values."""
        expires_at = expiry(self._clock.now(), expires_in)
        with self._lock:
            for key, value in items.items():
                self._drop(key)
                # It would drive out all the others, and then itself.
                if _cost(key, value) > self._max_bytes:
                    continue
                self._entries[key] = _Stored(value, expires_at)
                self._size += _cost(key, value)
            while self._size > self._max_bytes and self._entries:
                self._drop(next(iter(self._entries)))

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        with self._lock:
            return self._get(key) is not None and self._drop(key)

    def clear(self, prefix: str = "") -> int:
        """Drop every key that starts with ``prefix``; how many."""
        with self._lock:
            doomed = [key for key in self._entries if key.startswith(prefix)]
            return sum(self._drop(key) for key in doomed)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that starts with ``prefix``."""
        with self._lock:
            found = [
                key for key in list(self._entries) if key.startswith(prefix) and self._get(key) is not None
            ]
        return iter(found)

    def lease(self, key: str, seconds: float) -> MemoryLease | None:
        """Try to take a lease; never blocks."""
        owner = os.urandom(8)
        with self._lock:
            now = self._clock.monotonic()
            if self._leases.get(key, _NOBODY)[1] > now:
                return None
            if len(self._leases) >= _FORGOTTEN_LEASES:
                self._leases = {name: lease for name, lease in self._leases.items() if lease[1] > now}
            self._leases[key] = (owner, now + seconds)
        return MemoryLease(self, key, owner, seconds)

    def stats(self) -> BackendStats:
        """How many entries there are, and their bytes."""
        with self._lock:
            return BackendStats(entries=len(self._entries), size_bytes=self._size)

    def close(self) -> None:
        """Nothing to give back: what was stored stays while the object lives."""

    def _get(self, key: str) -> bytes | None:
        stored = self._entries.get(key)
        if stored is None:
            return None
        if stored.expires_at <= self._clock.now():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return stored.value

    def _drop(self, key: str) -> bool:
        stored = self._entries.pop(key, None)
        if stored is None:
            return False
        self._size -= _cost(key, stored.value)
        return True


class MemoryLease:
    """A lease on a `MemoryCache`."""

    def __init__(self, cache: MemoryCache, key: str, owner: bytes, seconds: float) -> None:
        self._cache = cache
        self._key = key
        self._owner = owner
        self._seconds = seconds

    def renew(self) -> bool:
        """Start the seconds anew; False when the lease had run out."""
        cache = self._cache
        with cache._lock:
            owner, held_until = cache._leases.get(self._key, _NOBODY)
            if owner != self._owner or held_until <= cache._clock.monotonic():
                return False
            cache._leases[self._key] = (owner, cache._clock.monotonic() + self._seconds)
            return True

    def release(self) -> None:
        """End the lease now."""
        cache = self._cache
        with cache._lock:
            if cache._leases.get(self._key, _NOBODY)[0] == self._owner:
                del cache._leases[self._key]


def _cost(key: str, value: bytes) -> int:
    return len(key) + len(value)
