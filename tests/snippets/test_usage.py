"""The usage snippets of cards run, as their readers would run them, on real models.

They need torch, transformers and peft: `tox -e cards` has them, and no other run collects this folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import peft
import pytest
import transformers

from hubkit.cards import read_adapter, render_card

# Between themselves; none of it comes from a snippet.
pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)

DATA = Path(__file__).parents[1] / "data"
ADAPTERS = {
    "dora-rslora-causal-lm": "tiny-llama",
    "ia3-seq2seq-lm": "tiny-t5",
    "lora-causal-lm": "tiny-llama",
    "lora-seq-cls": "tiny-bert",
    "lora-trainer-run-causal-lm": "tiny-llama",
    "prompt-tuning-causal-lm": "tiny-llama",
    "qlora-causal-lm": "tiny-llama",
}
TASKS = {
    "CAUSAL_LM": ("tiny-llama", transformers.AutoModelForCausalLM, {}),
    "FEATURE_EXTRACTION": ("tiny-bert", transformers.AutoModel, {}),
    "QUESTION_ANS": ("tiny-bert", transformers.AutoModelForQuestionAnswering, {}),
    "SEQ_2_SEQ_LM": ("tiny-t5", transformers.AutoModelForSeq2SeqLM, {}),
    "SEQ_CLS": ("tiny-bert", transformers.AutoModelForSequenceClassification, {"num_labels": 5}),
    "TOKEN_CLS": ("tiny-bert", transformers.AutoModelForTokenClassification, {"num_labels": 7}),
}
PROMPTS = {
    "prompt": peft.PromptTuningConfig,
    "p-tuning": peft.PromptEncoderConfig,
    "prefix": peft.PrefixTuningConfig,
}


@pytest.fixture
def place(tmp_path):
    """A folder in which the ids of the snippets are those of models that lie there."""
    for base in ("tiny-bert", "tiny-llama", "tiny-t5"):
        shutil.copytree(DATA / "bases" / base, tmp_path / "hubkit-test" / base)
    return tmp_path


def snippets(card):
    """The Python of a card's Usage section."""
    usage = card.partition("\n## Usage\n")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)\n```", usage, re.DOTALL)


def run(blocks, place):
    """What the blocks print, one after another, in a new process without a network."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    result = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def merged_folder(place):
    """Whether there is a merged model that says what it is."""
    return (place / "foxes-merged" / "config.json").is_file()


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_snippet_of_each_real_adapter(place, name):
    """It loads the adapter and shows an output, and merges where the card says that it does."""
    base = f"hubkit-test/{ADAPTERS[name]}"
    shutil.copytree(DATA / "adapters" / name, place / "ann" / "foxes")
    card = render_card(read_adapter(place / "ann" / "foxes"), repo_id="ann/foxes", base_model=base)
    blocks = snippets(card)
    printed = run(blocks, place)

    assert printed.strip()
    assert (len(blocks) == 2) == merged_folder(place)


def trained(place, task, config):
    """Save an adapter as PEFT makes it; its facts."""
    base, model_class, options = TASKS[task]
    model = model_class.from_pretrained(place / "hubkit-test" / base, **options)
    peft.get_peft_model(model, config).save_pretrained(place / "ann" / "foxes")
    return attrs.evolve(read_adapter(place / "ann" / "foxes"), base_model=f"hubkit-test/{base}")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_snippet_of_each_task(place, task):
    """Each of PEFT's tasks, merging included, with the label count that the weights have."""
    facts = trained(place, task, peft.LoraConfig(task_type=task, r=2))
    card = render_card(attrs.evolve(facts, merges=True), repo_id="ann/foxes")
    printed = run(snippets(card), place)

    labels = len(re.findall(r"0\.\d+", printed)) if task == "SEQ_CLS" else None
    # An untrained model's answer to a question may be empty.
    assert printed
    assert labels in (None, 5)
    assert merged_folder(place)


@pytest.mark.parametrize(
    ("method", "task"),
    [
        *((method, task) for method in ("prompt", "p-tuning") for task in sorted(TASKS)),
        # BERT takes no past keys and T5 not PEFT's, hence neither can be trained so.
        ("prefix", "CAUSAL_LM"),
    ],
)
def test_snippet_of_each_prompt_method(place, task, method):
    """Virtual tokens are no reason to load otherwise; nothing is said of merging."""
    facts = trained(place, task, PROMPTS[method](task_type=task, num_virtual_tokens=4))
    card = render_card(attrs.evolve(facts, is_prompt_learning=True), repo_id="ann/foxes")
    blocks = snippets(card)

    assert 1 == len(blocks)
    assert run(blocks, place)


@pytest.mark.parametrize(
    "config",
    [
        peft.LoraConfig(task_type="CAUSAL_LM", r=2, modules_to_save=["embed_tokens", "lm_head"]),
        peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "embed_tokens", "lm_head"]),
        peft.LoraConfig(task_type="CAUSAL_LM", r=2, trainable_token_indices=[320, 321]),
        peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4),
    ],
    ids=["saved", "adapted", "rows", "prompt"],
)
def test_snippet_of_an_enlarged_vocabulary(place, config):
    """New tokens make the embedding longer than the base model's, which is made as long first."""
    base = place / "hubkit-test" / "tiny-llama"
    model = TASKS["CAUSAL_LM"][1].from_pretrained(base)
    model.resize_token_embeddings(322)
    peft.get_peft_model(model, config).save_pretrained(place / "ann" / "foxes")
    facts = attrs.evolve(read_adapter(place / "ann" / "foxes"), base_model="hubkit-test/tiny-llama")
    blocks = snippets(render_card(facts, repo_id="ann/foxes"))

    assert "resize_token_embeddings(322)" in blocks[0]
    assert run(blocks, place).strip()


def test_snippet_of_an_activated_lora(place):
    """Behind its invocation tokens the adapter says something else than the base model."""
    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=4,
        lora_alpha=64,
        alora_invocation_tokens=[40, 41, 42],
        init_lora_weights=False,
    )
    facts = trained(place, "CAUSAL_LM", config)
    (snippet,) = snippets(render_card(facts, repo_id="ann/foxes"))
    adapted = run([snippet], place)
    plain = run([re.sub(r"^model = .*$", "model = base_model", snippet, flags=re.MULTILINE)], place)

    assert adapted != plain


@pytest.mark.parametrize("task", sorted(TASKS))
@pytest.mark.parametrize("method", ["multitask", "poly"])
def test_snippet_of_several_tasks(place, task, method):
    """It says which of the tasks it is, or there is none."""
    targets = {"tiny-bert": ["query"], "tiny-llama": ["q_proj"], "tiny-t5": ["q"]}[TASKS[task][0]]
    config = (
        peft.MultitaskPromptTuningConfig(task_type=task, num_virtual_tokens=4, num_tasks=3)
        if method == "multitask"
        else peft.PolyConfig(task_type=task, r=2, n_tasks=3, n_skills=2, n_splits=1, target_modules=targets)
    )
    blocks = snippets(render_card(trained(place, task, config), repo_id="ann/foxes"))

    assert all(run([block], place) for block in blocks)
    assert len(blocks) == (method == "poly" or task not in ("FEATURE_EXTRACTION", "QUESTION_ANS"))


def test_snippet_of_a_score(place):
    """A reward model's number is shown as it is, not as a share of itself."""
    base = place / "hubkit-test" / "tiny-bert"
    model = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    peft.get_peft_model(model, peft.LoraConfig(task_type="SEQ_CLS", r=2)).save_pretrained(
        place / "ann" / "foxes"
    )
    facts = attrs.evolve(read_adapter(place / "ann" / "foxes"), base_model="hubkit-test/tiny-bert")
    (snippet, *_) = snippets(render_card(facts, repo_id="ann/foxes"))
    printed = run([snippet], place)

    assert re.search(r"\d", printed)
    assert "[[1.]]" not in printed


def test_snippet_of_an_adapter_with_a_tokenizer(place):
    """A tokenizer of the adapter's own is loaded from it, with its chat template."""
    facts = trained(place, "CAUSAL_LM", peft.LoraConfig(task_type="CAUSAL_LM", r=2))
    tokenizer = transformers.AutoTokenizer.from_pretrained(place / "hubkit-test" / "tiny-llama")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    tokenizer.save_pretrained(place / "ann" / "foxes")
    facts = attrs.evolve(facts, has_tokenizer=True, has_chat_template=True)
    (snippet,) = snippets(render_card(attrs.evolve(facts, merges=False), repo_id="ann/foxes"))

    assert "apply_chat_template" in snippet
    assert run([snippet], place).strip()
