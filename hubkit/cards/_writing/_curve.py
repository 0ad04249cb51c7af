"""A run's losses as a picture. matplotlib, the extra `plots`, is needed here only."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hubkit.cards._reading._facts import LoggedStep
from hubkit.cards._writing._sparkline import Point, series_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVE_FILE", "draw_curve", "is_our_curve"]

log = logging.getLogger("hubkit")

CURVE_FILE = "training_curve.png"

_LEAST = 3
_INK, _GRID = "#3d4451", "#d9dde3"
# Told apart without colours too: one is a line, the other has dots.
_STYLES: dict[str, dict[str, Any]] = {
    "training loss": {"color": "#2f6fb5", "linewidth": 1.8},
    "evaluation loss": {"color": "#d1662b", "linewidth": 1.4, "marker": "o", "markersize": 5},
}
# No date and no version: the same losses give the same bytes.
_METADATA = {"Software": None, "Source": "hubkit"}
_MARK = b"tEXtSource\x00hubkit"
# Styles are settings of the whole process.
_lock = threading.Lock()


def draw_curve(history: Sequence[LoggedStep]) -> bytes | None:
    """Draw the losses of a run over its steps.

    Args:
        history: What the Trainer logged.

    Returns:
        A PNG, 1,080 pixels wide, the same bytes for the same history and matplotlib. None when no
        series has three points, or matplotlib isn't there; a card then has a line of text.

    >>> draw_curve([]) is None
    True
    """
    series = series_of(history)
    if not any(len(points) >= _LEAST for points in series.values()):
        return None
    try:
        return _drawn(series)
    except ImportError:
        return None
    except Exception:
        log.warning("the training curve can't be drawn; the card has a line of text instead", exc_info=True)
        return None


def is_our_curve(png: bytes) -> bool:
    """Whether a picture was drawn here, and hence may be drawn anew."""
    return png.startswith(b"\x89PNG\r\n\x1a\n") and _MARK in png[:1024]


def _drawn(series: dict[str, list[Point]]) -> bytes:
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    out = io.BytesIO()
    # What a user has set for figures of their own would change the bytes.
    with _lock, matplotlib.style.context("default", after_reset=True):
        figure = Figure(figsize=(7.2, 3.4), dpi=150, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for name, points in series.items():
            steps, losses = zip(*points, strict=True)
            # The line of a run that logged twice is two dots.
            marker = {"marker": "o"} if len(points) < _LEAST else {}
            axes.plot(steps, losses, label=name, **{**_STYLES[name], **marker})
        _dress(axes, len(series))
        figure.savefig(out, format="png", metadata=_METADATA)
    return out.getvalue()


def _dress(axes: Axes, count: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("step", color=_INK, fontsize=11)
    axes.set_ylabel("loss", color=_INK, fontsize=11)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(colors=_INK, labelsize=10, length=0)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_GRID)
    # Above the plot, where no curve runs into it.
    axes.legend(
        frameon=False,
        fontsize=11,
        labelcolor=_INK,
        ncols=count,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        borderpad=0,
    )
