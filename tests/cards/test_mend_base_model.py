"""A path in the place of a base model's id is mended in every card, and nothing else is touched."""

import pytest
from rendered_cards import parsed

from hubkit.cards import AdapterFacts, render_card, update_card, validate_card, words_of

# As TRL writes it where the base model is a folder.
TRL = """---
base_model: /data/llama # from disk
library_name: peft
tags:
- base_model:adapter:/data/llama
- trl
licence: license
---

# Model Card for foxes

It has been trained using [TRL](https://github.com/huggingface/trl).
"""
FACTS = AdapterFacts(library_name="peft", method="LoRA")
WAS = "base_model of the README was '/data/llama', not a model id of the Hub: "


def card(base_model=None, **words):
    """A card as it is made today."""
    return render_card(FACTS, repo_id="ann/foxes", base_model=base_model, **words)


def test_path_in_a_persons_card():
    """The id that is known takes its place, and its tag goes; all other bytes stay."""
    made = update_card(TRL, card("org/base"))

    expected = TRL.replace("/data/llama #", "org/base #").replace("- base_model:adapter:/data/llama\n", "")
    assert expected == made.text
    assert (f"{WAS}it is 'org/base' now",) == made.warnings
    assert [] == [finding for finding in validate_card(made.text) if finding.severity == "error"]


def test_path_without_an_id():
    """Where nobody knows the id the key goes, and the warning says what to do."""
    made = update_card(TRL, card())

    assert "/data/llama" not in made.text
    assert (f"{WAS}it is left out: name the base model yourself",) == made.warnings


def test_path_that_a_tool_wrote_into_our_card():
    """PEFT puts its own base model into whatever README it finds; the card's own comes back."""
    ours = card("org/base", license="mit")
    theirs = ours.replace("base_model: org/base", "base_model: /data/llama")
    made = update_card(theirs, ours)

    assert ours == made.text
    assert (f"{WAS}it is 'org/base' now",) == made.warnings
    assert {"repo_id": "ann/foxes", "license": "mit"} == words_of(theirs)


@pytest.mark.parametrize(
    ("there", "today", "expected"),
    [
        ("[org/a, /data/b]", "org/base", ["org/a"]),
        ("[/data/a, ./b]", "org/base", "org/base"),
        ("[/data/a, ./b]", None, None),
        ("/home/ann/.cache/huggingface/hub/models--org--a/snapshots/0a1b", None, "org/a"),
        ("https://huggingface.co/org/a", "org/base", "org/base"),
        ("C:\\\\models\\\\a", None, None),
        ("org/a", "org/base", "org/a"),
        ("5", "org/base", 5),
    ],
)
def test_base_models_of_other_forms(there, today, expected):
    """Ids stay, alone or among others; what only looks like one is left to its author."""
    value = f'"{there}"' if ":" in there else there
    made = update_card(f"---\nlicense: mit\nbase_model: {value}\n---\n# Mine\n", card(today))

    assert expected == parsed(made.text).data.get("base_model")
    assert made.text.endswith("---\n# Mine\n")


@pytest.mark.parametrize("block", ["base_model: [", "{base_model: /data/a}", "base_model: /data/a\n..."])
def test_front_matter_that_cannot_be_mended(block):
    """It is left as it is, as it was before."""
    text = f"---\n{block}\n---\nBody"

    assert text == update_card(text, card("org/base")).text


def test_line_ends_stay():
    """A card from Windows is one afterwards."""
    made = update_card(TRL.replace("\n", "\r\n"), card("org/base"))

    assert update_card(TRL, card("org/base")).text.replace("\n", "\r\n") == made.text
