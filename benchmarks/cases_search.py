"""Searches without the Hub, over everything that is cached."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from _bench import Bench, Place
from _measure import time_calls
from _rows import Goal, Measure, Row
from _sample import record
from ours import cache_url

from hubkit import HubClient, HubConfig, ModelMetadata

__all__ = ["CASES", "searches"]

_GOAL = Goal(20.0)
_MS = 1e3
_OPENING = 500
_QUERIES: tuple[Callable[[HubClient], object], ...] = (
    lambda hub: hub.search_models(),
    lambda hub: hub.search_models("model-00"),
    lambda hub: hub.search_models("instruct", ["pytorch", "de"], sort="likes"),
    lambda hub: hub.search_models(author="bench-org", sort="updated"),
    lambda hub: hub.search_models(pipeline_tag="text-generation", sort="created", limit=50),
    lambda hub: hub.search_models("no-such-model"),
)


def searches(bench: Bench) -> Iterator[Row]:
    """Beside reading it all, which is the least that a search without lists would have to do."""
    place = bench.place(folder="search")
    for tier, title, everything in (("sqlite", "SQLite", _all_rows), ("file", "files", _all_files)):
        making = _fill(bench, place, tier)
        known = _client(place, tier)
        newcomers: list[HubClient] = []
        work = {
            "hubkit": partial(_search_all, known),
            "new client": partial(_search_first, place, tier, newcomers),
            "all values read": partial(everything, place),
        }
        taken = time_calls(work, rounds=max(1, bench.scale.rounds // 3), calls=1)
        for client in (known, *newcomers):
            client.close()
        reading = Measure("all values read", taken["all values read"] * _MS)
        later = Measure("hubkit", taken["hubkit"] * _MS / len(_QUERIES))
        first = Measure("hubkit", taken["new client"] * _MS, f"{making * _MS:,.0f} ms when nothing is listed")
        head = f"search of {bench.scale.cached:,} cached, {title}"
        yield Row(title=head, unit="ms", goal=_GOAL, ours=later, peers=(reading,))
        yield Row(title=f"{head}, first of a client", unit="ms", goal=_GOAL, ours=first, peers=(reading,))


def _fill(bench: Bench, place: Place, tier: str) -> float:
    """Store the models; the seconds that the first search takes, which makes the lists."""
    hub = _client(place, tier)
    for number in range(bench.scale.cached):
        hub.cache.set(ModelMetadata.from_hub(record(number), endpoint=place.origin))
    begun = time.perf_counter()
    hub.search_models()
    taken = time.perf_counter() - begun
    hub.close()
    return taken


def _client(place: Place, tier: str) -> HubClient:
    return HubClient(HubConfig(endpoint=place.origin, cache=cache_url(tier, place), offline=True))


def _search_all(hub: HubClient) -> None:
    for query in _QUERIES:
        query(hub)


def _search_first(place: Place, tier: str, newcomers: list[HubClient]) -> None:
    newcomers.append(_client(place, tier))
    newcomers[-1].search_models("model-00")


def _all_rows(place: Place) -> int:
    path = cache_url("sqlite", place).removeprefix("sqlite://")
    connection = sqlite3.connect(path)
    found = sum(map(_named, (row[0] for row in connection.execute("SELECT value FROM entries"))))
    connection.close()
    return found


def _all_files(place: Place) -> int:
    folder = Path(place.path("hubkit-file"))
    return sum(_named(path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def _named(value: bytes) -> bool:
    return b"model-00" in value[:_OPENING]


CASES = {"search": searches}
