"""The run as a picture: for each row the floor, hubkit, the best and the worst peer, and the goal, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _report import with_unit
from _rows import Measure, Row

__all__ = ["draw"]

_COLOURS = {
    "floor": "#b8bec7",
    "hubkit": "#1f6fb2",
    "missed": "#c8442b",
    "peer": "#e0a030",
    "other": "#f0d8a8",
}
_PANELS = (
    ("Time of a call (less is better)", "us", lambda row: row.unit == "us" or "one call" in row.title),
    ("Operations per second (more is better)", "ops/s", lambda row: row.unit == "ops/s"),
    (
        "Stampedes, failures, start (less is better)",
        "ms",
        lambda row: row.unit == "ms" and "one call" not in row.title,
    ),
)


def draw(path: Path, rows: Sequence[Row]) -> bool:
    """Draw the chart; False when matplotlib isn't installed or there is nothing to draw."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    panels = [(title, unit, [row for row in rows if wanted(row)]) for title, unit, wanted in _PANELS]
    panels = [panel for panel in panels if panel[2]]
    if not panels:
        return False
    heights = [sum(len(_bars(row)) + 1 for row in shown) + 3 for _, _, shown in panels]
    figure = Figure(figsize=(11, 1.0 + 0.17 * sum(heights)), layout="constrained", dpi=110)
    axes = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    for (title, unit, shown), (axis,) in zip(panels, axes, strict=True):
        _panel(axis, title, unit, shown)
    _legend(figure)
    figure.savefig(path)
    return True


def _panel(axis: Any, title: str, unit: str, rows: Sequence[Row]) -> None:
    ticks = []
    top = 0.0
    axis.set_xscale("log")
    for row in rows:
        bars = _bars(row)
        for place, (kind, measure) in enumerate(bars):
            _bar(axis, top + place, kind, measure, row, unit)
        ticks.append((top + (len(bars) - 1) / 2, row.title))
        _goal(axis, row, unit, top - 0.5, top + len(bars) - 0.5)
        top += len(bars) + 0.8
    axis.set_xlim(*_limits(rows, unit))
    axis.set_yticks([place for place, _ in ticks], [title for _, title in ticks], fontsize=9)
    axis.set_ylim(top - 0.8, -0.9)
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axis.set_xlabel({"us": "µs"}.get(unit, unit), fontsize=9)
    axis.grid(axis="x", which="major", color="#e6e6e6")
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _bars(row: Row) -> list[tuple[str, Measure]]:
    best = row.best_peer
    bars = [("floor", row.floor)] if row.floor is not None else []
    bars.append(("hubkit" if row.held else "missed", row.ours))
    if best is not None:
        bars.append(("peer", best))
    others = [peer for peer in row.peers if peer.value is not None and peer is not best]
    sign = -1.0 if row.goal.at_least else 1.0
    # The rest lie between those two; the table has them all.
    worst = max(others, key=lambda peer: sign * (peer.value or 0.0), default=None)
    return bars if worst is None else [*bars, ("other", worst)]


def _limits(rows: Sequence[Row], unit: str) -> tuple[float, float]:
    """Whole powers of ten around everything that is drawn."""
    values = [row.goal.limit * _factor(row.unit, unit) for row in rows]
    values += [(bar.value or 0.0) * _factor(row.unit, unit) for row in rows for _, bar in _bars(row)]
    known = [value for value in values if value > 0]
    return 10 ** math.floor(math.log10(min(known)) - 0.1), 10 ** math.ceil(math.log10(max(known)))


def _bar(axis: Any, place: float, kind: str, measure: Measure, row: Row, unit: str) -> None:
    value = (measure.value or 0.0) * _factor(row.unit, unit)
    axis.barh(place, value, height=0.86, color=_COLOURS[kind])
    is_ours = kind in ("hubkit", "missed")
    text = f"{'hubkit' if is_ours else measure.name}: {with_unit(measure.value or 0.0, row.unit)}"
    if measure.note:
        text += f", {measure.note}"
    # In a column of their own, where neither bars nor goals run through them.
    axis.annotate(
        text,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        fontweight="bold" if is_ours else "normal",
        color=_COLOURS[kind] if is_ours else "#444444",
    )


def _goal(axis: Any, row: Row, unit: str, start: float, end: float) -> None:
    axis.vlines(row.goal.limit * _factor(row.unit, unit), start, end, color="black", linewidth=1.6)


def _factor(own: str, shown: str) -> float:
    return {("ms", "us"): 1e3}.get((own, shown), 1.0)


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = {
        "floor": "floor",
        "hubkit": "hubkit",
        "missed": "hubkit, goal missed",
        "peer": "best peer",
        "other": "worst peer",
    }
    handles: list[Any] = [Patch(color=_COLOURS[kind], label=name) for kind, name in names.items()]
    handles.append(Line2D([], [], color="black", linewidth=1.6, label="goal"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), fontsize=9, frameon=False)
