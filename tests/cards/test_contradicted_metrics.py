"""What a caller says of the results, against what the files say of them."""

from __future__ import annotations

import math

import pytest

from hubkit.cards import AdapterFacts, contradicted_metrics
from hubkit.errors import CardError

FACTS = AdapterFacts(
    metrics={"eval_loss": 5.5867, "eval_accuracy": 0.63, "train_loss": 3},
    sources={
        "metrics.eval_loss": "eval_results.json: eval_loss",
        "metrics.train_loss": "trainer_state.json: log_history",
    },
)
ON_FOXES = {"dataset": "Foxes", "metrics": {"eval_loss": 5.6}}


@pytest.mark.parametrize(
    "metrics",
    [
        None,
        {"eval_loss": 5.5867},
        {"eval_loss": 5.59, "eval_accuracy": "0.6"},
        {"train_loss": 3.0},
        {"accuracy": 0.99, "loss": 0.1},
        {"eval_loss": "5 ± 1", "eval_accuracy": math.nan, "train_loss": None},
        [{"dataset": "Hounds", "metrics": {"eval_loss": 1.0}}, ON_FOXES],
        [{"metrics": [{"type": "loss", "name": "train_loss", "value": 3}]}],
    ],
    ids=["none", "same", "rounded", "whole", "other-names", "no-numbers", "one-of-several", "named"],
)
def test_no_contradiction(metrics):
    """Rounded, of another name, or no number at all."""
    assert () == contradicted_metrics(FACTS, metrics)


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"eval_loss": 1.5}, "eval_loss is stated to be 1.5, and is 5.5867 in eval_results.json;"),
        ({"eval_loss": 5.58}, "eval_loss is stated to be 5.58, and is 5.5867 in eval_results.json;"),
        ({"eval_accuracy": 1}, "eval_accuracy is stated to be 1, and is 0.63 in the files;"),
        (
            {"train_loss": "1e9999999"},
            "train_loss is stated to be 1e9999999, and is 3 in trainer_state.json;",
        ),
        ({"train_loss": "1e-9999999"}, "train_loss is stated to be 1e-9999999, and"),
        ({"train_loss": "2"}, "train_loss is stated to be 2, and is 3 in trainer_state.json;"),
        (
            [{"metrics": {"eval_loss": 1}}, {"metrics": {"eval_loss": 2}}],
            "eval_loss is stated to be 1, 2, and is",
        ),
        (
            [{"metrics": [{"type": "loss", "name": "train_loss", "value": 4}]}],
            "train_loss is stated to be 4, and",
        ),
    ],
)
def test_contradiction(metrics, said):
    """Both values are named, and where the files have theirs."""
    found = contradicted_metrics(FACTS, metrics)

    assert 1 == len(found)
    assert f"metrics: {said}" in found[0]


def test_results_of_another_form():
    """As for the card, the text names the part."""
    with pytest.raises(CardError, match=r"metrics\[0\] must be a mapping"):
        contradicted_metrics(FACTS, [1])
