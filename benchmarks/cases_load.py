"""Nine reads to a write, by threads and by processes, straight on the backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import peers
from _bench import Bench, Place, every_cpu
from _catalogue import open_store
from _rows import Goal, Measure, Row
from _swarm import Load, run_load

__all__ = ["CASES", "load"]

_SQLITE = ("hubkit SQLiteCache", "sqlite3, a connection a thread", ["diskcache", "requests-cache sqlite"])
_REDIS = ("hubkit RedisCache", "redis-py", ["dogpile.cache redis", "requests-cache redis"])


def load(bench: Bench) -> Iterator[Row]:
    """Threads on one CPU, processes on all."""
    threads, processes = bench.scale.threads, bench.scale.processes
    place = bench.place()
    yield _row(bench, place, f"{threads} threads 90/10, SQLite", 9_000, *_SQLITE, threads=threads)
    yield _row(bench, place, f"{processes} processes 90/10, SQLite", 20_000, *_SQLITE, processes=processes)
    place = bench.place(redis=bench.start_redis(every_cpu()))
    yield _row(bench, place, f"{threads} threads 90/10, Redis", 4_500, *_REDIS, threads=threads)
    yield _row(bench, place, f"{processes} processes 90/10, Redis", 12_000, *_REDIS, processes=processes)


def _row(
    bench: Bench,
    place: Place,
    title: str,
    limit: float,
    ours: str,
    floor: str,
    others: Sequence[str],
    *,
    threads: int = 1,
    processes: int = 1,
) -> Row:
    def measured(store: str) -> Measure:
        return _measured(bench, place, store, threads, processes)

    return Row(
        title=title,
        unit="ops/s",
        goal=Goal(limit, at_least=True),
        ours=measured(ours),
        floor=measured(floor),
        peers=tuple(map(measured, others)) if bench.with_peers else (),
    )


def _measured(bench: Bench, place: Place, store: str, threads: int, processes: int) -> Measure:
    task = Load(
        store=store,
        place=place,
        processes=processes,
        threads=threads,
        seconds=bench.scale.seconds,
        keys=bench.hot,
        cpus={bench.cpu} if processes == 1 else every_cpu(),
    )
    try:
        _fill(store, place, bench.hot)
        speed, failed = run_load(task)
    except ImportError:
        return Measure(store, None, "not installed")
    except (RuntimeError, TimeoutError) as error:
        if store not in peers.STORES:
            raise
        return Measure(store, None, f"failed: {error}")
    return Measure(store, speed, f"{failed:,} errors", sound=not failed)


def _fill(name: str, place: Place, keys: Sequence[str]) -> None:
    store = open_store(name, place)
    for key in keys:
        store.set(key, b"\0" * 10_240)
    store.close()


CASES = {"load": load}
