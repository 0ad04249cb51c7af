"""Several backends as one, nearest first: what fails is skipped, never raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._backend import CacheBackend, Lease
from hubkit.cache._drops import Drops
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness
from hubkit.cache._keys import is_shareable
from hubkit.cache._tally import Tally
from hubkit.cache._tier import NOTHING, Found, LeaseRefusal, Tier, TierStats, better

__all__ = ["Found", "LeaseRefusal", "TierStats", "Tiers"]


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
        self.signing_key = signing_key
        self.read_only = read_only
        self.tally = Tally()
        """What became of questions; here, since tiers stay when the token changes."""
        self.drops = Drops()
        """What this process has changed; here for the same reason."""
        self._clock = clock

    def find(self, keys: Sequence[str], judge: Callable[[Entry], Freshness]) -> Found:
        """A hit under any of the keys, else the newest entry; with the verdict on it.

        Args:
            keys: Where it may lie, likeliest first.
            judge: How good an entry is; a hit spares the look into farther tiers.
        """
        best = NOTHING
        for depth, tier in enumerate(self._tiers):
            best = self._filled(depth, tier.find(self._allowed(tier, keys), judge), best)
            if best[1] is Freshness.HIT:
                break
        return best

    def find_many(self, groups: Sequence[Sequence[str]], judge: Callable[[Entry], Freshness]) -> list[Found]:
        """`find` for many questions, each with its own keys.

        A tier is asked in one round trip for the first key of every question, and in
        another for the second key of those that are still open.
        """
        best = [NOTHING] * len(groups)
        still_open = list(range(len(groups)))
        for depth, tier in enumerate(self._tiers):
            for keys in zip_longest(*groups):
                asked = {index: keys[index] for index in still_open}
                for index, entry in self._answers(tier, asked):
                    best[index] = self._filled(depth, (entry, judge(entry)), best[index])
                still_open = [index for index in still_open if best[index][1] is not Freshness.HIT]
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

    def holding(self, prefixes: Sequence[str]) -> list[tuple[Tier, list[str]]]:
        """The tiers that may have keys with some of the prefixes, nearest first, and with which."""
        held = [(tier, list(self._allowed(tier, prefixes))) for tier in self._tiers]
        return [(tier, allowed) for tier, allowed in held if allowed]

    def lease(self, key: str, seconds: float) -> Lease | LeaseRefusal:
        """Try to take a lease from the farthest store that works: it is the one that most others see."""
        if self.read_only:
            return LeaseRefusal.UNAVAILABLE
        for tier in reversed(self._tiers):
            lease = tier.lease(key, seconds)
            if lease is not LeaseRefusal.UNAVAILABLE:
                return lease
        return LeaseRefusal.UNAVAILABLE

    @property
    def reaches_others(self) -> bool:
        """Whether public answers, and only these, go where others read them."""
        return not self._share_private and any(tier.shared for tier in self._tiers)

    def stats(self) -> list[TierStats]:
        """Per tier, nearest first."""
        return [tier.stats() for tier in self._tiers]

    def close(self) -> None:
        """Close every backend."""
        for tier in self._tiers:
            tier.close()

    def _allowed(self, tier: Tier, keys: Sequence[str]) -> Sequence[str]:
        return keys if self._share_private or not tier.shared else list(filter(is_shareable, keys))

    def _may(self, tier: Tier, key: str) -> bool:
        return self._share_private or not tier.shared or is_shareable(key)

    def _answers(self, tier: Tier, asked: Mapping[int, str | None]) -> Iterator[tuple[int, Entry]]:
        """What a tier has under the keys of several questions, by question."""
        keys = self._allowed(tier, [key for key in asked.values() if key is not None])
        entries = tier.get_many(keys)
        for index, key in asked.items():
            entry = None if key is None else entries.get(key)
            if entry is not None:
                yield index, entry

    def _filled(self, depth: int, found: Found, best: Found) -> Found:
        """The better of two; one from a farther tier is copied to the nearer ones."""
        if best is NOTHING and not depth:
            return found
        chosen = better(found, best)
        entry = chosen[0]
        if depth and entry is not None and chosen is not best:
            left = RETENTION - max(0.0, self._clock.now() - entry.stored_at)
            if left > 0 and not entry.negative:
                self._write(self._tiers[:depth], entry, left)
        return chosen

    def _write(self, tiers: Sequence[Tier], entry: Entry, expires_in: float) -> None:
        if self.read_only:
            return
        for tier in tiers:
            if self._may(tier, entry.key):
                tier.set(entry, expires_in)
