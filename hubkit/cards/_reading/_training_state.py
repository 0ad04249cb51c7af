"""Facts of trainer_state.json: the log of a run and how far it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._reading._entries import Entries, finite
from hubkit.cards._reading._facts import Findings, LoggedStep
from hubkit.cards._reading._files import read_optional
from hubkit.cards._reading._results import is_metric, keep_metrics

__all__ = ["find_in_training_state"]

_FILE = "trainer_state.json"
# A state keeps every logged step; a long run's has some megabytes.
_LIMIT = 32 * 1024 * 1024
_MAX_STEPS = 100_000
_MAX_STEP = 2**63
# Twenty evaluations' worth of numbers tell more than any table shows.
_MAX_METRICS = 20

_NAMES = ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm")


def find_in_training_state(folder: Path, found: Findings) -> None:
    """Gather the history of a run.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.
    """
    values = read_optional(folder / _FILE, _LIMIT, found.warn, "the run's history is left out")
    if not values:
        return
    state = Entries(file=_FILE, values=values, found=found)
    history = values.get("log_history")
    entries = [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
    source = state.source("log_history")
    for entry in entries:
        keep_metrics(entry, source, found, wanted=is_metric)
    steps = tuple(_steps(entries))
    if len(steps) > _MAX_STEPS:
        found.warn(f"{_FILE} logs {len(steps):,} steps; the last {_MAX_STEPS:,} are kept")
    lost = sum(isinstance(entry.get("loss"), float) and finite(entry["loss"]) is None for entry in entries)
    if lost:
        found.warn(f"{_FILE}: loss is not a finite number in {lost:,} entries")
    found.add("history", steps[-_MAX_STEPS:], source)
    _find_run(state, found)


def _find_run(state: Entries, found: Findings) -> None:
    found.add("steps", state.count("global_step"), state.source("global_step"))
    epochs = state.number("epoch")
    found.add("epochs", epochs if epochs and epochs > 0 else None, state.source("epoch"))
    best = state.number("best_metric")
    if best is not None:
        found.add("best_metric", best, state.source("best_metric"))
        found.add("best_step", state.count("best_global_step"), state.source("best_global_step"))
    found.add("tokens_seen", state.count("num_input_tokens_seen"), state.source("num_input_tokens_seen"))


def _steps(entries: Iterable[Mapping[str, Any]]) -> Iterable[LoggedStep]:
    """The entries by step; the Trainer logs an evaluation apart from the training loss."""
    merged: dict[int, dict[str, float]] = {}
    for entry in entries:
        step = entry.get("step")
        if type(step) is int and 0 <= step < _MAX_STEP:
            merged.setdefault(step, {}).update(_numbers(entry))
    for step in sorted(merged):
        numbers = merged[step]
        known = {name: numbers.pop(name) for name in _NAMES if name in numbers}
        if known.keys() - {"epoch"} or numbers:
            yield LoggedStep(step=step, **known, metrics=numbers)


def _numbers(entry: Mapping[str, Any]) -> dict[str, float]:
    """What an entry measured; a loss that is not a number was none."""
    taken: dict[str, float] = {}
    for name, value in entry.items():
        number = finite(value)
        wanted = name in _NAMES or (
            name.startswith("eval_") and is_metric(name) and len(taken) < _MAX_METRICS
        )
        if wanted and number is not None:
            taken[name] = number
    return taken
