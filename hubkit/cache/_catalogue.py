"""`Catalogue`: what one tier holds of some scopes, known without reading it all each time.

Who stores an answer changes the mark of its shelf, if it has one, after the answer is there. Who makes
a list reads the mark before the answers, and keeps it with the list: a list whose mark is not
the shelf's is of no use any more. Nobody waits for anybody, and a list that two make at once
is as good from either. What is gone stays listed until somebody looks for it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from hubkit._clock import Clock
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION
from hubkit.cache._keys import SHELVES, listing_key, mark_key
from hubkit.cache._listing import Shelf, decode_shelf, encode_shelf, keys_by_shelf
from hubkit.cache._tier import Tier, new_mark
from hubkit.errors import CacheCorruptedError

__all__ = ["Catalogue"]

log = logging.getLogger("hubkit")

_WORTH_A_LIST: Final = 256
"""Entries of a tier below which they are read one by one: lists would clutter it."""

_BATCH: Final = 500

_Place = tuple[str, int]


class Catalogue:
    """What one tier holds under some prefixes.

    Lists are kept in the tier for other processes, and decoded ones here.

    Args:
        tier: The tier.
        prefixes: The beginnings of the keys of the scopes that the caller may read.
        writes: Whether lists and marks may be stored.
        clock: Dates them.
    """

    def __init__(self, tier: Tier, prefixes: Sequence[str], *, writes: bool, clock: Clock) -> None:
        self.tier = tier
        self._places = [(prefix, number) for prefix in prefixes for number in range(SHELVES)]
        self._writes = writes
        self._clock = clock
        self._known: dict[_Place, tuple[str, Shelf]] = {}
        self._distrusts = False

    def shelves(self) -> list[Shelf]:
        """The lists as of now; those that nothing has changed are the same objects as before."""
        marks = self._marks()
        known = {place: kept for place, kept in self._known.items() if marks.get(place) == kept[0]}
        if not self._distrusts:
            known |= self._stored({place: mark for place, mark in marks.items() if place not in known})
        missing = [place for place in self._places if place not in known]
        made = self._made(missing, marks) if missing else {}
        known |= {place: (marks[place], shelf) for place, shelf in made.items() if place in marks}
        self._known = known
        return [made[place] if place in made else known[place][1] for place in self._places]

    def distrust(self) -> None:
        """Make every list anew, and believe none that is stored."""
        self._known = {}
        self._distrusts = True

    def _marks(self) -> dict[_Place, str]:
        keys = {mark_key(*place): place for place in self._places}
        found = self.tier.get_many(list(keys))
        return {keys[key]: entry.etag for key, entry in found.items() if entry.etag}

    def _stored(self, marks: dict[_Place, str]) -> dict[_Place, tuple[str, Shelf]]:
        """The lists that somebody has stored, and that are still good."""
        keys = {listing_key(*place): place for place in marks}
        lists = {}
        for key, entry in self.tier.get_many(list(keys)).items():
            place = keys[key]
            if entry.etag != marks[place]:
                continue
            try:
                lists[place] = (marks[place], decode_shelf(place[0], entry.plain()))
            except CacheCorruptedError as error:
                log.info("unreadable list of cached models, made anew: %s", error)
        return lists

    def _made(self, places: Sequence[_Place], marks: dict[_Place, str]) -> dict[_Place, Shelf]:
        """Lists made from the answers themselves; new marks are added to those given."""
        unanswered = self.tier.unanswered
        keys = self.tier.keys("")
        unmarked = [place for place in places if place not in marks]
        if self._writes and unmarked and (marks or len(keys) >= _WORTH_A_LIST):
            for place in unmarked:
                marks[place] = self._marked(place)
            # What was stored until now may have found no mark to change.
            keys = self.tier.keys("")
        by_prefix = {prefix: keys_by_shelf(keys, prefix) for prefix in {prefix for prefix, _ in places}}
        bodies = {
            (prefix, number): self._body(prefix, by_prefix[prefix].get(number, []))
            for prefix, number in places
        }
        if self.tier.unanswered != unanswered:
            # A tier that failed half-way has more than was read.
            for place in places:
                marks.pop(place, None)
        for place, body in bodies.items():
            if self._writes and place in marks:
                listing = Entry(listing_key(*place), 200, self._clock.now(), None, marks[place], body)
                self.tier.set(listing, RETENTION)
        return {place: decode_shelf(place[0], body) for place, body in bodies.items()}

    def _marked(self, place: _Place) -> str:
        mark = new_mark(mark_key(*place), self._clock)
        self.tier.set(mark, RETENTION)
        return mark.etag or ""

    def _body(self, prefix: str, keys: Sequence[str]) -> bytes:
        entries = [
            entry
            for start in range(0, len(keys), _BATCH)
            for entry in self.tier.get_many(keys[start : start + _BATCH]).values()
        ]
        return encode_shelf(prefix, entries)
