"""Several backends as one, nearest first: what fails is skipped, never raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._backend import CacheBackend, Lease
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION
from hubkit.cache._keys import is_shareable
from hubkit.cache._tally import Tally
from hubkit.cache._tier import LeaseRefusal, Tier, TierStats

__all__ = ["LeaseRefusal", "TierStats", "Tiers"]


class Tiers:
    """The stores of one client.

    Reads go from the nearest tier to the farthest and fill the nearer ones; writes
    go to all that may have them. A tier that fails is warned about once and left
    alone for a while; the caller sees a miss.

    Args:
        backends: Nearest first.
        share_private: Whether answers that are not public may go to shared backends.
        read_only: Whether nothing is written.
        signing_key: Signs what is written, and refuses what isn't signed with it.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        backends: Sequence[CacheBackend],
        *,
        share_private: bool = False,
        read_only: bool = False,
        signing_key: bytes | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._tiers = [Tier(backend, signing_key=signing_key, clock=clock) for backend in backends]
        self._share_private = share_private
        self.read_only = read_only
        self.tally = Tally()
        """What became of questions; here, since tiers stay when the token changes."""
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
            entries = tier.get_many(
                [key for index in open_questions for key in groups[index] if self._may(tier, key)]
            )
            unanswered = []
            for index in open_questions:
                entry = _best_of(entries, groups[index], good)
                if entry is not None and _is_better(entry, best[index], good):
                    best[index] = entry
                    self._fill(depth, entry)
                found = best[index]
                if found is None or not good(found):
                    unanswered.append(index)
            open_questions = unanswered
            if not open_questions:
                break
        return best

    def store(self, entry: Entry, *, expires_in: float) -> None:
        """Write an entry to every tier that may have it."""
        self._write(self._tiers, entry, min(expires_in, RETENTION))

    def delete(self, key: str) -> bool:
        """Drop a key everywhere; whether any tier had it."""
        if self.read_only:
            return False
        # Every tier is asked, whatever an earlier one said.
        known = [tier.delete(key) for tier in self._tiers if self._may(tier, key)]
        return any(known)

    def clear(self, prefix: str = "") -> int:
        """Drop all keys that start with ``prefix``; how many the fullest tier had."""
        return 0 if self.read_only else max((tier.clear(prefix) for tier in self._tiers), default=0)

    def prune(self) -> int:
        """Drop what expired or is too much, in every tier that can; how many entries in all of them."""
        return 0 if self.read_only else sum(tier.prune() for tier in self._tiers)

    def entries(self, prefix: str) -> Iterator[Entry]:
        """Every readable entry whose key starts with ``prefix``, each key once, the nearest tier's."""
        seen: set[str] = set()
        for tier in self._tiers:
            keys = [key for key in tier.keys(prefix) if key not in seen]
            for start in range(0, len(keys), 500):
                for key, entry in tier.get_many(keys[start : start + 500]).items():
                    if key not in seen:
                        seen.add(key)
                        yield entry

    def lease(self, key: str, seconds: float) -> Lease | LeaseRefusal:
        """Try to take a lease from the farthest store that works: it is the one that most others see."""
        if self.read_only:
            return LeaseRefusal.UNAVAILABLE
        for tier in reversed(self._tiers):
            lease = tier.lease(key, seconds)
            if lease is not LeaseRefusal.UNAVAILABLE:
                return lease
        return LeaseRefusal.UNAVAILABLE

    def stats(self) -> list[TierStats]:
        """Per tier, nearest first."""
        return [tier.stats() for tier in self._tiers]

    def close(self) -> None:
        """Close every backend."""
        for tier in self._tiers:
            tier.close()

    def _may(self, tier: Tier, key: str) -> bool:
        return is_shareable(key) or self._share_private or not tier.shared

    def _fill(self, depth: int, entry: Entry) -> None:
        """Copy what a farther tier had to the nearer ones."""
        left = RETENTION - max(0.0, self._clock.now() - entry.stored_at)
        if depth and left > 0 and not entry.negative:
            self._write(self._tiers[:depth], entry, left)

    def _write(self, tiers: Sequence[Tier], entry: Entry, expires_in: float) -> None:
        if self.read_only:
            return
        for tier in tiers:
            if self._may(tier, entry.key):
                tier.set(entry, expires_in)


def _best_of(
    entries: Mapping[str, Entry], keys: Sequence[str], good: Callable[[Entry], bool]
) -> Entry | None:
    best: Entry | None = None
    for key in keys:
        entry = entries.get(key)
        if entry is not None and _is_better(entry, best, good):
            best = entry
    return best


def _is_better(entry: Entry, than: Entry | None, good: Callable[[Entry], bool]) -> bool:
    """Good beats not good: an entry from the future must not hide a sound one. Then newer beats older."""
    return than is None or (good(entry), entry.stored_at) > (good(than), than.stored_at)
