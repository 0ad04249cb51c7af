"""Where a caller's results and settings are other than those that the files prove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._text import one_line
from hubkit.cards._writing._plain import metric_rows, plain_data
from hubkit.cards._writing._words import Metrics, split_metrics

__all__ = ["contradicted_metrics", "contradicted_settings", "contradictions", "other_settings"]

# Less than one in twenty: "1" is a rounding of 0.96, and no word for 0.6.
_ROUNDING = Decimal("0.05")
# Of a value in a warning.
_LONGEST = 100

# What PEFT's config calls the facts that people write into their settings too.
_ADAPTER_KEYS = {"r": "r", "lora_alpha": "alpha", "lora_dropout": "dropout"}


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


def contradicted_settings(facts: AdapterFacts, settings: Mapping[str, object] | None) -> tuple[str, ...]:
    """Say which of a caller's settings the files contradict, one sentence each.

    Numbers and truth values are compared, under the names that the Trainer's arguments
    and PEFT's config have for them. A rounded value is no contradiction.

    Args:
        facts: What the files prove.
        settings: The `training_config` as `render_card` takes it.

    >>> facts = AdapterFacts(
    ...     hyperparameters={"learning_rate": 0.02}, sources={"hyperparameters": "training_args.bin: x"}
    ... )
    >>> contradicted_settings(facts, {"learning_rate": 0.02, "seed": 7})
    ()
    >>> contradicted_settings(facts, {"learning_rate": 0.0002})
    ('training_config: learning_rate is stated to be 0.0002, and is 0.02 in training_args.bin; the card shows both',)
    """
    return tuple(
        f"training_config: {name} is stated to be {stated}, and is {proven} in {file}; the card shows both"
        for name, (stated, proven, file) in other_settings(facts, settings or {}).items()
    )


def other_settings(facts: AdapterFacts, settings: Mapping[str, object]) -> dict[str, tuple[str, str, str]]:
    """What is stated of each setting that the files have another value of, that value, and its file."""
    said = plain_data(settings)
    found = {}
    for name, (proven, source) in _proven_settings(facts).items():
        stated = said.get(name)
        is_kin = isinstance(stated, bool) == isinstance(proven, bool) and isinstance(
            stated, (int, float, str)
        )
        if is_kin and not _agree_on(stated, proven):
            file = source.partition(":")[0] or "the files"
            found[name] = (one_line(str(stated))[:_LONGEST], str(proven), file)
    return found


def _proven_settings(facts: AdapterFacts) -> dict[str, tuple[float, str]]:
    """Numbers and truth values by name, each with its source."""
    source = facts.sources.get("hyperparameters", "")
    found = {
        name: (value, source)
        for name, value in facts.hyperparameters.items()
        if isinstance(value, (bool, int, float))
    }
    for key, name in _ADAPTER_KEYS.items():
        value = getattr(facts, name)
        if value is not None:
            found[key] = (value, facts.sources.get(name, ""))
    return found


def _agree_on(stated: object, proven: float) -> bool:
    return stated is proven if isinstance(proven, bool) else _agree(str(stated), proven)


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
    measured = Decimal(repr(proven))
    try:
        distance = abs(number - measured)
        return distance <= Decimal(1).scaleb(exponent) / 2 and distance <= abs(measured) * _ROUNDING
    except ArithmeticError:
        # Out of the reach of any number that a file holds.
        return False
