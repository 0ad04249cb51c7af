"""The plain card: true, absent where nothing is known, and closed to injection."""

import ast
import json
import math
import re

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from hubkit.cards import AdapterFacts, read_adapter, render_card
from hubkit.cards._front_matter import split_front_matter
from hubkit.cards._text import one_line
from hubkit.errors import CardError

SECTIONS = ["Model Details", "Training Configuration", "Evaluation Metrics", "Usage", "License"]
LORA = AdapterFacts(
    library_name="peft",
    peft_type="LORA",
    method="LoRA",
    method_tags=("lora",),
    task_type="CAUSAL_LM",
    base_model="org/base",
)


def parts(card):
    """Front matter as data, headings, code blocks, and the lines outside them."""
    matter = split_front_matter(card)
    body = card if matter is None else matter.tail.lstrip("\n").partition("\n")[2]
    headings, blocks, prose, fence = [], [], [], None
    for line in body.split("\n"):
        if fence is not None:
            if line == fence:
                fence = None
            else:
                blocks[-1].append(line)
        elif line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
            blocks.append([])
        else:
            prose.append(line)
            if re.match(r" {0,3}(#{1,6}(\s|$)|=+\s*$|-+\s*$)", line):
                headings.append(line)
    assert fence is None
    data = {} if matter is None else yaml.safe_load(matter.block)
    return data, headings, ["\n".join(block) for block in blocks], prose


def section(card, title):
    """The text of one section."""
    return card.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


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
    assert f"- **Trainable parameters:** {facts.parameters:,} (as saved)\n" in card
    assert ("r" in config) == (f"- **Rank (r):** {config.get('r')}\n" in card)


def test_card_never_shows_a_path(adapter_folder):
    """No local path, no placeholder, no null and no licence that nobody stated."""
    card = render_card(read_adapter(adapter_folder), repo_id="ann/foxes")

    assert not re.search(r"/home/|More Information|null|None|apache|TODO", card)


def test_card_of_the_trainer_run(real_adapter):
    """The Trainer's numbers are shown with the files that they come from."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    loss = json.loads((folder / "eval_results.json").read_text())["eval_loss"]

    text = section(render_card(read_adapter(folder), repo_id="a/b"), "Evaluation Metrics")

    assert "From `eval_results.json`, `train_results.json`.\n" in text
    assert f"| eval_loss | {loss!r} |\n" in text


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

Speaks fox.

Well.

## Model Details

- **Base model:** `org/base`
- **Method:** LoRA
- **Task type:** `CAUSAL_LM`
- **Training dataset:** `ann/fox-data`, `foxes.csv`

## Training Configuration

```json
{
  "lr": 2e-05
}
```

## Evaluation Metrics

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
```

## License

The licence is `mit`, as stated by the card of org/base.
"""
    assert expected == card


def test_empty_card():
    """Without facts and words there is a title, and nothing else."""
    assert "# foxes\n" == render_card(AdapterFacts(), repo_id="ann/foxes")


def test_title_needs_a_name():
    """A repo id without a printable character is the caller's error."""
    with pytest.raises(CardError, match="repo_id"):
        render_card(AdapterFacts(), repo_id="\x00/ \u202e")


def test_callers_word_wins():
    """Base model and metrics of the caller replace those of the files."""
    facts = AdapterFacts(base_model="org/file", metrics={"eval_loss": 9.0})

    card = render_card(facts, repo_id="a/b", base_model="org/said", metrics={"eval_loss": 1.0})

    assert "org/said" == parts(card)[0]["base_model"]
    assert ("org/file" in card, "9.0" in card) == (False, False)


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

    assert in_yaml == parts(card)[0].get("base_model")
    assert f"- **Base model:** {shown}\n" in card
    assert (in_yaml is None) == ("The base model is not known" in card)


@pytest.mark.parametrize(
    ("task", "auto_class", "pipeline"),
    [
        ("CAUSAL_LM", "AutoModelForCausalLM", "text-generation"),
        ("SEQ_2_SEQ_LM", "AutoModelForSeq2SeqLM", None),
        ("SEQ_CLS", "AutoModelForSequenceClassification", "text-classification"),
        ("TOKEN_CLS", "AutoModelForTokenClassification", "token-classification"),
        ("QUESTION_ANS", "AutoModelForQuestionAnswering", "question-answering"),
        ("FEATURE_EXTRACTION", "AutoModel", "feature-extraction"),
    ],
)
def test_snippet_of_each_task(task, auto_class, pipeline):
    """Each task has its class, and the label count where the header told it."""
    facts = AdapterFacts(library_name="peft", task_type=task, base_model="org/base", label_count=3)

    data, _, (snippet,), _ = parts(render_card(facts, repo_id="a/b"))

    labels = ", num_labels=3" if task.endswith("_CLS") else ""
    assert f'base_model = {auto_class}.from_pretrained("org/base"{labels})' in snippet.split("\n")
    assert pipeline == data.get("pipeline_tag")
    ast.parse(snippet)


def test_unknown_label_count_is_said():
    """A classifier's snippet without the count comes with a warning sentence."""
    facts = AdapterFacts(library_name="peft", task_type="SEQ_CLS", base_model="org/base")

    assert "pass `num_labels`" in section(render_card(facts, repo_id="a/b"), "Usage")


@pytest.mark.parametrize(
    ("base", "task"), [(None, "CAUSAL_LM"), ("org/base", None), ("org/base", "FROM_THE_FUTURE")]
)
def test_no_snippet_without_evidence(base, task):
    """What can't be known is said in one sentence instead."""
    facts = AdapterFacts(library_name="peft", task_type=task, base_model=base)

    usage = section(render_card(facts, repo_id="a/b"), "Usage")

    assert "```" not in usage
    assert 1 == len(usage.strip().splitlines())


def test_ranks_that_differ_are_said():
    """A rank that the weights don't have everywhere is not the whole truth."""
    facts = AdapterFacts(peft_type="ADALORA", r=4, ranks=(1, 6))

    assert "- **Average target rank:** 4 (in the weights: 1, 6)\n" in render_card(facts, repo_id="a/b")


def test_metrics_of_every_kind():
    """Pipes, newlines, NaN, nesting, None and foreign objects fit into the table."""
    metrics = {
        "a|b\nc": math.nan,
        "f1": {"macro": 1, "per": [0.5, 1]},
        "none": None,
        "x": object(),
        "t": "a|b",
        "i": math.inf,
    }

    rows = (
        section(render_card(LORA, repo_id="a/b", metrics=metrics), "Evaluation Metrics")
        .strip()
        .split("\n")[2:]
    )

    expected = [
        "| a\\|b c | NaN |",
        "| f1.macro | 1 |",
        "| f1.per | 0.5, 1 |",
        "| x | (object) |",
        "| t | a\\|b |",
    ]
    assert [*expected, "| i | Infinity |"] == rows


def test_training_config_of_every_kind(tmp_path):
    """The settings are strict JSON: no NaN, no addresses, no secrets, no home paths."""
    config = {
        "fence": "````\n```",
        "nan": math.nan,
        "huge": 10**5000,
        "set": {"b", "a"},
        "object": object(),
        "output_dir": "/home/ann/run",
        "hub_token": "abc",
        "pad_token": "<pad>",
        "wandb": {"api_key": "k", "note": "hf_" + "a" * 30},
        1: None,
    }
    expected = {
        "fence": "````\n```",
        "nan": "NaN",
        "huge": "(a huge number)",
        "set": ["a", "b"],
        "object": "(object)",
        "output_dir": "(local path)",
        "hub_token": "(secret removed)",
        "pad_token": "<pad>",
        "wandb": {"api_key": "(secret removed)", "note": "(secret removed)"},
        "1": None,
    }

    _, headings, blocks, _ = parts(render_card(LORA, repo_id="a/b", training_config=config))

    assert expected == json.loads(blocks[0])
    assert "## Training Configuration" in headings


def test_training_config_that_holds_itself():
    """A loop ends in a word, not in a RecursionError."""
    config = {}
    config["self"] = config

    assert "(too deep)" in render_card(LORA, repo_id="a/b", training_config=config)


@pytest.mark.parametrize("name", ["/var/data/x", "./x", "data/train.jsonl", "Foxes of 2024", "a/b/c"])
def test_datasets_that_are_no_ids(name):
    """Names that are not on the Hub are shown and stay out of the metadata."""
    data, *_ = parts(render_card(LORA, repo_id="a/b", dataset=["org/foxes", name]))

    assert ["org/foxes"] == data["datasets"]


def test_same_input_same_bytes():
    """Two renderings are equal, sets and all."""
    words = {f"word-{number}" for number in range(50)}

    cards = {
        render_card(LORA, repo_id="a/b", training_config={"words": set(list(words)[::step])})
        for step in (1, -1)
    }

    assert 1 == len(cards)


hostile = st.text(max_size=30) | st.sampled_from(
    [
        "---\n# x\n---", "\n---\n", "a\n# b", "a\n===", "a\n---", "```\n# x", "````", "``a`",
        "<h1>x</h1>", "<!--", "-->", "| a | b |\n| - | - |", '"); import os #', "'''", '"""', "\\", '\\"',
        "\\n", "{{ 7 * 7 }}", "{% raw %}", "no", "1e5", "0o17", "null", "\u2028# x", "\x85# x", "\r# x",
        "\x1b[31m", "\u202e", "a\ud800", "- x", "    # x", "\t# x", "[a]: b", "$$x$$", "&lt;", "a: b",
        "#", "/home/ann/x", "hf_" + "a" * 30, "\ufeff", "=\n=", "> # x", "1. # x", "1) x",
    ]
)  # fmt: skip
texts = st.one_of(st.none(), hostile)


@given(
    facts=st.builds(
        AdapterFacts,
        library_name=st.sampled_from([None, "peft"]) | hostile,
        peft_type=texts,
        method=texts,
        method_tags=st.lists(hostile, max_size=2).map(tuple),
        task_type=st.sampled_from(["CAUSAL_LM", "SEQ_CLS"]) | texts,
        base_model=st.just("org/base") | texts,
        target_modules=st.lists(hostile, max_size=2).map(tuple),
        modules_to_save=st.lists(hostile, max_size=2).map(tuple),
        dtype=texts,
        peft_version=texts,
        metrics=st.dictionaries(hostile, st.floats(), max_size=2),
        sources=st.dictionaries(hostile, hostile, max_size=2),
    ),
    repo_id=hostile.map(lambda text: f"x{text}"),
    words=st.fixed_dictionaries(
        {
            "base_model": texts,
            "license": texts,
            "license_source": texts,
            "dataset": texts | st.lists(hostile, max_size=2),
            "description": texts,
            "training_config": st.none() | st.dictionaries(hostile, hostile | st.floats(), max_size=3),
            "metrics": st.none() | st.dictionaries(hostile, hostile | st.floats(), max_size=3),
            "tags": st.lists(hostile, max_size=3),
            "language": texts | st.lists(hostile, max_size=2),
        }
    ),
)
def test_hostile_strings_stay_data(facts, repo_id, words):
    """Whatever the strings: the YAML means what was meant, and the body has our headings only."""
    card = render_card(facts, repo_id=repo_id, **words)

    data, headings, blocks, prose = parts(card)
    matter = split_front_matter(card)
    if matter is not None:
        assert data == YAML(typ="safe", pure=True).load(matter.block)
        assert data == ModelCard(card).data.to_dict()
    tags = [one_line(facts.library_name or ""), *map(one_line, (*facts.method_tags, *words["tags"]))]
    assert [tag for tag in dict.fromkeys(tags) if tag] == data.get("tags", [])
    assert (one_line(words["license"] or "") or None) == data.get("license")
    assert headings[0].startswith("# ")
    assert [f"## {title}" for title in SECTIONS if f"## {title}" in headings] == headings[1:]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|/home/ann|hf_a{20}", card)
    assert not re.search(r"(?<!\\)<", "\n".join(re.sub(r"(`+).*?[^`]\1(?!`)", "", line) for line in prose))
    if "## Usage" in headings and "from peft import" in card:
        tree = ast.parse(blocks[-1])
        assert [ast.ImportFrom] * 2 + [ast.Assign] * 3 == [type(node) for node in tree.body]
        assert one_line(repo_id) in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
