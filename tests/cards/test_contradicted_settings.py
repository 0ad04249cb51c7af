"""Settings that an author gives beside those that the files prove."""

import json

import pytest
from rendered_cards import section

from hubkit.cards import AdapterFacts, contradicted_settings, read_adapter, render_card

FACTS = AdapterFacts(
    r=8,
    alpha=16.0,
    dropout=0.05,
    hyperparameters={"learning_rate": 0.02, "bf16": False, "optim": "adamw_torch", "betas": [0.9, 0.99]},
    sources={
        "r": "adapter_config.json: r",
        "hyperparameters": "training_args.bin: TrainingArguments",
    },
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"learning_rate": 0.0002},
            "learning_rate is stated to be 0.0002, and is 0.02 in training_args.bin;",
        ),
        ({"learning_rate": "2e-4"}, "learning_rate is stated to be 2e-4, and is 0.02 in training_args.bin;"),
        ({"bf16": True}, "bf16 is stated to be True, and is False in training_args.bin;"),
        ({"r": 16}, "r is stated to be 16, and is 8 in adapter_config.json;"),
        ({"lora_alpha": 32}, "lora_alpha is stated to be 32, and is 16.0 in the files;"),
        ({"lora_dropout": 0.1}, "lora_dropout is stated to be 0.1, and is 0.05 in the files;"),
    ],
)
def test_contradiction(settings, said):
    """Both values are named, and where the files have theirs."""
    found = contradicted_settings(FACTS, settings)

    assert (f"training_config: {said} the card shows both",) == found


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"learning_rate": 0.02, "bf16": False, "r": 8, "lora_alpha": 16, "lora_dropout": 0.05},
        {"learning_rate": "0.02", "lora_dropout": "0.050"},
        {"learning_rate": None, "bf16": 1, "r": "eight", "lora_alpha": [32]},
        {"optim": "adamw", "betas": [0.9, 0.95], "seed": 7},
        {"trainer": {"learning_rate": 1}},
    ],
    ids=["none", "empty", "same", "texts", "other-kinds", "no-numbers", "deeper"],
)
def test_no_contradiction(settings):
    """The same, rounded, of another name or kind, or nothing that can be compared."""
    assert () == contradicted_settings(FACTS, settings)


def test_the_card_says_so(real_adapter):
    """Both stand in the card, and the author's word is called that."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"))
    proven = facts.hyperparameters["learning_rate"]
    card = render_card(facts, repo_id="ann/foxes", training_config={"learning_rate": 0.5, "seed": 42})
    agreed = render_card(facts, repo_id="ann/foxes", training_config={"learning_rate": proven})

    assert "the files of the training say otherwise of `learning_rate`." in section(
        card, "Training Configuration"
    )
    assert f"| learning_rate | {json.dumps(proven)} |" in section(card, "Training Hyperparameters")
    assert "otherwise" not in agreed
