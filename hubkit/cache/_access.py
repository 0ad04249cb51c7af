"""Which gated models a token was let into, remembered for when the Hub can't be asked."""

from __future__ import annotations

from hubkit._clock import Clock
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness, is_stale
from hubkit.cache._keys import Scope, access_key, model_key
from hubkit.cache._tiers import Tiers

__all__ = ["AccessNotes"]


class AccessNotes:
    """Notes of one caller about what the Hub let it have.

    What the Hub says about a gated model is everybody's, its files are not: that somebody
    on this machine has fetched them says nothing about who asks now. The notes lie in the
    caller's own scope, so no other token reads them.

    Args:
        tiers: Where they lie.
        endpoint: The Hub.
        scope: The caller's own.
        clock: Dates them: after 30 days a note is void, as all that is cached.
    """

    def __init__(self, tiers: Tiers, *, endpoint: str, scope: Scope, clock: Clock) -> None:
        self._tiers = tiers
        self._endpoint = endpoint
        self._scope = scope
        self._clock = clock

    def remember(self, model_id: str) -> None:
        """The Hub let this caller have a model's files just now."""
        entry = Entry(self._key(model_id), 200, self._clock.now(), RETENTION, None, b"")
        self._tiers.store(entry, expires_in=RETENTION)

    def knows(self, model_id: str) -> bool:
        """Whether the Hub let this caller have them, and hasn't refused since."""
        entry = self._found(self._key(model_id))
        return entry is not None and not is_stale(entry.stored_at, RETENTION, now=self._clock.now())

    def forget(self, model_id: str) -> None:
        """The Hub refused this caller: what it alone was told about the model is void too."""
        self._tiers.delete(self._key(model_id))
        own = model_key(self._endpoint, self._scope, model_id)
        entry = self._found(own)
        # That there is no such model is what the Hub says now.
        if entry is not None and not entry.negative:
            self._tiers.delete(own)
        self._tiers.clear(f"{own} @ ")

    def _found(self, key: str) -> Entry | None:
        return self._tiers.find([key], lambda _: Freshness.HIT)[0]

    def _key(self, model_id: str) -> str:
        return access_key(self._endpoint, self._scope, model_id)
