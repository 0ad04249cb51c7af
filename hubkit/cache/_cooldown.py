"""A quota that is used up, known to the whole fleet."""

from __future__ import annotations

import os

from hubkit._clock import Clock
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import Freshness
from hubkit.cache._keys import ANONYMOUS, Scope, note_key
from hubkit.cache._tiers import Tiers

__all__ = ["FleetCooldown", "machine_name"]

LONGEST = 3600.0
"""Seconds that a note is believed at most: the Hub's windows have five minutes."""


class FleetCooldown:
    """When the Hub will answer again those who share a quota.

    Who is told to wait leaves a note in the tiers, and the others don't ask.

    Args:
        tiers: Where the note lies.
        endpoint: The Hub.
        scope: The token's; the Hub counts per token.
        machine: This machine's name: it counts those without a token per machine.
        bucket: Which of its quotas.
        clock: Where the time comes from.
    """

    def __init__(
        self, tiers: Tiers, *, endpoint: str, scope: Scope, machine: str, clock: Clock, bucket: str = "api"
    ) -> None:
        who = f"{ANONYMOUS} {machine}" if scope == ANONYMOUS else scope
        self._key = note_key(endpoint, "cooldown", f"{who} {bucket}")
        self._tiers = tiers
        self._clock = clock
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """The Hub said that it will answer again in so many seconds."""
        seconds = min(seconds, LONGEST)
        now = self._clock.now()
        if seconds <= 0 or now + seconds <= self._until <= now + LONGEST:
            return
        self._until = now + seconds
        self._tiers.store(Entry(self._key, 429, now, seconds, None, b""), expires_in=seconds)

    def remaining(self) -> float:
        """Seconds until it will answer; 0 when nobody was told to wait."""
        now = self._clock.now()
        ends = [self._until]
        entry, _ = self._tiers.find([self._key], lambda _: Freshness.REVALIDATE)
        if entry is not None and entry.ttl is not None:
            ends.append(entry.stored_at + entry.ttl)
        # An end that is too far away was written by a clock that was wrong.
        return max((end - now for end in ends if now < end <= now + LONGEST), default=0.0)


def machine_name() -> str:
    """This machine's name; `platform` would take 2 ms to import for it."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()
