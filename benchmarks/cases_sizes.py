"""What is stored, over what the Hub sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.request import urlopen

from _bench import Bench
from _catalogue import opened
from _rows import Goal, Measure, Row

__all__ = ["CASES", "sizes"]


def sizes(bench: Bench) -> Iterator[Row]:
    """Plain where it is read from the own disk, compressed where it travels."""
    yield _row(bench, "stored bytes over raw JSON, SQLite", 1.15, "hubkit sqlite", redis=False)
    yield _row(bench, "stored bytes over raw JSON, Redis", 0.3, "hubkit redis", redis=True)


def _row(bench: Bench, title: str, limit: float, ours: str, *, redis: bool) -> Row:
    # Stores of their own: the shared ones hold what other cases left.
    server = bench.start_redis() if redis else False
    place = bench.place(redis=server, folder="sizes")
    raw = sum(_sent(place.url(name)) for name in bench.hot)
    others: Sequence[str] = () if redis else ("requests-cache sqlite", "diskcache")
    with opened(bench, [ours, *others], place, bench.hot) as (found, missing):
        measures = [
            Measure(name, contender.stored_bytes() / raw)
            for name, contender in found.items()
            if contender.stored_bytes is not None
        ]
    return Row(
        title=title,
        unit="x",
        goal=Goal(limit),
        ours=measures[0],
        floor=Measure("raw JSON", 1.0),
        peers=(*measures[1:], *missing),
    )


def _sent(url: str) -> int:
    with urlopen(url, timeout=30) as answer:
        return len(answer.read())


CASES = {"sizes": sizes}
