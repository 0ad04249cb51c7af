"""What searches gave, for when the Hub can't be asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hubkit._clock import Clock
from hubkit._lazy import dump_json, load_json
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness, Policy, assess, may_serve_on_error
from hubkit.cache._keys import ANONYMOUS, PUBLIC, Scope, search_key, search_prefix
from hubkit.cache._tiers import Tiers
from hubkit.errors import CacheCorruptedError, DecodeError

__all__ = ["Searches", "StoredSearch"]

log = logging.getLogger("hubkit")

StoredSearch: TypeAlias = tuple[list[Mapping[str, Any]], float]
"""The records that a search gave, and when, in epoch seconds."""


class Searches:
    """Searches of one Hub, read and written as one caller.

    Args:
        tiers: Where they lie.
        endpoint: The Hub.
        scope: The caller's own.
        policy: How old they may be.
        clock: Where the time comes from.
    """

    def __init__(self, tiers: Tiers, *, endpoint: str, scope: Scope, policy: Policy, clock: Clock) -> None:
        self._tiers = tiers
        self._endpoint = endpoint
        self._policy = policy
        self._clock = clock
        # Its own first: one made with a token may name private models.
        self._scopes = (PUBLIC,) if scope == ANONYMOUS else (scope, PUBLIC)

    def find(self, query: str) -> StoredSearch | None:
        """What a search gave; the caller's own before anybody's, while it may be used."""
        keys = [search_key(self._endpoint, scope, query) for scope in self._scopes]
        answers = self._tiers.find_many([[key] for key in keys], self._judge)
        entry = next((entry for entry, _ in answers if entry is not None), None)
        records = None if entry is None else self._records(entry)
        return None if entry is None or records is None else (records, entry.stored_at)

    def store(self, query: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Keep what a search gave."""
        try:
            body = dump_json(list(records))
        except DecodeError as error:
            log.warning("search not cached: %s", error)
            return
        key = search_key(self._endpoint, self._scopes[0], query)
        entry = Entry(key, 200, self._clock.now(), self._policy.ttl, None, body)
        self._tiers.store(entry, expires_in=RETENTION)

    def drop(self) -> None:
        """Forget the caller's own: a write may have changed what they would find."""
        self._tiers.clear(search_prefix(self._endpoint, self._scopes[0]))

    def _records(self, entry: Entry) -> list[Mapping[str, Any]] | None:
        if not may_serve_on_error(entry.stored_at, now=self._clock.now(), policy=self._policy):
            return None
        try:
            records = load_json(entry.plain())
        except (DecodeError, CacheCorruptedError):
            return None
        return [item for item in records if isinstance(item, dict)] if isinstance(records, list) else None

    def _judge(self, entry: Entry) -> Freshness:
        return assess(
            entry.stored_at, entry.ttl, negative=entry.negative, now=self._clock.now(), policy=self._policy
        )
