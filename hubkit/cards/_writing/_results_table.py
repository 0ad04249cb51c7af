"""Results as rows of a table, however ragged they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from hubkit.cards._reading._facts import LoggedStep
from hubkit.cards._writing._evaluations import Evaluation
from hubkit.cards._writing._plain import metric_rows

__all__ = ["Table", "evaluation_table", "history_table", "metric_table"]

_MAX_STEPS = 10
# More would be wider than a page.
_MAX_METRICS = 4
_COLUMNS = {"epoch": "Epoch", "loss": "Training loss", "eval_loss": "Evaluation loss"}


@frozen
class Table:
    """Cells as data: the template escapes them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.rows)


def metric_table(metrics: Mapping[str, object]) -> Table:
    """Names and values; nested ones are joined by a dot."""
    return Table(("Metric", "Value"), tuple(metric_rows(metrics)))


def evaluation_table(evaluations: Sequence[Evaluation]) -> Table:
    """One row for each number, with what it was measured on."""
    rows = [row for one in evaluations for row in _evaluation_rows(one)]
    return _without_empty_columns(Table(("Task", "Dataset", "Metric", "Value", "Measured by"), tuple(rows)))


def _evaluation_rows(one: Evaluation) -> Iterator[tuple[str, ...]]:
    task = str(one.task.get("name") or one.task.get("type") or "")
    dataset = str(one.dataset.get("name") or one.dataset.get("type") or "")
    subset = ", ".join(str(one.dataset[key]) for key in ("config", "split") if key in one.dataset)
    where = f"{dataset} ({subset})" if dataset and subset else dataset or subset
    source = str(one.source.get("name") or one.source.get("url") or "")
    for metric in one.metrics:
        name = str(metric.get("name") or metric["type"])
        for key, value in metric_rows({name: metric["value"]}):
            yield task, where, key, value, source


def history_table(history: Sequence[LoggedStep]) -> Table:
    """What the Trainer logged, a few steps of it: the first, the last, and some between.

    Entries of one step, as an evaluation makes them, are one row.
    """
    merged: dict[int, dict[str, float]] = {}
    for entry in history:
        numbers = {"epoch": entry.epoch, "loss": entry.loss, "eval_loss": entry.eval_loss}
        known = {key: value for key, value in numbers.items() if value is not None}
        if set(known) - {"epoch"} or entry.metrics:
            merged.setdefault(entry.step, {}).update({**known, **entry.metrics})
    others = sorted({name for numbers in merged.values() for name in numbers} - set(_COLUMNS))
    columns = {**_COLUMNS, **{name: name for name in others[:_MAX_METRICS]}}
    rows = [
        (str(step), *(_short(merged[step].get(name)) for name in columns)) for step in _some(sorted(merged))
    ]
    return _without_empty_columns(Table(("Step", *columns.values()), tuple(rows)))


def _some(steps: Sequence[int]) -> list[int]:
    if len(steps) <= _MAX_STEPS:
        return list(steps)
    last = len(steps) - 1
    return [steps[round(number * last / (_MAX_STEPS - 1))] for number in range(_MAX_STEPS)]


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if math.isfinite(value) else "NaN"


def _without_empty_columns(table: Table) -> Table:
    used = [index for index in range(len(table.header)) if any(row[index] for row in table.rows)]
    return Table(
        tuple(table.header[index] for index in used),
        tuple(tuple(row[index] for index in used) for row in table.rows),
    )
