"""Cards under hostile text: what is data stays data, and hand-written text stays at all."""

from __future__ import annotations

import ast
import re

import attrs
import pytest
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from rendered_cards import parsed

from hubkit.cards import AdapterFacts, LoggedStep, render_card, update_card
from hubkit.cards._text import one_line
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._regions import Region, pieces, sealed
from hubkit.cards._writing._sections import TITLES

SECRETS = ["/home/ann/x", "hf_" + "a" * 30, "ghp_" + "b" * 36, "https://ann:pass@example.org"]
CARD = render_card(AdapterFacts(method="LoRA"), repo_id="a/b", license="mit")

hostile = st.text(max_size=30) | st.sampled_from(
    [
        "---\n# x\n---", "\n---\n", "a\n# b", "a\n===", "a\n---", "```\n# x", "````", "``a`", "~~~\n# x",
        "<h1>x</h1>", "<!--", "-->", "<!-- hubkit:end usage -->", "\n<!-- hubkit:begin usage 000000000000 -->\n",
        "<!-- hubkit:card\nlicense: 000000000000\n-->", "| a | b |\n| - | - |", '"); import os #', "'''", '"""',
        "\\", '\\"', "\\n", "{{ 7 * 7 }}", "{% raw %}", "no", "1e5", "0o17", "null", "\u2028# x", "\x85# x",
        "\r# x", "\x1b[31m", "\u202e", "a\ud800", "- x", "    # x", "\t# x", "[a]: b", "$$x$$", "&lt;", "a: b",
        "#", "\ufeff", "=\n=", "> # x", "1. # x", "1) x", "![x](y)", "[x](javascript:y)", "<https://x.y>",
        *SECRETS,
    ]
)  # fmt: skip
texts = st.none() | hostile
names = st.lists(hostile, max_size=2).map(tuple)
numbers = st.none() | st.floats() | st.integers(-5, 10**20)
steps = st.builds(LoggedStep, step=st.integers(0, 9), epoch=numbers, loss=numbers, eval_loss=numbers)

facts_of_any_kind = st.builds(
    AdapterFacts,
    library_name=st.sampled_from([None, "peft"]) | hostile,
    peft_type=st.sampled_from(["POLY", "MULTITASK_PROMPT_TUNING"]) | texts,
    method=texts,
    method_tags=names,
    task_type=st.sampled_from(["CAUSAL_LM", "SEQ_CLS", "QUESTION_ANS"]) | texts,
    base_model=st.just("org/base") | texts,
    base_model_revision=texts,
    base_model_class=texts,
    base_parameters=st.none() | st.integers(0, 10**12),
    quantization=texts,
    is_prompt_learning=st.none() | st.booleans(),
    merges=st.none() | st.booleans(),
    papers=names,
    alpha=numbers,
    scaling=numbers,
    target_modules=names,
    target_parameters=names,
    layer_replication=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=2).map(tuple),
    settings=st.dictionaries(
        st.sampled_from(["bias", "layers_to_transform", "prompt_tuning_init_text"]) | hostile,
        hostile | st.booleans() | st.floats() | st.integers(-5, 10**20) | names,
        max_size=3,
    ),
    invocation_tokens=st.lists(st.integers(0, 9), max_size=2).map(tuple),
    vocabulary_rows=st.none() | st.integers(1, 10**6),
    base_vocabulary=st.none() | st.integers(1, 10**6),
    modules_to_save=names,
    dtype=texts,
    label_count=st.none() | st.integers(1, 9),
    parameters=st.none() | st.integers(0, 10**12),
    peft_version=texts,
    framework_versions=st.dictionaries(hostile, hostile, max_size=2),
    hyperparameters=st.dictionaries(hostile, hostile, max_size=2),
    changed_hyperparameters=names,
    history=st.lists(steps, max_size=5).map(tuple),
    steps=st.none() | st.integers(0, 10**9),
    epochs=st.none() | st.floats(0, 1e9),
    emissions=st.none() | st.floats(0, 1e9),
    has_tokenizer=st.booleans(),
    has_chat_template=st.booleans(),
    metrics=st.dictionaries(hostile, st.floats(), max_size=2),
    sources=st.dictionaries(st.sampled_from(["quantization", "emissions"]) | hostile, hostile, max_size=2),
)
part = st.fixed_dictionaries({}, optional={"type": hostile, "name": hostile})
evaluations = st.fixed_dictionaries(
    {"metrics": st.dictionaries(hostile.filter(one_line), hostile | st.floats(), min_size=1, max_size=2)},
    optional={
        "task": part,
        "dataset": st.fixed_dictionaries(
            {"type": hostile, "name": hostile},
            optional={"split": hostile, "args": st.dictionaries(hostile, hostile)},
        ),
        "source": st.fixed_dictionaries({}, optional={"url": hostile, "name": hostile}),
    },
)
words_of_any_kind = st.fixed_dictionaries(
    {},
    optional={
        "base_model": texts,
        "license": texts,
        "license_source": texts,
        "license_name": texts,
        "license_link": texts,
        "license_obligation": texts,
        "dataset": texts | st.lists(hostile, max_size=2),
        "description": texts,
        "training_config": st.dictionaries(hostile, hostile | st.floats(), max_size=3),
        "metrics": st.dictionaries(hostile, hostile | st.floats(), max_size=3)
        | st.lists(evaluations, max_size=2),
        "tags": st.lists(hostile, max_size=3),
        "language": texts | st.lists(hostile, max_size=2),
        "pipeline_tag": texts,
        "front_matter": st.fixed_dictionaries(
            {}, optional={"new_version": hostile, "widget": st.lists(hostile)}
        ),
        "sections": st.dictionaries(st.sampled_from(["Usage", "Limits"]), texts, max_size=1).filter(
            lambda chosen: chosen.get("Limits", "") is not None
        ),
    },
)


@given(facts=facts_of_any_kind, repo_id=hostile.map(lambda text: f"x{text}"), words=words_of_any_kind)
def test_hostile_strings_stay_data(facts, repo_id, words):
    """Whatever the strings: both YAMLs mean what was meant, and the body has our headings and no HTML."""
    card = render_card(facts, repo_id=repo_id, **words)

    found = parsed(card)
    if split_front_matter(card) is not None:
        assert found.data == ModelCard(card).data.to_dict() or "model-index" in found.data
    tags = [one_line(tag) for tag in (facts.library_name or "", *facts.method_tags, *words.get("tags", ()))]
    assert [tag for tag in dict.fromkeys(tags) if tag] == found.data.get("tags", [])
    assert (one_line(words.get("license") or "") or None) == found.data.get("license")
    assert found.headings[0].startswith("# ")
    assert [
        f"## {title}" for title in (*TITLES, "Limits") if f"## {title}" in found.headings
    ] == found.headings[1:]
    assert [] == found.html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", card)
    assert not [secret for secret in SECRETS if secret in card]
    assert all(target.startswith("https://") for target in found.links)


@given(facts=facts_of_any_kind, repo_id=hostile.map(lambda text: f"x{text}"))
def test_snippets_are_the_python_that_was_meant(facts, repo_id):
    """No id breaks out of its string."""
    facts = attrs.evolve(
        facts, library_name="peft", task_type="SEQ_CLS", base_model="org/base", invocation_tokens=()
    )
    usage = render_card(facts, repo_id=repo_id).partition("\n## Usage\n")[2].partition("\n<!--")[0]
    trees = [
        ast.parse(block)
        for block in re.findall(r"^(?:`{3,})python\n(.*?)\n`{3,}$", usage, re.DOTALL | re.MULTILINE)
    ]

    shapes = [[type(node) for node in tree.body] for tree in trees]
    tasks = [ast.Assign] * (facts.peft_type in ("POLY", "MULTITASK_PROMPT_TUNING"))
    resizing = [ast.Expr] * (facts.vocabulary_rows not in (None, facts.base_vocabulary))
    imports = [ast.Import] * len(tasks) + [ast.ImportFrom] * 2
    assert [*imports, ast.Assign, *resizing, *[ast.Assign] * 3, *tasks, ast.Expr] == shapes[0]
    assert [[ast.Assign] + [ast.Expr] * 2] * (
        facts.merges is True and not facts.is_prompt_learning
    ) == shapes[1:]
    strings = [node.value for node in ast.walk(trees[0]) if isinstance(node, ast.Constant)]
    assert one_line(repo_id) in strings


@given(facts=facts_of_any_kind, repo_id=hostile.map(lambda text: f"x{text}"), words=words_of_any_kind)
def test_no_data_forges_a_region(facts, repo_id, words):
    """The regions are those that the card remembers, each once, and none is taken for edited."""
    card = render_card(facts, repo_id=repo_id, **words)
    regions = [piece for piece in pieces(card) if isinstance(piece, Region)]

    assert [] == [region.name for region in regions if region.is_edited]
    assert 1 == card.count("\n<!-- hubkit:card\n")
    assert len(regions) == len(re.findall(r"^<!-- hubkit:begin ", card, re.MULTILINE))
    assert card == update_card(card, card).text


@given(old=facts_of_any_kind, new=facts_of_any_kind)
def test_untouched_cards_become_todays(old, new):
    """Whatever the facts were, they leave nothing behind; only new keys of the front matter come last."""
    before, after = (render_card(facts, repo_id="ann/foxes") for facts in (old, new))
    updated = update_card(before, after)

    assert (parsed(after).data, ()) == (parsed(updated.text).data, updated.kept)
    assert after.partition("hubkit:begin title")[2] == updated.text.partition("hubkit:begin title")[2]


@given(
    old=facts_of_any_kind,
    new=facts_of_any_kind,
    said=words_of_any_kind,
    words=words_of_any_kind,
    data=st.data(),
)
def test_hand_written_lines_stay(old, new, said, words, data):
    """Lines put anywhere into a card's body are there after it was made anew, and the second time changes nothing."""
    lines = render_card(old, repo_id="ann/foxes", **said).split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("<!-- hubkit:begin"))
    end = lines.index("<!-- hubkit:card")
    for number in sorted(data.draw(st.lists(st.integers(start, end), max_size=3)), reverse=True):
        lines.insert(number, f"written by hand {number}")
    mine = "\n".join(lines)
    today = render_card(new, repo_id="ann/foxes", **words)
    once = update_card(mine, today)

    assert () == once.warnings
    assert re.findall(r"written by hand \d+", mine) == re.findall(r"written by hand \d+", once.text)
    assert once.text == update_card(once.text, today).text


@given(text=st.text(max_size=60) | hostile, at=st.integers(0, len(CARD)))
def test_torn_cards_never_raise(text, at):
    """Cards cut and spoilt anywhere are brought up to date, and the next time changes nothing."""
    spoilt = CARD[:at] + text + CARD[at + len(text) :]
    once = update_card(spoilt, CARD).text

    assert once == update_card(once, CARD).text


@given(text=st.text(st.sampled_from("<!->hubkit:begin end usage-0123abcdef\n\r "), max_size=200))
def test_pieces_add_up(text):
    """Cutting a text into regions loses nothing, and sealing seals once."""
    assert text == "".join(map(str, pieces(text)))
    assert sealed(text) == sealed(sealed(text))


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_behind_every_door(secret):
    """No argument lets a secret or home path through."""
    words = dict.fromkeys(("description", "license_obligation", "license_source", "license"), f"x {secret} y")
    card = render_card(
        AdapterFacts(peft_type=secret, dtype=secret, metrics={secret: 1.0}),
        repo_id=f"a/{secret}",
        metrics=[{"dataset": {"name": secret, "type": secret}, "metrics": {secret: secret}}],
        training_config={secret: [secret]},
        sections={"Notes": secret},
        front_matter={"thumbnail": secret},
        **words,
    )

    assert secret not in card
