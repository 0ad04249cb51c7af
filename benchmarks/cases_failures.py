"""Redis killed or hung under a client that has a SQLite file behind it: what does the first call lose, and the next?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import ours
from _bench import Bench, Place
from _catalogue import open_read
from _rows import Goal, Measure, Row
from _servers import RedisServer
from _swarm import run_limited

from hubkit import HubClient, HubConfig

__all__ = ["CASES", "failures"]

_PEERS = ("dogpile.cache redis", "requests-cache redis", "hishel redis")
_CALLS = 200


def failures(bench: Bench) -> Iterator[Row]:
    """Gone: connections are refused. Hung: they are taken, and nothing is answered."""
    yield from _rows(bench, "gone", RedisServer.kill)
    yield from _rows(bench, "hung", RedisServer.freeze)


def _rows(bench: Bench, how: str, harm: Callable[[RedisServer], None]) -> list[Row]:
    first, later, worst = _ours(bench, how, harm)
    peers = tuple(_peer(bench, name, how, harm) for name in _PEERS) if bench.with_peers else ()
    return [
        Row(
            title=f"Redis {how}, first call",
            unit="ms",
            goal=Goal(500.0),
            ours=Measure("hubkit", first * 1e3),
            floor=Measure("its time-outs", 200.0) if how == "hung" else None,
            peers=peers,
        ),
        Row(
            title=f"Redis {how}, then every call",
            unit="ms",
            goal=Goal(1.0),
            ours=Measure("hubkit", later * 1e3, f"worst of {_CALLS}: {worst * 1e3:.2f} ms"),
        ),
    ]


def _ours(bench: Bench, how: str, harm: Callable[[RedisServer], None]) -> tuple[float, float, float]:
    server = bench.start_redis()
    place = bench.place(redis=server, folder=f"redis-{how}")
    urls = [ours.cache_url("redis", place), ours.cache_url("sqlite", place)]
    # No memory of decoded answers: each call has to pass by the Redis.
    with HubClient(HubConfig(endpoint=place.origin, cache=urls, memory_entries=0)) as hub:
        for name in bench.hot:
            hub.get_model_metadata(name)
        harm(server)
        times = [_timed(hub.get_model_metadata, bench.hot[turn % len(bench.hot)]) for turn in range(_CALLS)]
    server.kill()
    return times[0], statistics.median(times[1:]), max(times[1:])


def _peer(bench: Bench, name: str, how: str, harm: Callable[[RedisServer], None]) -> Measure:
    server = bench.start_redis()
    place = bench.place(redis=server, folder=f"redis-{how}")
    patience = bench.scale.patience
    try:
        # Filled by a process that ends, and asked by another: the server is harmed in between.
        run_limited(_ask, name, place, bench.hot[0], seconds=30)
        harm(server)
        seconds, outcome = run_limited(_ask, name, place, bench.hot[0], seconds=patience + 3)
    except ImportError:
        return Measure(name, None, "not installed")
    except TimeoutError:
        return Measure(name, patience * 1e3, "given up: longer than that", sound=False)
    finally:
        server.kill()
    return Measure(name, seconds * 1e3, outcome, sound=outcome == "answers")


def _ask(name: str, place: Place, model: str) -> tuple[float, str]:
    reader = open_read(name, place)
    begun = time.perf_counter()
    try:
        reader.get(model)
    except Exception as error:  # noqa: BLE001
        return time.perf_counter() - begun, f"raises {type(error).__name__}"
    return time.perf_counter() - begun, "answers"


def _timed(call: Callable[[str], object], name: str) -> float:
    begun = time.perf_counter()
    if call(name) is None:
        raise ValueError(f"{name} was not found")
    return time.perf_counter() - begun


CASES = {"failures": failures}
