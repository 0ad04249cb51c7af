"""Where a caller's results are other than those that the files prove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._writing._plain import metric_rows
from hubkit.cards._writing._words import Metrics, split_metrics

__all__ = ["contradicted_metrics", "contradictions"]

# Less than one in twenty: "1" is a rounding of 0.96, and no word for 0.6.
_ROUNDING = Decimal("0.05")


def contradicted_metrics(
    facts: AdapterFacts, metrics: Mapping[str, object] | Sequence[Mapping[str, object]] | None
) -> tuple[str, ...]:
    """Say which of a caller's results the files contradict, one sentence each.

    Only a metric that the Trainer calls the same can: `accuracy` may well be measured on other data than its
    `eval_accuracy`. A rounded value is no contradiction.

    Args:
        facts: What the files prove.
        metrics: Results as `render_card` takes them.

    Raises:
        CardError: They have the wrong form; the text names the part.

    >>> facts = AdapterFacts(
    ...     metrics={"eval_loss": 9.03}, sources={"metrics.eval_loss": "eval_results.json: eval_loss"}
    ... )
    >>> contradicted_metrics(facts, {"eval_loss": 9.0, "accuracy": 0.5})
    ()
    >>> contradicted_metrics(facts, {"eval_loss": 1.5})
    ('metrics: eval_loss is stated to be 1.5, and is 9.03 in eval_results.json; the card shows both',)
    """
    sentences = []
    for name, stated in contradictions(facts, split_metrics(metrics)).items():
        file = facts.sources.get(f"metrics.{name}", "").partition(":")[0] or "the files"
        sentences.append(
            f"metrics: {name} is stated to be {stated}, and is {facts.metrics[name]} in {file}; "
            "the card shows both"
        )
    return tuple(sentences)


def contradictions(facts: AdapterFacts, metrics: Metrics) -> dict[str, str]:
    """What is stated of each metric that the files have another value of."""
    stated: dict[str, list[str]] = {}
    for name, value in _stated(metrics):
        stated.setdefault(name, []).append(value)
    return {
        name: ", ".join(dict.fromkeys(stated[name]))
        for name, proven in facts.metrics.items()
        if name in stated and not any(_agree(value, proven) for value in stated[name])
    }


def _stated(metrics: Metrics) -> Iterator[tuple[str, str]]:
    yield from metric_rows(metrics.numbers)
    for one in metrics.evaluations:
        for metric in one.metrics:
            for name in {str(metric["type"]), str(metric.get("name") or metric["type"])}:
                yield from metric_rows({name: metric["value"]})


def _agree(stated: str, proven: float) -> bool:
    """Whether a text isn't a number, which can't be compared, or is the proven one, perhaps rounded."""
    try:
        number = Decimal(stated)
    except InvalidOperation:
        return True
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        # Infinite, or none: nobody's claim.
        return True
    distance = abs(number - Decimal(repr(proven)))
    return distance <= Decimal(1).scaleb(exponent) / 2 and distance <= abs(Decimal(repr(proven))) * _ROUNDING
