"""A run's losses as a line of text, for cards without a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from hubkit.cards._reading._facts import LoggedStep

__all__ = ["Point", "series_of", "sparklines"]

Point = tuple[int, float]
"""Optimizer step and loss."""

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 48
# A level needs three points to look like anything.
_LEAST = 3


def series_of(history: Sequence[LoggedStep]) -> dict[str, list[Point]]:
    """The losses that were logged, by name, sorted by step; steps without a finite one are left out."""
    found = {
        "training loss": [(entry.step, entry.loss) for entry in history],
        "evaluation loss": [(entry.step, entry.eval_loss) for entry in history],
    }
    series = {
        # An evaluation may be logged twice; the later entry counts.
        name: sorted(
            {step: loss for step, loss in points if loss is not None and math.isfinite(loss)}.items()
        )
        for name, points in found.items()
    }
    return {name: points for name, points in series.items() if points}


def sparklines(series: dict[str, list[Point]]) -> str:
    """One line for each series: its first value, its course, its last value, and the steps.

    Empty when no series has three points: a line through two says nothing.

    >>> print(sparklines({"training loss": [(1, 4.0), (2, 3.0), (3, 1.0), (4, 0.5)]}))
    training loss  4 █▆▂▁ 0.5  steps 1 to 4
    """
    if not any(len(points) >= _LEAST for points in series.values()):
        return ""
    values = [value for points in series.values() for _, value in points]
    low, high = min(values), max(values)
    rows = [
        (
            name,
            f"{points[0][1]:.3g}",
            "".join(_block(value, low, high) for value in _thinned(points)),
            f"{points[-1][1]:.3g}",
            f"steps {points[0][0]} to {points[-1][0]}",
        )
        for name, points in series.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{name:<{widths[0]}}  {first:>{widths[1]}} {line:<{widths[2]}} {last:<{widths[3]}}  {steps}".rstrip()
        for name, first, line, last, steps in rows
    )


def _block(value: float, low: float, high: float) -> str:
    # Half of each: the difference of two huge numbers may be infinite.
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0
    return _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))]


def _thinned(points: Sequence[Point]) -> list[float]:
    """At most so many values: each the mean of its share of the points."""
    count = min(_WIDTH, len(points))
    cuts = [len(points) * number // count for number in range(count + 1)]
    shares = [points[begin:end] for begin, end in pairwise(cuts)]
    return [sum(value / len(share) for _, value in share) for share in shares]
