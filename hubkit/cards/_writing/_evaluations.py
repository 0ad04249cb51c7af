"""Results that say what was measured on what: checked, shown, and as the Hub's `model-index`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from hubkit._settings import nearest_key
from hubkit.cards._text import one_line
from hubkit.cards._writing._front_matter import pruned
from hubkit.cards._writing._plain import plain_data
from hubkit.errors import CardError

__all__ = ["Evaluation", "model_index", "parse_evaluations"]

_KEYS = {
    "": ("task", "dataset", "metrics", "source"),
    "task": ("type", "name"),
    "dataset": ("type", "name", "config", "split", "revision", "args"),
    "metrics": ("type", "value", "name", "config", "args"),
    "source": ("name", "url"),
}


@frozen(kw_only=True)
class Evaluation:
    """What one evaluation measured; each part is plain, clean data without empty values."""

    task: Mapping[str, Any]
    """`type` and `name` of the task."""

    dataset: Mapping[str, Any]
    """`type`, `name`, `config`, `split`, `revision` and `args` of the dataset."""

    source: Mapping[str, Any]
    """`name` and `url` of whoever measured."""

    metrics: tuple[Mapping[str, Any], ...]
    """`type`, `value`, `name`, `config` and `args` of each number."""


def parse_evaluations(results: Sequence[Any]) -> tuple[Evaluation, ...]:
    """Check structured results.

    Args:
        results: Mappings with `metrics` (a mapping of names to values, or mappings with
            `type` and `value`, and `name`, `config`, `args` if you like), and with
            `task` (its id, or `type` and `name`), `dataset` (its name, or `type`, `name`,
            `config`, `split`, `revision`, `args`) and `source` (`name`, `url`).

    Raises:
        CardError: A part has another form; the text names it.

    >>> parse_evaluations([{"metrics": {"f1": 0.5}, "dataset": "foxes"}])[0].metrics
    ({'type': 'f1', 'value': 0.5},)
    """
    return tuple(_parsed(result, f"metrics[{number}]") for number, result in enumerate(results))


def model_index(
    evaluations: Sequence[Evaluation], name: str, task: str | None
) -> list[dict[str, Any]] | None:
    """The Hub's `model-index`; None when no evaluation says all that it needs.

    Results are put together when they agree on task, dataset and source with all their
    parts. Without the type and name of its dataset a result would be refused or
    misread: it is left out.

    Args:
        evaluations: Checked results.
        name: The model's.
        task: The task of those that name none.
    """
    groups: dict[str, dict[str, Any]] = {}
    for one in evaluations:
        head = {"task": one.task or {"type": task}, "dataset": one.dataset, "source": one.source}
        kept = [metric for metric in one.metrics if _is_result(metric)]
        if not (head["task"].get("type") and one.dataset.get("type") and one.dataset.get("name") and kept):
            continue
        key = json.dumps(head, sort_keys=True)
        group = groups.setdefault(key, {"task": head["task"], "dataset": one.dataset, "metrics": []})
        group["metrics"] += [metric for metric in kept if metric not in group["metrics"]]
        # A source without its address is nobody's.
        if one.source.get("url"):
            group["source"] = one.source
    return [{"name": name, "results": list(groups.values())}] if groups else None


def _is_result(metric: Mapping[str, Any]) -> bool:
    value = metric.get("value")
    is_number = isinstance(value, (int, float)) and math.isfinite(value)
    return is_number or (isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"))


def _parsed(result: Any, where: str) -> Evaluation:
    _check(result, "", where)
    if not result.get("metrics"):
        raise CardError(f"{where}.metrics is missing")
    return Evaluation(
        task=_part(result.get("task"), "task", f"{where}.task", short="type"),
        dataset=_part(result.get("dataset"), "dataset", f"{where}.dataset", short="name"),
        source=_part(result.get("source"), "source", f"{where}.source", short="name"),
        metrics=tuple(_metrics(result["metrics"], f"{where}.metrics")),
    )


def _metrics(metrics: Any, where: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(metrics, Mapping):
        metrics = [{"type": name, "value": value} for name, value in metrics.items()]
    if not isinstance(metrics, Sequence) or isinstance(metrics, (str, bytes)):
        raise CardError(f"{where} must be a mapping of names to values, or a list of mappings")
    for number, metric in enumerate(metrics):
        part = _part(metric, "metrics", f"{where}[{number}]", short=None)
        if "type" not in part:
            raise CardError(f"{where}[{number}].type is missing")
        # What isn't known is no result.
        if "value" in part:
            yield part


def _part(value: Any, kind: str, where: str, *, short: str | None) -> Mapping[str, Any]:
    """A part as plain data; a text alone is what `short` says."""
    if value is None:
        return {}
    if isinstance(value, str) and short is not None:
        value = {short: value}
    _check(value, kind, where)
    cleaned = {
        key: value[key] if key in ("value", "args") else _text(value[key], f"{where}.{key}") for key in value
    }
    found = pruned({key: item for key, item in plain_data(cleaned).items() if item != ""}) or {}
    return {key: found[key] for key in _KEYS[kind] if key in found}


def _text(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else one_line(value)
    raise CardError(f"{where} must be text, not {type(value).__name__}")


def _check(value: Any, kind: str, where: str) -> None:
    if not isinstance(value, Mapping):
        raise CardError(f"{where} must be a mapping, not {type(value).__name__}")
    for key in value:
        if key not in _KEYS[kind]:
            raise CardError(f"{where} has an unknown key {key!r}{nearest_key(str(key), _KEYS[kind])}")
