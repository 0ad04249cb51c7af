"""Facts of the results files that transformers' Trainer writes beside an adapter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._reading._entries import finite
from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import read_optional
from hubkit.cards._text import one_line

__all__ = ["find_in_results", "is_metric", "keep_metrics"]

_RESULTS_LIMIT = 1024 * 1024

# How fast the machine was, how long it ran and on how much, says nothing of the adapter.
_TIMING = re.compile(r"(?:runtime|per_second|flos|mem_\w+|memory|(?:compilation|preparation)_time)$")
_COUNT = re.compile(r"(?:^|_)(?:epoch|(?:global_)?steps?|samples|num_(?:input_)?tokens(?:_seen)?)$")
# The Trainer puts the kind of the run before whatever a measurement is called.
_RUNS = ("eval_", "test_", "predict_", "train_")
_MAX_NAME = 100
_MAX_METRICS = 100


def find_in_results(folder: Path, found: Findings) -> None:
    """Gather the last evaluation's and training's numbers.

    A `*_results.json` is written when a run is over, so it has the last word.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.
    """
    # The widest first: the narrower files say the same and name it more precisely.
    for kind in ("all", "train", "eval", "test", "predict"):
        path = folder / f"{kind}_results.json"
        numbers = read_optional(path, _RESULTS_LIMIT, found.warn, "its numbers are left out")
        # Nothing else is in these files, and not every program puts the run before the name.
        keep_metrics(numbers, path.name, found, wanted=_is_name)


def keep_metrics(
    numbers: Mapping[str, Any],
    source: str,
    found: Findings,
    *,
    wanted: Callable[[str], bool],
) -> None:
    """Keep the metrics among some numbers, in place of earlier ones of the same name.

    Args:
        numbers: By name.
        source: The file, and the key in it if they aren't at its top.
        found: Takes the facts and the warnings.
        wanted: Whether a name is a metric's.
    """
    metrics: dict[str, float] = found.values.setdefault("metrics", {})
    for name, value in numbers.items():
        if not wanted(name) or type(value) not in (int, float):
            continue
        if finite(value) is None:
            found.warn(f"{source}: {one_line(name)} is not a finite number")
        elif name in metrics or len(metrics) < _MAX_METRICS:
            metrics[name] = value
            found.sources[f"metrics.{name}"] = source if ":" in source else f"{source}: {name}"


def is_metric(name: str) -> bool:
    """Whether the Trainer names a measurement of the model so.

    >>> [is_metric(name) for name in ("eval_loss", "eval_recall@10", "eval_runtime", "loss")]
    [True, True, False, False]
    """
    return name.startswith(_RUNS) and name not in _RUNS and _is_name(name)


def _is_name(name: str) -> bool:
    """Whether it is a name that people can read, and of no timing or count."""
    readable = 0 < len(name) <= _MAX_NAME and name.isprintable() and name.strip() == name
    return readable and _TIMING.search(name) is None and _COUNT.search(name) is None
