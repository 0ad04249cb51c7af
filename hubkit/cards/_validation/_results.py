"""Evaluation results: what the Hub takes and yet shows nothing of."""

from __future__ import annotations

from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import Report
from hubkit.cards._validation._scalars import as_new, kind_of
from hubkit.cards._validation._tree import Fields, Items, Node, Scalar

__all__ = ["check_results"]


def check_results(card: Metadata, report: Report) -> None:
    """Check `model-index` beyond its types, and the key that huggingface_hub keeps for its own objects."""
    _check_own_key(card, report)
    index = card.get("model-index")
    for at, model in enumerate(index.values if isinstance(index, Items) else ()):
        results = model.get("results") if isinstance(model, Fields) else None
        if not isinstance(results, Items):
            continue
        key = f"model-index[{at}].results"
        if not results.values:
            report.warn(key, results.line, "it has no result, and says nothing", "leave model-index out")
        for number, result in enumerate(results.values):
            if isinstance(result, Fields):
                _check_result(f"{key}[{number}]", result, report)


def _check_own_key(card: Metadata, report: Report) -> None:
    """Of `eval_results` no YAML is what huggingface_hub takes; it only passes over nothing at all."""
    said = card.get("eval_results")
    nothing = isinstance(said, Scalar) and kind_of(said) == "null"
    if said is not None and not nothing and said not in (Items((), said.line), Fields((), said.line)):
        report.warn(
            "eval_results",
            said.line,
            "huggingface_hub can't load a card with this key, nor list the models that have it",
            "write the results into model-index, or into files in .eval_results",
        )


def _check_result(key: str, result: Fields, report: Report) -> None:
    if result.get("dataset") is None:
        report.warn(
            f"{key}.dataset",
            result.line,
            "without a dataset huggingface_hub can't load the card, and nobody can tell what was measured",
            "add a dataset with type and name",
        )
    metrics = result.get("metrics")
    if not isinstance(metrics, Items):
        return
    if not metrics.values:
        report.warn(f"{key}.metrics", metrics.line, "it has no metric", "leave the result out")
    for at, metric in enumerate(metrics.values):
        value = metric.get("value") if isinstance(metric, Fields) else None
        if _is_no_number(value):
            report.warn(
                f"{key}.metrics[{at}].value", metric.line, "it is not a finite number", "leave the metric out"
            )


def _is_no_number(value: Node | None) -> bool:
    if not isinstance(value, Scalar):
        return False
    reading = as_new(value)
    return reading.kind == "number" and reading.value in ("nan", float("inf"), float("-inf"))
