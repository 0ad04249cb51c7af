"""Reads of what is stored: again, for the first time in this process, and a thousand at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from _bench import Bench, Contender, Place
from _catalogue import opened
from _measure import time_calls
from _rows import Goal, Measure, Row

__all__ = ["CASES", "first_hits", "hit_again", "many", "storage_floors"]

_US = 1e6
_MS = 1e3
_IN_SQLITE = ("diskcache", "hishel sqlite", "requests-cache sqlite")
_IN_REDIS = ("dogpile.cache redis", "hishel redis", "requests-cache redis")


def hit_again(bench: Bench) -> Iterator[Row]:
    """The same models over and over, in one process."""
    peers = ["dogpile.cache memory", "diskcache", "requests-cache memory", "hishel sqlite", "HfApi, uncached"]
    yield _single(bench, "hit again, same process", 3.0, "hubkit memory", "dict look-up", peers)


def first_hits(bench: Bench) -> Iterator[Row]:
    """Each read goes to the tier, is checked and decoded."""
    in_files = ["diskcache", "dogpile.cache dbm", "requests-cache file"]
    single = partial(_single, bench)
    yield single("first hit, SQLite", 30.0, "hubkit sqlite", "SELECT by key + head", _IN_SQLITE)
    yield single("first hit, file", 35.0, "hubkit file", "open, read, close + head", in_files)
    title = "first hit, Redis, unix socket"
    yield single(title, 65.0, "hubkit redis", "GET + head", _IN_REDIS, redis=True)


def many(bench: Bench) -> Iterator[Row]:
    """A thousand models in one call."""
    yield _bulk(bench, "SQLite", 25.0, "hubkit sqlite", "SELECT by key + head", _IN_SQLITE)
    yield _bulk(bench, "Redis", 30.0, "hubkit redis", "GET + head", _IN_REDIS, redis=True)


def storage_floors(bench: Bench) -> Iterator[Row]:
    """Plain reads, for those who want to know what the head costs; they promise nothing."""
    for name, needs_redis in (("open, read, close", False), ("SELECT by key", False), ("GET", True)):
        place = bench.place(redis=needs_redis)
        with opened(bench, [name], place, bench.hot) as (found, _):
            taken = _time_single(bench, found)[name] * _US
        yield Row(title=name, unit="us", goal=Goal(float("inf")), ours=Measure(name, taken))


def _single(
    bench: Bench,
    title: str,
    limit: float,
    ours: str,
    floor: str,
    peers: Sequence[str],
    *,
    redis: bool = False,
) -> Row:
    with opened(bench, [ours, floor, *peers], bench.place(redis=redis), bench.hot) as (found, missing):
        taken = _time_single(bench, found)
    return _row(title, "us", Goal(limit), ours, floor, taken, _US, missing)


def _time_single(bench: Bench, found: dict[str, Contender]) -> dict[str, float]:
    fast = {name: _going_round(contender.get, bench.hot) for name, contender in found.items()}
    return time_calls(fast, rounds=bench.scale.rounds, calls=len(bench.hot))


def _bulk(
    bench: Bench,
    store: str,
    limit: float,
    ours: str,
    floor: str,
    peers: Sequence[str],
    *,
    redis: bool = False,
) -> Row:
    place: Place = bench.place(redis=redis)
    with opened(bench, [ours, floor, *peers], place, bench.names) as (found, missing):
        work = {name: partial(_all_of, contender, bench.names) for name, contender in found.items()}
        # A call is long, so a few rounds less will do.
        taken = time_calls(work, rounds=max(1, bench.scale.rounds // 2), calls=1)
    title = f"{len(bench.names):,} models in one call, {store}"
    return _row(title, "ms", Goal(limit), ours, floor, taken, _MS, missing)


def _all_of(contender: Contender, names: Sequence[str]) -> None:
    if contender.get_many is None:
        raise TypeError("a contender that can't read many")
    found = contender.get_many(names)
    if len(found) != len(names):
        raise ValueError(f"{len(found)} of {len(names)} models were found")


def _going_round(get: Callable[[str], Any], names: Iterable[str]) -> Callable[[], None]:
    def work() -> None:
        for name in names:
            get(name)

    return work


def _row(
    title: str,
    unit: str,
    goal: Goal,
    ours: str,
    floor: str,
    taken: dict[str, float],
    factor: float,
    missing: Sequence[Measure],
) -> Row:
    measures = {name: Measure(name, seconds * factor) for name, seconds in taken.items()}
    others = [measure for name, measure in measures.items() if name not in (ours, floor)]
    return Row(
        title=title,
        unit=unit,
        goal=goal,
        ours=measures[ours],
        floor=measures[floor],
        peers=(*others, *missing),
    )


CASES = {"again": hit_again, "first": first_hits, "many": many}
