"""The run as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from _rows import Goal, Measure, Row

__all__ = ["number", "with_unit", "write_json", "write_markdown"]

_UNITS = {"us": "µs"}


def number(value: float) -> str:
    """Three digits that count.

    >>> number(0.0871), number(23.44), number(12345.6)
    ('0.0871', '23.4', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def with_unit(value: float, unit: str) -> str:
    """A number and its unit.

    >>> with_unit(23.44, "us")
    '23.4 µs'
    """
    return f"{number(value)} {_UNITS.get(unit, unit)}"


def write_markdown(
    path: Path,
    *,
    rows: Sequence[Row],
    floors: Sequence[Row],
    facts: Mapping[str, str],
    left_out: Sequence[str],
) -> None:
    """Write the table, what else was measured, and the machine."""
    held = sum(row.held for row in rows)
    parts = [
        "# Benchmarks",
        f"{held} of {len(rows)} goals held. {_INTRODUCTION}",
        _table(rows),
        *(f"Left out: {reason}" for reason in left_out),
        "![the same as a chart](results.png)" if path.with_suffix(".png").exists() else "",
        "## Peers",
        _peers(rows),
        "## Plain reads",
        "Of 10 KB, nothing decoded. The floors above decode the small part of the answer too.",
        _bullets({row.title: _shown(row.ours, row.unit) for row in floors}),
        "## How",
        _HOW,
        "## Machine",
        _bullets(facts),
    ]
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


_INTRODUCTION = """\
Every number is the median of one run, in which floors and peers were measured beside it."""

_HOW = """\
* Metadata of 10 KB; client and servers on one CPU, but for rows with several processes, which use all.
* Contenders take turns within each round; medians of the rounds.
* "First hit": `memory_entries=0`, so that each read goes to the tier. Peers that keep HTTP answers are asked as
  their users ask: `session.get(url).json()`. diskcache and dogpile.cache hand out a `dict` from a pickle.
* "Search": six queries of 20 or 50 models, none of which the Hub answered before; "first of a client" reads the lists that
  an earlier search has stored.
* "90/10": nine reads to a write of 10 KB, through the backends; requests-cache through its session.
* Stampede: the local hub answers after 100 ms; imports and a first connection are made before.
* "Redis gone, hung": tiers are Redis, then SQLite, with no memory of answers, so that each call passes by both.
* "Whole process" and imports: wall time of `python -I -c ...`."""


def write_json(path: Path, *, rows: Sequence[Row], floors: Sequence[Row], facts: Mapping[str, str]) -> None:
    """Write every median."""
    data = {"facts": dict(facts), "rows": list(map(_plain, rows)), "plain_reads": list(map(_plain, floors))}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _plain(row: Row) -> dict[str, Any]:
    plain = attrs.asdict(row)
    # JSON has no infinity.
    plain["goal"] = None if row.goal.limit == float("inf") else plain["goal"]
    return {**plain, "held": row.held}


def _table(rows: Iterable[Row]) -> str:
    lines = [
        "| | goal | hubkit | floor | to floor | best peer | to peer | |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines += [_line(row) for row in rows]
    return "\n".join(lines)


def _line(row: Row) -> str:
    peer = row.best_peer
    cells = (
        row.title,
        _goal(row.goal, row.unit),
        f"**{_shown(row.ours, row.unit)}**",
        "" if row.floor is None else _shown(row.floor, row.unit),
        _ratio(row.ratio_to(row.floor)),
        "" if peer is None else f"{peer.name}: {_shown(peer, row.unit)}",
        _ratio(row.ratio_to(peer)),
        "held" if row.held else "**missed**",
    )
    return f"| {' | '.join(cells)} |"


def _peers(rows: Iterable[Row]) -> str:
    lines = ["| | peers |", "|---|---|"]
    for row in rows:
        if row.peers:
            told = "; ".join(f"{peer.name}: {_shown(peer, row.unit)}" for peer in row.peers)
            lines.append(f"| {row.title} | {told} |")
    return "\n".join(lines) if len(lines) > 2 else "None were measured."


def _goal(goal: Goal, unit: str) -> str:
    return f"{'≥' if goal.at_least else '≤'} {with_unit(goal.limit, unit)}"


def _shown(measure: Measure, unit: str) -> str:
    if measure.value is None:
        return measure.note
    text = with_unit(measure.value, unit)
    return f"{text} ({measure.note})" if measure.note else text


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2g} x" if value < 10 else f"{value:,.0f} x"


def _bullets(items: Mapping[str, str]) -> str:
    return "\n".join(f"* {label}: {text}" for label, text in items.items())
