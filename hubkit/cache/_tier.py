"""One backend in a row of several: its failures are caught, counted and waited out."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import attrs

from hubkit._clock import Clock
from hubkit._secrets import redact
from hubkit.cache._backend import BackendStats, CacheBackend, Lease
from hubkit.cache._breaker import Breaker
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.errors import CacheCorruptedError, CacheError

__all__ = ["LeaseRefusal", "Tier", "TierStats"]

log = logging.getLogger("hubkit")

R = TypeVar("R")
D = TypeVar("D")


class LeaseRefusal(enum.Enum):
    """Why there is no lease."""

    HELD = "held"
    """Somebody else has it."""
    UNAVAILABLE = "unavailable"
    """The store can't be asked; go on without."""


@attrs.frozen(kw_only=True)
class TierStats:
    """What a tier has done for this client, and how full it is."""

    name: str
    """The backend, without passwords."""
    hits: int
    """Entries that were found and could be read."""
    misses: int
    """Keys that had none."""
    unreadable: int
    """Entries that were torn, foreign, of another version or wrongly signed; each counts as a miss too."""
    errors: int
    """Calls that failed; what came while the breaker was open isn't counted."""
    bytes_read: int
    bytes_written: int
    reachable: bool
    """Whether the store could be asked now."""
    entries: int | None
    """Entries held now; None when that can't be told."""
    size_bytes: int | None
    """Bytes that they take up; None when that can't be told."""


@runtime_checkable
class _Prunable(Protocol):
    """A backend that can tidy itself; others, such as Redis, need no telling."""

    def prune(self) -> int:
        """Drop what expired or is too much; how many entries."""
        ...


class Tier:
    """A backend that never raises.

    Args:
        backend: The store.
        signing_key: Signs what is written, and refuses what isn't signed.
        clock: Where the time comes from.
    """

    def __init__(self, backend: CacheBackend, *, signing_key: bytes | None, clock: Clock) -> None:
        self.shared = backend.shared
        self._backend = backend
        self._signing_key = signing_key
        # A store that is full, or a replica, refuses writes and goes on answering reads.
        self._reads, self._writes = Breaker(clock), Breaker(clock)
        # Counted without a lock: two threads may lose one to each other, which no reader minds.
        self._hits = self._misses = self._unreadable = self._errors = 0
        self._bytes_read = self._bytes_written = 0

    def get_many(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The readable entries of several keys, in one round trip."""
        values: Mapping[str, bytes] = self._reading(lambda: self._backend.get_many(keys), {}) if keys else {}
        found = {}
        for key, value in values.items():
            entry = self._readable(key, value)
            if entry is not None:
                found[key] = entry
        self._hits += len(found)
        self._misses += len(keys) - len(found)
        return found

    def set(self, entry: Entry, expires_in: float) -> None:
        """Write an entry."""
        try:
            # A network lies before a shared store, and a byte costs more there than a cycle.
            value = encode_entry(entry, signing_key=self._signing_key, compress=self.shared)
        except CacheCorruptedError as error:
            log.warning("not cached: %s", error)
            return
        self._bytes_written += len(value)
        self._writing(lambda: self._backend.set(entry.key, value, expires_in=expires_in), None)

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        return self._writing(lambda: self._backend.delete(key), False)

    def clear(self, prefix: str) -> int:
        """Drop all keys that start with ``prefix``; how many."""
        return self._writing(lambda: self._backend.clear(prefix), 0)

    def prune(self) -> int:
        """Drop what expired or is too much, if the backend can; how many entries."""
        backend = self._backend
        return self._writing(backend.prune, 0) if isinstance(backend, _Prunable) else 0

    def keys(self, prefix: str) -> list[str]:
        """All keys that start with ``prefix``."""
        return self._reading(lambda: list(self._backend.keys(prefix)), [])

    def lease(self, key: str, seconds: float) -> Lease | LeaseRefusal:
        """Try to take a lease; never waits."""
        lease = self._writing(lambda: self._backend.lease(key, seconds), LeaseRefusal.UNAVAILABLE)
        return LeaseRefusal.HELD if lease is None else lease

    def stats(self) -> TierStats:
        """What it has done and how full it is."""
        full: BackendStats | None = self._reading(self._backend.stats, None)
        return TierStats(
            name=redact(repr(self._backend)),
            hits=self._hits,
            misses=self._misses,
            unreadable=self._unreadable,
            errors=self._errors,
            bytes_read=self._bytes_read,
            bytes_written=self._bytes_written,
            reachable=full is not None,
            entries=None if full is None else full.entries,
            size_bytes=None if full is None else full.size_bytes,
        )

    def close(self) -> None:
        """Close the backend."""
        self._reading(self._backend.close, None)

    def _readable(self, key: str, value: bytes) -> Entry | None:
        self._bytes_read += len(value)
        try:
            return decode_entry(value, key, signing_key=self._signing_key)
        except CacheCorruptedError as error:
            self._unreadable += 1
            log.info("unreadable cache entry taken as a miss: %s", error)
            return None

    def _reading(self, action: Callable[[], R], otherwise: D) -> R | D:
        return self._guarded(self._reads, action, otherwise)

    def _writing(self, action: Callable[[], R], otherwise: D) -> R | D:
        return self._guarded(self._writes, action, otherwise)

    def _guarded(self, breaker: Breaker, action: Callable[[], R], otherwise: D) -> R | D:
        if not breaker.allows():
            return otherwise
        try:
            result = action()
        except Exception as error:  # noqa: BLE001 - a backend of somebody else's may raise anything
            self._failed(breaker, error)
            return otherwise
        if breaker.succeeded():
            log.info("%r works again", self._backend)
        return result

    def _failed(self, breaker: Breaker, error: Exception) -> None:
        self._errors += 1
        is_news = breaker.failed()
        if breaker is self._reads:
            # What can't be read can't be written either: no need to find that out for itself.
            is_news = self._writes.failed() and is_news
        what = "usable" if breaker is self._reads else "writable"
        log.log(
            logging.WARNING if is_news else logging.DEBUG,
            "%r is not %s just now, going on without it: %s",
            self._backend,
            what,
            _reason(error),
        )


def _reason(error: Exception) -> str:
    return redact(str(error) if isinstance(error, CacheError) else f"{type(error).__name__}: {error}")
