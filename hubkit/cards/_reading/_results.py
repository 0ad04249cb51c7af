"""Facts of the results files that transformers' Trainer writes beside an adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._reading._entries import finite
from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import read_optional

__all__ = ["find_in_results", "is_metric", "keep_metrics"]

_RESULTS_LIMIT = 1024 * 1024

# How fast the machine was says nothing of the adapter.
_TIMING = re.compile(r"(?:runtime|per_second|flos|mem_\w+|memory|compilation_time)$")
_METRIC = re.compile(r"(?:eval|test|predict|train)_\w{1,100}", re.ASCII)
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
        keep_metrics(numbers, path.name, found)


def keep_metrics(numbers: Mapping[str, Any], source: str, found: Findings) -> None:
    """Keep the metrics among some numbers, in place of earlier ones of the same name.

    Args:
        numbers: By name.
        source: The file, and the key in it if they aren't at its top.
        found: Takes the facts and the warnings.
    """
    metrics: dict[str, float] = found.values.setdefault("metrics", {})
    for name, value in numbers.items():
        if not is_metric(name) or type(value) not in (int, float):
            continue
        if finite(value) is None:
            found.warn(f"{source}: {name} is not a finite number")
        elif name in metrics or len(metrics) < _MAX_METRICS:
            metrics[name] = value
            found.sources[f"metrics.{name}"] = source if ":" in source else f"{source}: {name}"


def is_metric(name: str) -> bool:
    """Whether the Trainer names a measurement of the model so.

    >>> is_metric("eval_loss"), is_metric("eval_runtime"), is_metric("loss")
    (True, False, False)
    """
    return _METRIC.fullmatch(name) is not None and _TIMING.search(name) is None
