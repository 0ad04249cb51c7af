"""Facts of the files that transformers' Trainer writes beside an adapter."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._facts import Findings
from hubkit.cards._files import UnreadableError, read_object

__all__ = ["find_in_results"]

_STATE_FILE = "trainer_state.json"
# A state keeps every logged step; a long run's has some megabytes.
_STATE_LIMIT = 32 * 1024 * 1024
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
    state = _read(folder / _STATE_FILE, _STATE_LIMIT, found)
    history = state.get("log_history")
    for entry in history if isinstance(history, list) else ():
        if isinstance(entry, dict):
            _keep(entry, f"{_STATE_FILE}: log_history", found)
    # The widest first: the narrower files say the same and name it more precisely.
    for kind in ("all", "train", "eval", "test", "predict"):
        path = folder / f"{kind}_results.json"
        _keep(_read(path, _RESULTS_LIMIT, found), path.name, found)


def _read(path: Path, limit: int, found: Findings) -> Mapping[str, Any]:
    try:
        return read_object(path, limit)
    except FileNotFoundError:
        return {}
    except UnreadableError as error:
        found.warn(f"{path.name} {error}: its numbers are left out")
        return {}


def _keep(numbers: Mapping[str, Any], file: str, found: Findings) -> None:
    metrics: dict[str, float] = found.values.setdefault("metrics", {})
    for name, value in numbers.items():
        if not _METRIC.fullmatch(name) or _TIMING.search(name) or type(value) not in (int, float):
            continue
        if not _is_finite(value):
            found.warn(f"{file}: {name} is not a finite number")
        elif name in metrics or len(metrics) < _MAX_METRICS:
            metrics[name] = value
            found.sources[f"metrics.{name}"] = f"{file}: {name}" if ":" not in file else file


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
