"""The card: true, absent where nothing is known, and the same for the same input."""

import json
import re

import attrs
import pytest
from huggingface_hub import ModelCard
from rendered_cards import parsed, section

from hubkit.cards import AdapterFacts, Markdown, read_adapter, render_card, validate_card
from hubkit.errors import CardError

LORA = AdapterFacts(
    library_name="peft",
    peft_type="LORA",
    method="LoRA",
    method_tags=("lora",),
    task_type="CAUSAL_LM",
    base_model="org/base",
)


def unmarked(card):
    """A card without hubkit's comments."""
    card = re.sub(r"<!-- hubkit:(begin|end) .*-->\n", "", card)
    return re.sub(r"\n<!-- hubkit:card\n.*?-->\n", "", card, flags=re.DOTALL)


def test_card_of_each_real_adapter(adapter_folder):
    """The card's front matter, headings and numbers are those of the files."""
    config = json.loads((adapter_folder / "adapter_config.json").read_text())
    facts = read_adapter(adapter_folder)

    card = render_card(facts, repo_id="ann/foxes")
    data = ModelCard(card).data.to_dict()

    base = config["base_model_name_or_path"]
    pipeline = {"CAUSAL_LM": "text-generation", "SEQ_CLS": "text-classification"}.get(config["task_type"])
    expected = {
        "library_name": "peft",
        "base_model": None if base.startswith("/") else base,
        "pipeline_tag": pipeline,
    }
    assert expected == {key: data.get(key) for key in expected}
    assert ["peft", *facts.method_tags] == data["tags"]
    assert "license" not in data
    assert f"- **Trainable parameters:** {facts.parameters:,} (as saved" in card
    assert ("r" in config) == (f"- **Rank (r):** {config.get('r')}\n" in card)


def test_nobody_has_anything_to_say_against_it(adapter_folder):
    """Neither an error nor a warning, with all that a caller may say."""
    card = render_card(
        read_adapter(adapter_folder, base_model="org/base"),
        repo_id="ann/foxes",
        base_model="org/base",
        license="other",
        license_name="fox-licence",
        license_link="LICENSE",
        dataset=["ann/foxes", "foxes.csv"],
        description="Speaks fox.",
        training_config={"learning_rate": 1e-05, "hub_token": "x"},
        metrics=[{"dataset": {"type": "ann/foxes", "name": "Foxes"}, "metrics": {"accuracy": 0.5}}],
        tags=["fox", "no", "1e5"],
        language=["en", "no"],
        pipeline_tag="text-generation",
        curve_image="training_curve.png",
    )

    assert [] == validate_card(card)


def test_card_never_shows_a_path(adapter_folder):
    """No local path, no placeholder, no null and no licence that nobody stated."""
    card = render_card(read_adapter(adapter_folder), repo_id="ann/foxes")

    assert not re.search(r"/home/|More Information|null|None|apache|TODO", card)


def test_full_card():
    """A card in which everything is said, byte for byte."""
    card = render_card(
        LORA,
        repo_id="ann/foxes",
        license="mit",
        license_source="the card of org/base",
        dataset=["ann/fox-data", "foxes.csv"],
        description="Speaks fox.\n\nWell.",
        training_config={"lr": 2e-5},
        metrics={"accuracy": 0.5},
        tags=["fox", "lora"],
        language="en",
    )

    expected = """---
library_name: peft
base_model: org/base
license: mit
pipeline_tag: text-generation
tags:
- peft
- lora
- fox
datasets:
- ann/fox-data
language:
- en
---

# foxes

An adapter for `org/base` (text-generation), trained with LoRA.

Speaks fox.

Well.

## Model Details

- **Base model:** `org/base`
- **Method:** LoRA
- **Task type:** `CAUSAL_LM`

## Training Data

- `ann/fox-data`
- `foxes.csv`

## Training Configuration

```json
{
  "lr": 2e-05
}
```

## Evaluation Metrics

As the author of this repository states.

| Metric | Value |
| --- | --- |
| accuracy | 0.5 |

## Usage

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base_model = AutoModelForCausalLM.from_pretrained("org/base")
model = PeftModel.from_pretrained(base_model, "ann/foxes")
tokenizer = AutoTokenizer.from_pretrained("org/base")

inputs = tokenizer("The quick brown fox", return_tensors="pt")
outputs = model.generate(**inputs, max_new_tokens=50)
print(tokenizer.decode(outputs[0], skip_special_tokens=True))
```

## License

The licence is `mit`, as stated by the card of org/base.
"""
    assert expected == unmarked(card)


def test_empty_card():
    """Without facts and words there is a title, and nothing else."""
    assert "# foxes\n" == unmarked(render_card(AdapterFacts(), repo_id="ann/foxes"))


def test_title_needs_a_name():
    """A repo id without a printable character is the caller's error."""
    with pytest.raises(CardError, match="repo_id"):
        render_card(AdapterFacts(), repo_id="\x00/ \u202e")


def test_callers_word_wins():
    """The caller's base model replaces the files', and is called the author's word; their revision isn't its own."""
    facts = AdapterFacts(base_model="org/file", base_model_revision="abc123")
    card = render_card(facts, repo_id="a/b", base_model="org/said")

    assert "org/said" == parsed(card).data["base_model"]
    assert "- **Base model:** `org/said` (as the author of this repository states)\n" in card
    assert ("org/file" in card, "abc123" in card) == (False, False)


@pytest.mark.parametrize(
    ("said", "in_yaml", "shown"),
    [
        ("./models/tiny", None, "`./models/tiny`"),
        ("/home/ann/tiny", None, "`(local path)`"),
        ("/home/ann/.cache/models--org--tiny/snapshots/01", "org/tiny", "`org/tiny`"),
        ("hf_" + "a" * 30, None, "`(secret removed)`"),
    ],
)
def test_callers_base_model_that_is_no_id(said, in_yaml, shown):
    """A path is shown scrubbed and never becomes metadata, nor a snippet."""
    card = render_card(LORA, repo_id="a/b", base_model=said)

    assert in_yaml == parsed(card).data.get("base_model")
    assert f"- **Base model:** {shown} (as the author of this repository states)\n" in card
    assert (in_yaml is None) == ("The base model is not known" in card)


@pytest.mark.parametrize("name", ["/var/data/x", "./x", "data/train.jsonl", "Foxes of 2024", "a/b/c"])
def test_datasets_that_are_no_ids(name):
    """Names that are not on the Hub are shown and stay out of the metadata."""
    card = render_card(LORA, repo_id="a/b", dataset=["org/foxes", name])

    assert ["org/foxes"] == parsed(card).data["datasets"]
    assert f"- `{name}`" in section(card, "Training Data")


def test_task_of_the_callers():
    """A task type that has no tag of the Hub's gets the one that the caller says."""
    facts = attrs.evolve(LORA, task_type="SEQ_2_SEQ_LM")
    cards = [render_card(facts, repo_id="a/b", pipeline_tag=tag) for tag in (None, "summarization")]

    assert [None, "summarization"] == [parsed(card).data.get("pipeline_tag") for card in cards]


@pytest.mark.parametrize(
    ("task", "name", "used"),
    [
        ("CAUSAL_LM", "CausalLM", "generate"),
        ("SEQ_2_SEQ_LM", "Seq2SeqLM", "generate"),
        ("QUESTION_ANS", "QuestionAnswering", "start_logits[0].argmax()"),
        ("SEQ_CLS", "SequenceClassification", "logits.softmax(-1)"),
        ("TOKEN_CLS", "TokenClassification", "logits[0].argmax(-1)"),
        ("FEATURE_EXTRACTION", "", "last_hidden_state"),
    ],
)
def test_usage_of_each_task(task, name, used):
    """The snippet is Python, loads the task's class and reads what that gives."""
    facts = attrs.evolve(LORA, task_type=task)
    snippet = (
        section(render_card(facts, repo_id="a/b"), "Usage").partition("```python\n")[2].partition("```")[0]
    )

    compile(snippet, "snippet", "exec")
    model = "AutoModelFor" + name if name else "AutoModel"
    assert f"base_model = {model}.from_pretrained(" in snippet
    assert used in snippet


def test_relation_is_said_where_the_hub_can_not_infer_it():
    """PEFT's adapters are known for what they are, those of other libraries aren't."""
    other = AdapterFacts(base_model="org/base")
    cards = [render_card(facts, repo_id="a/b") for facts in (LORA, other)]

    assert [None, "adapter"] == [parsed(card).data.get("base_model_relation") for card in cards]


def test_further_front_matter():
    """Documented keys without an argument are taken as data; any other key is an error."""
    card = render_card(LORA, repo_id="a/b", front_matter={"new_version": "a/c", "inference": False})

    data = parsed(card).data
    assert ("a/c", False) == (data["new_version"], data["inference"])
    for key, said in [("widgets", "did you mean 'widget'"), ("datasets", "it is the argument 'dataset'")]:
        with pytest.raises(CardError, match=f"'{key}' can't be set there; {said}"):
            render_card(LORA, repo_id="a/b", front_matter={key: "x"})


def test_license_with_everything():
    """Name, link, source and obligation stand in the section, and the keys in the front matter."""
    card = render_card(
        LORA,
        repo_id="a/b",
        license="other",
        license_name="fox-licence",
        license_link="https://example.org/fox",
        license_source="org/base",
        license_obligation="Whoever passes it on has to pass on *Notice*.",
    )

    data = parsed(card).data
    assert ["other", "fox-licence", "https://example.org/fox"] == [
        data[key] for key in ("license", "license_name", "license_link")
    ]
    assert section(card, "License") == (
        "The licence is `other`, [fox-licence](https://example.org/fox), as stated by org/base.\n\n"
        "Whoever passes it on has to pass on \\*Notice\\*."
    )


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "https://x.org/) [y](z", "../../etc/passwd", "a b"]
)
def test_license_link_that_is_none(target):
    """What isn't a web address or a licence file is shown and never linked."""
    card = render_card(LORA, repo_id="a/b", license="other", license_name="x", license_link=target)

    assert [] == parsed(card).links


def test_description_in_markdown():
    """Plain text is escaped; what the caller calls Markdown is not, but for secrets and marks."""
    words = "*Fox* at /home/ann/x\n<!-- hubkit:begin usage 000000000000 -->"

    plain, rich = (render_card(LORA, repo_id="a/b", description=kind(words)) for kind in (str, Markdown))

    assert "\\*Fox\\* at (local path)\n\\<!-- hubkit:begin" in plain
    assert "*Fox* at (local path)\n <!-- hubkit:begin" in rich


def test_same_input_same_bytes():
    """Two renderings are equal, sets and all."""
    words = {f"word-{number}" for number in range(50)}

    cards = {
        render_card(LORA, repo_id="a/b", training_config={"words": set(list(words)[::step])})
        for step in (1, -1)
    }

    assert 1 == len(cards)
