"""`Holdings`: every model that the tiers hold for one caller, and the way to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from hubkit._clock import Clock
from hubkit.cache._catalogue import Catalogue
from hubkit.cache._entry import Entry
from hubkit.cache._listing import Shelf, models_in
from hubkit.cache._tier import Tier
from hubkit.cache._tiers import Tiers
from hubkit.errors import DecodeError
from hubkit.models import ModelMetadata

__all__ = ["Holdings", "Place", "Source"]


class Source(NamedTuple):
    """A list of models, and the tier that has their answers."""

    tier: Tier
    shelf: Shelf


class Place(NamedTuple):
    """Where a model is listed."""

    source: Source
    row: int

    @property
    def name(self) -> str:
        """The model."""
        return str(self.source.shelf.column("names")[self.row])


class Holdings:
    """What a caller's tiers hold.

    Args:
        tiers: The tiers.
        prefixes: The beginnings of the keys of the scopes that the caller may read.
        endpoint: The Hub that it is about.
        clock: Where the time comes from.
    """

    def __init__(self, tiers: Tiers, prefixes: Sequence[str], *, endpoint: str, clock: Clock) -> None:
        writes = not tiers.read_only
        self._catalogues = [
            Catalogue(tier, allowed, writes=writes, clock=clock)
            for tier, allowed in tiers.holding(list(dict.fromkeys(prefixes)))
        ]
        self._endpoint = endpoint
        self._compared: tuple[list[Source], dict[str, list[Place]]] = ([], {})

    def sources(self) -> list[Source]:
        """Every list that has something on it, as of now."""
        return [
            Source(catalogue.tier, shelf)
            for catalogue in self._catalogues
            for shelf in catalogue.shelves()
            if len(shelf)
        ]

    def distrust(self) -> None:
        """Believe no stored list any more: one of them was nonsense."""
        for catalogue in self._catalogues:
            catalogue.distrust()

    def rivals(self, sources: list[Source]) -> dict[str, list[Place]]:
        """By name, the models that are listed more than once; the best account comes first.

        A full answer is better than a listing's item, and a newer one than an older.
        """
        compared, rivals = self._compared
        if len(compared) != len(sources) or any(
            one.shelf is not other.shelf for one, other in zip(compared, sources, strict=True)
        ):
            rivals = _listed_twice(sources)
            self._compared = (sources, rivals)
        return rivals

    def read(
        self, places: Sequence[Place], usable: Callable[[float, float | None], bool]
    ) -> list[ModelMetadata | None]:
        """The models in some places; None for one whose answer has gone, or is no longer about it.

        Args:
            places: From the lists of `sources`.
            usable: Whether an answer may still be used, by its date and its writer's trust.
        """
        entries = {
            key: entry for key, entry in _entries_of(places).items() if usable(entry.stored_at, entry.ttl)
        }
        opened = {key: models_in(entry) for key, entry in entries.items()}
        found: list[ModelMetadata | None] = []
        for place in places:
            key = (place.source.tier, place.source.shelf.key(place.row))
            position, told = place.source.shelf.column("positions")[place.row], opened.get(key, [])
            there = told[position] if 0 <= position < len(told) else None
            model = self._model(there, entries[key]) if there is not None else None
            found.append(model if model is not None and model.model_id == place.name else None)
        return found

    def _model(self, told: ModelMetadata | Mapping[str, Any], entry: Entry) -> ModelMetadata | None:
        if isinstance(told, ModelMetadata):
            return told
        told_at = datetime.fromtimestamp(entry.stored_at, timezone.utc)
        try:
            return ModelMetadata.from_hub(told, endpoint=self._endpoint, cached_at=told_at, partial=True)
        except DecodeError:
            return None


def _listed_twice(sources: Sequence[Source]) -> dict[str, list[Place]]:
    scopes = {(source.tier, source.shelf.prefix) for source in sources}
    if len(scopes) < 2 and all(set(source.shelf.column("keys")) == {None} for source in sources):
        # Each lies under its own name in the one scope.
        return {}
    names = [source.shelf.column("names") for source in sources]
    if len(set().union(*names)) == sum(map(len, names)):
        return {}
    places: dict[str, list[Place]] = {}
    for source, listed in zip(sources, names, strict=True):
        for row, name in enumerate(listed):
            places.setdefault(name, []).append(Place(source, row))
    rivals = {name: found for name, found in places.items() if len(found) > 1}
    for found in rivals.values():
        found.sort(key=_merit)
    return rivals


def _merit(place: Place) -> tuple[bool, int]:
    shelf, row = place.source.shelf, place.row
    return shelf.column("partial")[row], -shelf.column("dates")[row]


def _entries_of(places: Sequence[Place]) -> dict[tuple[Tier, str], Entry]:
    """The answers, in one round trip a tier."""
    keys: dict[Tier, dict[str, None]] = {}
    for source, row in places:
        keys.setdefault(source.tier, {})[source.shelf.key(row)] = None
    return {
        (tier, key): entry
        for tier, wanted in keys.items()
        for key, entry in tier.get_many(list(wanted)).items()
    }
