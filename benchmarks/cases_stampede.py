"""Everybody asks at once for what nobody has yet: how often is the Hub asked, and how long does it take?"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import peers
from _bench import Bench, Place, every_cpu
from _rows import Goal, Measure, Row
from _sample import model_id
from _swarm import Stampede, run_stampede

__all__ = ["CASES", "stampedes"]

_DELAY = 0.1
_LIMIT = 160.0
_SPARE = 60
"""Models beyond the stored ones that the local hub has for stampedes."""


def stampedes(bench: Bench) -> Iterator[Row]:
    """A crowd of threads; then the same crowd in several processes, over each kind of store that they can share."""
    count, share = bench.scale.processes, bench.scale.crowd // bench.scale.processes
    both = f"{count} processes x {share}"
    place = bench.place(folder="stampede-threads")
    yield _row(bench, place, f"{bench.scale.crowd} threads, SQLite", "hubkit sqlite", _LOCAL, 1)
    for tier, others in (("SQLite", _LOCAL), ("file", [])):
        place = bench.place(folder=f"stampede-{tier}")
        yield _row(bench, place, f"{both}, {tier}", f"hubkit {tier.lower()}", others, count)
    place = bench.place(redis=bench.start_redis(), folder="stampede-redis")
    yield _row(bench, place, f"{both}, Redis", "hubkit redis", _REMOTE, count)


_LOCAL = ["dogpile.cache dbm", "requests-cache sqlite", "hishel sqlite", "HfApi, uncached"]
_REMOTE = ["dogpile.cache redis", "requests-cache redis", "hishel redis", "HfApi, uncached"]


def _row(bench: Bench, place: Place, title: str, ours: str, others: Sequence[str], processes: int) -> Row:
    return Row(
        title=f"stampede, {title}",
        unit="ms",
        goal=Goal(_LIMIT),
        ours=_measured(bench, place, ours, processes),
        floor=Measure("the Hub's own delay", _DELAY * 1e3, "1 request"),
        peers=tuple(_measured(bench, place, name, processes) for name in others) if bench.with_peers else (),
    )


def _measured(bench: Bench, place: Place, reader: str, processes: int) -> Measure:
    first = bench.scale.models
    count = bench.scale.stampedes
    task = Stampede(
        reader=reader,
        place=place,
        processes=processes,
        threads=bench.scale.crowd // processes,
        models=[model_id(first + number) for number in range(count)],
        warm_up=[model_id(first + _SPARE + number) for number in range(processes)],
        cpus={bench.cpu} if processes == 1 else every_cpu(),
    )
    before = bench.origin.requests()
    bench.origin.delay(_DELAY)
    try:
        walls, failed = run_stampede(task)
    except ImportError:
        return Measure(reader, None, "not installed")
    except (RuntimeError, TimeoutError) as error:
        if reader not in peers.READS:
            raise
        return Measure(reader, None, f"failed: {error}")
    finally:
        bench.origin.delay(0)
    asked = bench.origin.requests() - before - processes
    return _told(reader, statistics.median(walls), asked / count, failed)


def _told(reader: str, wall: float, asked: float, failed: int) -> Measure:
    note = "1 request" if asked == 1 else f"{asked:.3g} requests"
    if failed:
        note += f", {failed} failed"
    return Measure(reader, wall * 1e3, note, sound=asked <= 1 and not failed)


CASES = {"stampede": stampedes}
