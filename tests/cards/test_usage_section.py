"""The loading example works, or it isn't there."""

import ast

import pytest
from rendered_cards import parsed, section

from hubkit.cards import AdapterFacts, read_adapter, render_card

EMBEDDING = "base_model.model.model.embed_tokens"
HEAD = "base_model.model.lm_head"


def snippet(facts, **words):
    """The example that loads and runs; empty when there is none. It is Python."""
    blocks = parsed(render_card(facts, repo_id="ann/foxes", **words)).blocks
    code = next((block for block in blocks if "from_pretrained" in block), "")
    ast.parse(code)
    return code


@pytest.mark.parametrize(
    ("shapes", "rows"),
    [
        ({f"{EMBEDDING}.weight": [322, 8], f"{HEAD}.weight": [322, 8]}, 322),
        ({f"{EMBEDDING}.modules_to_save.default.weight": [322, 8]}, 322),
        ({f"{HEAD}.base_layer.weight": [322, 8], f"{HEAD}.lora_B.weight": [322, 2]}, 322),
        ({f"{EMBEDDING}.token_adapter.base_layer.weight": [322, 8]}, 322),
        ({f"{EMBEDDING}.lora_embedding_A": [2, 322], f"{EMBEDDING}.lora_embedding_B": [8, 2]}, 322),
        ({f"{HEAD}.lora_B.default.weight": [322, 2]}, 322),
        ({"base_model.model.shared.weight": [322, 8]}, 322),
        ({"base_model.model.bert.embeddings.word_embeddings.weight": [322, 8]}, 322),
        ({"base_model.model.bert.embeddings.position_embeddings.weight": [322, 8]}, None),
        ({"base_model.model.layers.0.shared_expert.weight": [322, 8]}, None),
        ({f"{EMBEDDING}.token_adapter.trainable_tokens_delta": [3, 8]}, None),
    ],
)
def test_rows_of_a_saved_vocabulary(write_adapter, shapes, rows):
    """Whatever of the embedding is saved, its header tells the rows; other tensors don't."""
    facts = read_adapter(write_adapter({"peft_type": "LORA", "base_model_name_or_path": "org/base"}, shapes))

    assert rows == facts.vocabulary_rows


def test_embeddings_that_disagree(write_adapter):
    """Two sizes leave the number open, with a warning."""
    shapes = {f"{EMBEDDING}.weight": [322, 8], f"{HEAD}.weight": [320, 8]}
    facts = read_adapter(write_adapter({"peft_type": "LORA"}, shapes))

    assert any("disagree on the size of the vocabulary" in text for text in facts.warnings)
    assert facts.vocabulary_rows is None


@pytest.mark.parametrize(
    ("base_rows", "base_model", "resizes"),
    [(320, None, True), (322, None, False), (None, None, True), (322, "org/other", True)],
)
def test_an_enlarged_vocabulary(base_rows, base_model, resizes):
    """The base model gets as many rows first, unless it is known to have them."""
    facts = AdapterFacts(
        library_name="peft",
        base_model="org/base",
        task_type="CAUSAL_LM",
        vocabulary_rows=322,
        base_vocabulary=base_rows,
        sources={"vocabulary_rows": "adapter_model.safetensors: shape of x"},
    )
    line = "base_model.resize_token_embeddings(322)  # the rows of the embedding in adapter_model.safetensors"

    code = snippet(facts, base_model=base_model)

    assert resizes == (f"\n{line}\nmodel = PeftModel" in code)
    assert resizes == ("resize" in code)


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ('{"vocab_size": 320}', 320),
        ('{"text_config": {"vocab_size": 320}}', 320),
        ('{"vocab_size": "x", "text_config": 1}', None),
    ],
)
def test_rows_of_the_base_model(write_adapter, tmp_path, config, rows):
    """Its config tells them, also from inside a model of several kinds of input."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text(config)

    facts = read_adapter(write_adapter({"peft_type": "LORA", "base_model_name_or_path": str(base)}))

    assert rows == facts.base_vocabulary


def test_invocation_tokens(write_adapter):
    """What an aLoRA acts behind is told, and stands behind the example's text."""
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "org/base"}
    facts = read_adapter(write_adapter({**config, "alora_invocation_tokens": [40, 41]}))
    card = render_card(facts, repo_id="ann/foxes")

    assert (40, 41) == facts.invocation_tokens
    assert "- **Invocation tokens:** `40`, `41`" in section(card, "Model Details")
    assert "import torch\n" in snippet(facts)
    assert "invocation = torch.tensor([[40, 41]])\n" in snippet(facts)


def test_invocation_tokens_in_a_chat(write_adapter):
    """They stand where the prompt for an answer would."""
    facts = AdapterFacts(
        library_name="peft",
        base_model="org/base",
        task_type="CAUSAL_LM",
        invocation_tokens=(40,),
        has_tokenizer=True,
        has_chat_template=True,
    )

    assert "add_generation_prompt=False" in snippet(facts)


def test_invocation_tokens_of_another_task():
    """Nobody knows how it is run: there is a sentence instead of an example."""
    facts = AdapterFacts(
        library_name="peft", base_model="org/base", task_type="SEQ_CLS", invocation_tokens=(40,)
    )

    assert "" == snippet(facts)
    assert "How aLoRA runs for this task is not known" in section(
        render_card(facts, repo_id="ann/foxes"), "Usage"
    )


@pytest.mark.parametrize("tokens", [["a"], [-1], {"a": 1}, "x", [1] * 1000])
def test_unknown_invocation_tokens(write_adapter, tokens):
    """An example that would run the base model alone isn't given."""
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "org/base"}
    facts = read_adapter(write_adapter({**config, "alora_invocation_tokens": tokens}))
    card = render_card(facts, repo_id="ann/foxes")

    assert "are not known, so that no loading example can be given." in section(card, "Usage")
    assert "" == snippet(facts)


@pytest.mark.parametrize(
    ("peft_type", "settings", "comment"),
    [
        ("POLY", {"n_tasks": 3}, "# which of the 3 tasks, from 0"),
        ("MULTITASK_PROMPT_TUNING", {"num_tasks": 4}, "# which of the 4 tasks, from 0"),
        ("MULTITASK_PROMPT_TUNING", {}, "# the number of the task, from 0"),
    ],
)
def test_methods_of_several_tasks(peft_type, settings, comment):
    """They are told which task it is."""
    facts = AdapterFacts(
        library_name="peft",
        base_model="org/base",
        task_type="CAUSAL_LM",
        peft_type=peft_type,
        settings=settings,
    )

    assert f"task = torch.tensor([0])  {comment}\n" in snippet(facts)
    assert "model.generate(**inputs, task_ids=task, max_new_tokens=50)" in snippet(facts)


def test_multitask_prompts_that_peft_cannot_run():
    """PEFT passes the task to the virtual tokens of some tasks only: there is a sentence instead."""
    facts = AdapterFacts(
        library_name="peft",
        base_model="org/base",
        task_type="QUESTION_ANS",
        peft_type="MULTITASK_PROMPT_TUNING",
    )
    card = render_card(facts, repo_id="ann/foxes")

    assert "" == snippet(facts)
    assert "PEFT can't run multitask prompt tuning for this task" in section(card, "Usage")


@pytest.mark.parametrize(
    ("labels", "shown"), [(1, "logits)"), (2, "logits.softmax(-1))"), (None, "softmax(-1))")]
)
def test_a_score_is_no_share(labels, shown):
    """One label is the number that a reward model or a regression gives."""
    facts = AdapterFacts(library_name="peft", base_model="org/base", task_type="SEQ_CLS", label_count=labels)

    assert snippet(facts).endswith(shown)
