"""One backend in a row of several: its failures are caught, counted and waited out."""

from __future__ import annotations

import enum
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias, TypeVar, runtime_checkable

import attrs

from hubkit._clock import Clock
from hubkit._secrets import redact
from hubkit.cache._backend import CacheBackend, Lease, is_shared
from hubkit.cache._breaker import Breaker
from hubkit.cache._entry import Entry, MisplacedEntryError, decode_entry, encode_entry
from hubkit.cache._freshness import RETENTION, Freshness
from hubkit.cache._keys import mark_key, shelf_of
from hubkit.errors import CacheCorruptedError, CacheError

__all__ = ["NOTHING", "Found", "LeaseRefusal", "Tier", "TierStats", "better", "new_mark"]

log = logging.getLogger("hubkit")

R = TypeVar("R")
D = TypeVar("D")

_SLOW = 0.1
"""Seconds from which a shared store that fails hasn't refused, but not answered."""


Found: TypeAlias = "tuple[Entry, Freshness] | tuple[None, Freshness]"
"""An entry and the verdict on it."""

NOTHING: Final[Found] = (None, Freshness.MISS)


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


@runtime_checkable
class _Reconnecting(Protocol):
    """A backend with connections, one of which may have come to be an answer behind."""

    def reconnect(self) -> None:
        """Leave those that nobody uses just now."""
        ...


class Tier:
    """A backend that never raises.

    Args:
        backend: The store.
        signing_key: Signs what is written, and refuses what isn't signed.
        clock: Where the time comes from.
    """

    def __init__(self, backend: CacheBackend, *, signing_key: bytes | None, clock: Clock) -> None:
        self.shared = is_shared(backend)
        self._backend = backend
        self._signing_key = signing_key
        self._clock = clock
        # A store that is full, or a replica, refuses writes and goes on answering reads.
        self._reads, self._writes = Breaker(clock), Breaker(clock)
        # Counted without a lock: two threads may lose one to each other, which no reader minds.
        self._hits = self._misses = self._unreadable = self._errors = 0
        self._bytes_read = self._bytes_written = 0
        self.unanswered = 0
        """How many reads failed, or weren't tried: whoever read all of it has not, when this grew meanwhile."""

    def find(self, keys: Sequence[str], judge: Callable[[Entry], Freshness]) -> Found:
        """The first hit under any of the keys, else the newest entry.

        Args:
            keys: Where it may lie, likeliest first.
            judge: How good an entry is; a hit spares the look at the other keys.
        """
        if self.shared and len(keys) > 1:
            # A network lies in between: one round trip for all of them.
            entries = map(self.get_many(keys).get, keys)
        else:
            entries = map(self._get, keys)
        newest = NOTHING
        for entry in entries:
            if entry is not None:
                verdict = judge(entry)
                if verdict is Freshness.HIT:
                    return entry, verdict
                newest = better((entry, verdict), newest)
        return newest

    def get_many(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The readable entries of several keys, in one round trip."""
        nothing: Mapping[str, bytes] = {}
        values = self._read(nothing, self._get_many, keys) if keys else nothing
        found = {}
        for key, value in values.items():
            # Some stores have None for what they lack.
            entry = None if value is None else self._readable(key, value)
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
        self._write(None, self._set, entry.key, value, expires_in)
        self._note_change(entry.key)

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        was_there = self._write(False, self._backend.delete, key)
        if was_there:
            self._note_change(key)
        return was_there

    def clear(self, prefix: str) -> int:
        """Drop all keys that start with ``prefix``; how many."""
        return self._write(0, self._backend.clear, prefix)

    def prune(self) -> int:
        """Drop what expired or is too much, if the backend can; how many entries."""
        backend = self._backend
        return self._write(0, backend.prune) if isinstance(backend, _Prunable) else 0

    def keys(self, prefix: str) -> list[str]:
        """All keys that start with ``prefix``."""
        return self._read([], self._list_keys, prefix)

    def lease(self, key: str, seconds: float) -> Lease | LeaseRefusal:
        """Try to take a lease; never waits."""
        lease = self._write(LeaseRefusal.UNAVAILABLE, self._backend.lease, key, seconds)
        if lease is None:
            return LeaseRefusal.HELD
        return lease if isinstance(lease, LeaseRefusal) else _TierLease(lease, self._write)

    def stats(self) -> TierStats:
        """What it has done and how full it is."""
        unreachable = object()
        full = self._read(unreachable, self._backend.stats)
        return TierStats(
            name=redact(repr(self._backend)),
            hits=self._hits,
            misses=self._misses,
            unreadable=self._unreadable,
            errors=self._errors,
            bytes_read=self._bytes_read,
            bytes_written=self._bytes_written,
            reachable=full is not unreachable,
            entries=_count(full, "entries"),
            size_bytes=_count(full, "size_bytes"),
        )

    def close(self) -> None:
        """Close the backend."""
        self._read(None, self._backend.close)

    def _get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        # Somebody else's may give what is no dictionary: found out here, that is a failure as any other.
        return dict(self._backend.get_many(keys))

    def _get(self, key: str) -> Entry | None:
        value: bytes | None = self._read(None, self._backend.get, key)
        entry = None if value is None else self._readable(key, value)
        if entry is None:
            self._misses += 1
        else:
            self._hits += 1
        return entry

    def _set(self, key: str, value: bytes, expires_in: float) -> None:
        self._backend.set(key, value, expires_in=expires_in)

    def _note_change(self, key: str) -> None:
        place = shelf_of(key)
        if place is not None:
            self._write(None, self._mark, mark_key(*place))

    def _mark(self, key: str) -> None:
        """Make a list of what is stored useless, if there is any."""
        if self._backend.get(key) is not None:
            mark = encode_entry(new_mark(key, self._clock), signing_key=self._signing_key)
            self._backend.set(key, mark, expires_in=RETENTION)

    def _list_keys(self, prefix: str) -> list[str]:
        # The backend looks them up, and fails, only as they are taken.
        return list(self._backend.keys(prefix))

    def _readable(self, key: str, value: bytes) -> Entry | None:
        try:
            entry = decode_entry(value, key, signing_key=self._signing_key)
            self._bytes_read += len(value)
            return entry
        except CacheCorruptedError as error:
            self._unreadable += 1
            log.info("unreadable cache entry taken as a miss: %s", error)
            if isinstance(error, MisplacedEntryError) and isinstance(self._backend, _Reconnecting):
                # Else all answers that come after it would be another's too.
                self._read(None, self._backend.reconnect)
            return None

    def _read(self, otherwise: D, action: Callable[..., R], *arguments: object) -> R | D:
        return self._guarded(self._reads, otherwise, action, *arguments)

    def _write(self, otherwise: D, action: Callable[..., R], *arguments: object) -> R | D:
        began = self._clock.monotonic()
        result = self._guarded(self._writes, otherwise, action, *arguments)
        if self.shared and self._writes.is_open and self._clock.monotonic() - began > _SLOW:
            # It won't answer a read either: no need to wait for that as well.
            self._reads.failed()
        return result

    def _guarded(self, breaker: Breaker, otherwise: D, action: Callable[..., R], *arguments: object) -> R | D:
        if not breaker.allows():
            self.unanswered += breaker is self._reads
            return otherwise
        try:
            result = action(*arguments)
        except Exception as error:  # noqa: BLE001 - a backend of somebody else's may raise anything
            self._failed(breaker, error)
            self.unanswered += breaker is self._reads
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


def _count(stats: object, name: str) -> int | None:
    """A number of a store's statistics, which are somebody else's: a `BackendStats`, a dictionary, or nothing."""
    found = stats.get(name) if isinstance(stats, Mapping) else getattr(stats, name, None)
    return found if isinstance(found, int) else None


def new_mark(key: str, clock: Clock) -> Entry:
    """A mark that no other is equal to."""
    return Entry(key, 200, clock.now(), None, os.urandom(8).hex(), b"")


def better(found: Found, than: Found) -> Found:
    """A hit beats what is none: an entry from the future must not hide a sound one. Then newer beats older."""
    if found[0] is None or than[0] is None:
        return than if found[0] is None else found
    is_hit, was_hit = found[1] is Freshness.HIT, than[1] is Freshness.HIT
    return found if (is_hit, found[0].stored_at) > (was_hit, than[0].stored_at) else than


class _TierLease:
    """A lease that isn't given back where that would be waited for in vain: it ends by itself."""

    def __init__(self, lease: Lease, write: Callable[[None, Callable[[], None]], None]) -> None:
        self._lease = lease
        self._write = write

    def renew(self) -> bool:
        """Start the lease's seconds anew."""
        return self._lease.renew()

    def release(self) -> None:
        """End the lease now, if the store works."""
        self._write(None, self._lease.release)


def _reason(error: Exception) -> str:
    told = redact(str(error) if isinstance(error, CacheError) else f"{type(error).__name__}: {error}")
    return " ".join(told.split())
