"""Several backends as one, nearest first: what fails is skipped, never raised."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit._secrets import redact
from hubkit.cache._backend import BackendStats, CacheBackend
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.cache._freshness import RETENTION
from hubkit.cache._keys import is_public
from hubkit.errors import CacheCorruptedError, CacheError

__all__ = ["Tiers"]

log = logging.getLogger("hubkit")

R = TypeVar("R")

PAUSE = 30.0
"""Seconds for which a tier that failed is left alone."""


class Tiers:
    """The stores of one client.

    Reads go from the nearest tier to the farthest and fill the nearer ones; writes
    go to all that may have them. A tier that fails is warned about once and left
    alone for a while; the caller sees a miss.

    Args:
        backends: Nearest first.
        share_private: Whether answers that are not public may go to shared backends.
        read_only: Whether nothing is written.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        backends: Sequence[CacheBackend],
        *,
        share_private: bool = False,
        read_only: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._tiers = [_Tier(backend, clock) for backend in backends]
        self._share_private = share_private
        self._read_only = read_only
        self._clock = clock

    def find(self, keys: Sequence[str], good: Callable[[Entry], bool]) -> Entry | None:
        """The best entry under any of the keys: a good one, else the newest.

        Args:
            keys: Where it may lie; all are asked for in one round trip a tier.
            good: Whether an entry will do, so that no farther tier need be asked.
        """
        found = self.find_many([keys], good)
        return found[0]

    def find_many(self, groups: Sequence[Sequence[str]], good: Callable[[Entry], bool]) -> list[Entry | None]:
        """`find` for many questions, each with its own keys, still one round trip a tier."""
        best: list[Entry | None] = [None] * len(groups)
        open_questions = list(range(len(groups)))
        for depth, tier in enumerate(self._tiers):
            values = tier.get_many(
                [key for index in open_questions for key in groups[index] if self._may(tier, key)]
            )
            unanswered = []
            for index in open_questions:
                entry = _best_of(values, groups[index], good)
                if entry is not None and _is_better(entry, best[index], good):
                    best[index] = entry
                    self._fill(depth, entry, values[entry.key])
                found = best[index]
                if found is None or not good(found):
                    unanswered.append(index)
            open_questions = unanswered
            if not open_questions:
                break
        return best

    def store(self, entry: Entry, *, expires_in: float) -> None:
        """Write an entry to every tier that may have it."""
        try:
            value = encode_entry(entry)
        except CacheError as error:
            log.warning("not cached: %s", error)
            return
        self._write(self._tiers, entry.key, value, min(expires_in, RETENTION))

    def delete(self, key: str) -> bool:
        """Drop a key everywhere; whether any tier had it."""
        if self._read_only:
            return False
        # Every tier is asked, whatever an earlier one said.
        known = [tier.delete(key) for tier in self._tiers if self._may(tier, key)]
        return any(known)

    def clear(self, prefix: str = "") -> int:
        """Drop all keys that start with ``prefix``; how many the fullest tier had."""
        return 0 if self._read_only else max((tier.clear(prefix) for tier in self._tiers), default=0)

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Every readable entry whose key starts with ``prefix``, each key once, the nearest tier's."""
        seen: set[str] = set()
        for tier in self._tiers:
            keys = [key for key in tier.keys(prefix) if key not in seen]
            for start in range(0, len(keys), 500):
                values = tier.get_many(keys[start : start + 500])
                for key, value in values.items():
                    entry = _readable(key, value)
                    if entry is not None and key not in seen:
                        seen.add(key)
                        yield entry

    def stats(self) -> list[BackendStats | None]:
        """Per tier, nearest first; None for one that can't say."""
        return [tier.stats() for tier in self._tiers]

    def close(self) -> None:
        """Close every backend."""
        for tier in self._tiers:
            tier.close()

    def _may(self, tier: _Tier, key: str) -> bool:
        return is_public(key) or self._share_private or not tier.shared

    def _fill(self, depth: int, entry: Entry, value: bytes) -> None:
        """Copy what a farther tier had to the nearer ones."""
        left = RETENTION - max(0.0, self._clock.now() - entry.stored_at)
        if depth and left > 0 and not entry.negative:
            self._write(self._tiers[:depth], entry.key, value, left)

    def _write(self, tiers: Sequence[_Tier], key: str, value: bytes, expires_in: float) -> None:
        if self._read_only:
            return
        for tier in tiers:
            if self._may(tier, key):
                tier.set(key, value, expires_in)


class _Tier:
    """One backend with its failures caught."""

    def __init__(self, backend: CacheBackend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._paused_until = 0.0
        self._warned = False
        self.shared = backend.shared

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return self._guarded(lambda: self._backend.get_many(keys), {}) if keys else {}

    def set(self, key: str, value: bytes, expires_in: float) -> None:
        self._guarded(lambda: self._backend.set(key, value, expires_in=expires_in), None)

    def delete(self, key: str) -> bool:
        return self._guarded(lambda: self._backend.delete(key), False)

    def clear(self, prefix: str) -> int:
        return self._guarded(lambda: self._backend.clear(prefix), 0)

    def keys(self, prefix: str) -> list[str]:
        return self._guarded(lambda: list(self._backend.keys(prefix)), [])

    def stats(self) -> BackendStats | None:
        return self._guarded(self._backend.stats, None)

    def close(self) -> None:
        self._guarded(self._backend.close, None)

    def _guarded(self, action: Callable[[], R], otherwise: R) -> R:
        if self._paused_until > self._clock.monotonic():
            return otherwise
        try:
            result = action()
        except CacheError as error:
            self._pause(error)
            return otherwise
        if self._warned:
            self._warned = False
            log.info("cache %r works again", self._backend)
        return result

    def _pause(self, error: CacheError) -> None:
        self._paused_until = self._clock.monotonic() + PAUSE
        level = logging.DEBUG if self._warned else logging.WARNING
        self._warned = True
        log.log(
            level,
            "cache %r is not usable just now, going on without it: %s",
            self._backend,
            redact(str(error)),
        )


def _best_of(values: Mapping[str, bytes], keys: Sequence[str], good: Callable[[Entry], bool]) -> Entry | None:
    best: Entry | None = None
    for key in keys:
        value = values.get(key)
        entry = None if value is None else _readable(key, value)
        if entry is not None and _is_better(entry, best, good):
            best = entry
    return best


def _is_better(entry: Entry, than: Entry | None, good: Callable[[Entry], bool]) -> bool:
    """Good beats not good: an entry from the future must not hide a sound one. Then newer beats older."""
    return than is None or (good(entry), entry.stored_at) > (good(than), than.stored_at)


def _readable(key: str, value: bytes) -> Entry | None:
    try:
        return decode_entry(value, key)
    except CacheCorruptedError as error:
        log.info("unreadable cache entry taken as a miss: %s", error)
        return None
