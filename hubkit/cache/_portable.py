"""Entries on their way from one store to another: which may go along, and how they are taken in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import attrs

from hubkit._clock import Clock
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness, is_stale
from hubkit.cache._keys import ANONYMOUS, FLEET, Scope, model_prefix, reply_prefix
from hubkit.cache._tiers import Tiers

__all__ = ["is_portable", "portable_entries", "take_over"]


def portable_entries(
    tiers: Tiers, *, endpoint: str, scopes: Collection[Scope], models: Collection[str] | None, clock: Clock
) -> Iterator[Entry]:
    """The answers about models that are worth carrying elsewhere.

    Args:
        tiers: Where they lie.
        endpoint: The Hub.
        scopes: Whose: `PUBLIC`, and a caller's own if he wants them to go along.
        models: Their ids; None for all.
        clock: Where the time comes from.
    """
    for scope in scopes:
        for prefix, name_in in _kinds(endpoint, scope):
            for entry in tiers.entries(prefix):
                kept = not is_stale(entry.stored_at, RETENTION, now=clock.now())
                name = name_in(entry.key.removeprefix(prefix))
                if kept and entry.status == 200 and (models is None or name in models):
                    yield entry


def is_portable(key: str) -> bool:
    """Whether an entry under such a key may come from elsewhere: it is an answer, and no note of a fleet."""
    return not key.startswith((f"{FLEET}|", f"{ANONYMOUS}|"))


def take_over(tiers: Tiers, entry: Entry, clock: Clock) -> bool:
    """Keep an entry from elsewhere unless there is a newer one; whether it was kept.

    Where it goes nobody can ask anew, so that it is good for as long as it is kept.
    """
    known, _ = tiers.find([entry.key], lambda _: Freshness.REVALIDATE)
    if known is not None and known.stored_at >= entry.stored_at:
        return False
    if is_stale(entry.stored_at, RETENTION, now=clock.now()):
        return False
    tiers.store(attrs.evolve(entry, ttl=None), expires_in=RETENTION)
    return True


def _kinds(endpoint: str, scope: Scope) -> Iterator[tuple[str, Callable[[str], str]]]:
    """What keys begin with, and how to find a model's id in the rest."""
    yield model_prefix(endpoint, scope), lambda rest: rest.partition(" @ ")[0]
    yield reply_prefix(endpoint, scope) + "models/", lambda rest: rest.partition(" ")[0]
