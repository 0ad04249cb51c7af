"""The offline check beside a Hub's answer to the same card."""

from __future__ import annotations

import gzip
import json
from itertools import islice

import pytest
import requests
import yaml

from hubkit.cards import validate_card
from hubkit.testing import LocalHub

BLOCKS = [
    "license: mit",
    "license: my-own",
    "license: [mit, MIT]",
    "license: [",
    "- mit",
    "language: EN",
    "language: [en, pt_pt]",
    "language: [en, 'no', code]",
    "language: noinfo",
    "base_model: /tmp/model",
    "base_model: org/tiny",
    "base_model: [org/tiny, C:\\tiny]",
    "datasets: [a b]",
    "datasets: [squad, org/foxes]",
    "widget: text",
    "tags: lora",
    "model-index: {}",
    "pipeline_tag: foxes",
    "",
]


@pytest.fixture(scope="module")
def hub():
    """A running hub."""
    with LocalHub() as running:
        yield running


@pytest.mark.parametrize("block", BLOCKS)
def test_both_say_the_same(hub, block):
    """What one refuses the other does, and both warn about missing metadata."""
    text = f"---\n{block}\n---\n# Hi\n"
    answer = requests.post(
        f"{hub.endpoint}/api/validate-yaml", json={"content": text, "repoType": "model"}, timeout=10
    )
    findings = validate_card(text)
    errors = [one for one in findings if one.severity == "error"]
    warned = "empty or missing yaml metadata in repo card"

    assert (answer.status_code == 400) == bool(errors)
    assert ([warned] == [one["message"] for one in answer.json()["warnings"]]) == (
        warned in {one.message for one in findings}
    )
    # The Hub says "license" of each item of a list.
    named = {one["message"].partition('" ')[0].strip('"') for one in answer.json()["errors"]}
    keys = {one.key for one in errors} | {one.key.partition("[")[0] for one in errors}
    assert {name for name in named if "YAML" not in name} <= keys


def test_old_models_are_seldom_refused(payloads):
    """Of real models of 2022 few would be refused today: those that name their data in prose."""
    keys: dict[str, int] = {}
    with gzip.open(payloads / "models_2022_sample.jsonl.gz", "rt", encoding="utf-8") as lines:
        cards = [_card_of(json.loads(line)) for line in islice(lines, 0, None, 4)]
    for card in cards:
        for one in validate_card(card):
            if one.severity == "error":
                keys[one.key.partition("[")[0]] = keys.get(one.key.partition("[")[0], 0) + 1

    assert {"datasets"} == set(keys)
    assert keys["datasets"] < 0.03 * len(cards)


def _card_of(record):
    """The front matter that gave a model its tags."""
    card = {key: record[key] for key in ("pipeline_tag", "library_name") if record.get(key)}
    for tag in record["tags"]:
        kind, _, name = tag.partition(":")
        if kind in ("license", "dataset"):
            card.setdefault({"license": "license", "dataset": "datasets"}[kind], []).append(name)
        else:
            card.setdefault("tags", []).append(tag)
    return f"---\n{yaml.safe_dump(card)}---\n"
