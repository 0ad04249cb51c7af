"""What read_adapter takes from real, odd and hostile folders."""

import json
import math
import os
import pickle
import struct
import sys

import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError

from hubkit.cards import AdapterFacts, read_adapter
from hubkit.errors import CardError


def read_by_hand(folder):
    """Config and tensor entries, read without the library."""
    config = json.loads((folder / "adapter_config.json").read_text())
    raw = (folder / "adapter_model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    return config, {name: entry for name, entry in header.items() if name != "__metadata__"}


def test_config_facts_equal_the_config(adapter_folder):
    """Type, task, rank, alpha and version are what the config says."""
    config, _ = read_by_hand(adapter_folder)

    facts = read_adapter(adapter_folder)

    expected = tuple(config.get(key) for key in ("peft_type", "task_type", "r", "lora_alpha", "peft_version"))
    assert expected == (facts.peft_type, facts.task_type, facts.r, facts.alpha, facts.peft_version)


def test_weight_facts_equal_the_tensors(adapter_folder):
    """Parameters and dtype are what the tensors add up to."""
    _, tensors = read_by_hand(adapter_folder)

    facts = read_adapter(adapter_folder)

    assert sum(math.prod(entry["shape"]) for entry in tensors.values()) == facts.parameters
    assert {"F32"} == {entry["dtype"] for entry in tensors.values()}
    assert "float32" == facts.dtype


def test_target_modules_are_collapsed_and_sorted(adapter_folder):
    """Full paths become their last part, each once, in order."""
    config, _ = read_by_hand(adapter_folder)

    facts = read_adapter(adapter_folder)

    expected = sorted({name.rpartition(".")[2] for name in config.get("target_modules", [])})
    assert tuple(expected) == facts.target_modules


def test_base_model_is_never_a_path(adapter_folder):
    """A Hub id is taken; an absolute path is left out with a warning."""
    config, _ = read_by_hand(adapter_folder)
    named = config["base_model_name_or_path"]

    facts = read_adapter(adapter_folder)

    assert (None if named.startswith("/") else named) == facts.base_model
    assert named.startswith("/") == any("base_model_name_or_path" in text for text in facts.warnings)


def facts_without_source(facts):
    """Names of facts that say something and have no source, and of sources without a fact."""
    parts = ("metrics", "framework_versions")
    names = {field.name for field in fields(AdapterFacts)} - {"sources", "warnings", *parts}
    told = {name for name in names if getattr(facts, name) != getattr(AdapterFacts(), name)}
    told |= {f"{part}.{name}" for part in parts for name in getattr(facts, part)}
    return told ^ set(facts.sources)


def test_every_fact_has_a_source(adapter_folder):
    """No fact without a file that exists, no source without a fact."""
    facts = read_adapter(adapter_folder)

    assert set() == facts_without_source(facts)
    for source in facts.sources.values():
        assert (adapter_folder / source.partition(":")[0]).exists()


def full_folder(folder):
    """Add to a real run what the others of its kind have."""
    (folder / "README.transformers.md").rename(folder / "README.md")
    (folder / "emissions.csv").write_text(
        "emissions,country_name,codecarbon_version,cpu_model\n0.001,France,3.3.2,AMD EPYC\n"
    )
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    config = json.loads((folder / "adapter_config.json").read_text())
    config |= {
        "rank_pattern": {"k_proj": 4},
        "alpha_pattern": {"k_proj": 4},
        "use_rslora": True,
        "bias": "all",
    }
    config |= {"trainable_token_indices": [1], "target_parameters": ["x"], "revision": "main"}
    config |= {"base_model_name_or_path": "org/tiny-bnb-4bit", "layer_replication": [[0, 1]]}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    state = json.loads((folder / "trainer_state.json").read_text())
    state |= {"best_metric": 0.5, "best_global_step": 4, "num_input_tokens_seen": 5}
    (folder / "trainer_state.json").write_text(json.dumps(state))
    return folder


def test_every_fact_of_a_full_folder_has_a_source(real_adapter):
    """Nearly every field says something, and none without a source."""
    folder = full_folder(real_adapter("lora-trainer-run-causal-lm"))

    facts = read_adapter(folder)

    silent = {name.name for name in fields(AdapterFacts) if getattr(facts, name.name) == name.default}
    assert set() == facts_without_source(facts)
    assert {
        *("base_model_class", "base_parameters", "base_vocabulary", "best_metric_name", "invocation_tokens"),
        *(
            "label_count",
            "modules_to_save",
            "target_path_count",
            "virtual_tokens",
            "vocabulary_rows",
            "warnings",
        ),
    } == silent


def test_facts_are_values(adapter_folder):
    """They can't be changed, are equal when read again, and survive pickling."""
    facts = read_adapter(adapter_folder)

    with pytest.raises(FrozenInstanceError):
        facts.r = 1
    assert facts == read_adapter(str(adapter_folder)) == pickle.loads(pickle.dumps(facts))
    assert hash(facts) == hash(read_adapter(adapter_folder))


def test_reading_leaves_the_folder_alone(adapter_folder):
    """No file is written, none is changed."""
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in adapter_folder.rglob("*")}

    read_adapter(adapter_folder)

    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in adapter_folder.rglob("*")
    }


@pytest.mark.parametrize(
    ("name", "method", "tags"),
    [
        ("lora-causal-lm", "LoRA", ("lora",)),
        ("dora-rslora-causal-lm", "DoRA + rsLoRA", ("lora", "dora", "rslora")),
        ("qlora-causal-lm", "LoRA", ("lora",)),
        ("ia3-seq2seq-lm", "IA3", ("ia3",)),
        ("prompt-tuning-causal-lm", "Prompt tuning", ("prompt-tuning",)),
    ],
)
def test_method_of_real_adapters(real_adapter, name, method, tags):
    """Methods carry their human names; QLoRA is not claimed, since nothing proves it."""
    facts = read_adapter(real_adapter(name))

    assert (method, tags) == (facts.method, facts.method_tags)


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({"peft_type": "LORA", "use_rslora": True}, "rsLoRA"),
        ({"peft_type": "LORA", "init_lora_weights": "pissa_niter_16"}, "LoRA, initialised with PiSSA"),
        ({"peft_type": "LORA", "init_lora_weights": True}, "LoRA"),
        ({"peft_type": "FROM_THE_FUTURE", "use_dora": True}, "FROM_THE_FUTURE"),
        ({"r": 8, "lora_alpha": 16}, None),
    ],
)
def test_method_of_flags(write_adapter, config, method):
    """Variants come from true flags; LoRA is never assumed."""
    facts = read_adapter(write_adapter(config))

    assert method == facts.method


def test_label_count_comes_from_the_classifier(real_adapter):
    """The config does not have it, the tensor does; doubled module names appear once."""
    facts = read_adapter(real_adapter("lora-seq-cls"))

    assert (3, ("classifier", "score")) == (facts.label_count, facts.modules_to_save)


@pytest.mark.parametrize(
    ("task", "tensor", "labels"),
    [
        ("SEQ_CLS", "base_model.model.score.weight", 5),
        ("TOKEN_CLS", "base_model.model.classifier.modules_to_save.default.weight", 5),
        ("SEQ_CLS", "base_model.model.classifier.out_proj.weight", 5),
        ("SEQ_CLS", "base_model.model.pre_classifier.weight", None),
        ("CAUSAL_LM", "base_model.model.score.weight", None),
    ],
)
def test_label_count_of_heads(write_adapter, task, tensor, labels):
    """Every kind of classification head tells, other tensors and tasks don't."""
    folder = write_adapter({"peft_type": "LORA", "task_type": task}, {tensor: [5, 2]})

    assert labels == read_adapter(folder).label_count


def test_classifiers_that_disagree(write_adapter):
    """Two heads of different sizes leave the count open, with a warning."""
    folder = write_adapter({"task_type": "SEQ_CLS"}, {"a.score.weight": [5, 2], "b.score.weight": [4, 2]})

    facts = read_adapter(folder)

    assert facts.label_count is None
    assert any("disagree" in text for text in facts.warnings)


def test_ranks_are_the_saved_ones(write_adapter):
    """AdaLoRA's set rank is its target; the true ranks stand in the tensors."""
    config = {"peft_type": "ADALORA", "r": 8, "target_r": 4}
    shapes = {"a.lora_A": [1, 8], "b.lora_A": [6, 8], "c.lora_A": [6, 8], "c.lora_B": [8, 6]}

    facts = read_adapter(write_adapter(config, shapes))

    assert (4, (1, 6), "adapter_config.json: target_r") == (facts.r, facts.ranks, facts.sources["r"])


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-7b-hf"),
        ("gpt2", "gpt2"),
        ("/cache/hub/models--org--name/snapshots/0123abcd", "org/name"),
        (r"C:\Users\ann\hub\models--gpt2\snapshots\0123", "gpt2"),
        ("./tiny", None),
        ("../tiny/model", None),
        ("/tiny", None),
        ("~/tiny", None),
        (r"C:\models\tiny", None),
        ("a/b/c", None),
        ("outputs/checkpoint-500", None),
        ("https://huggingface.co/org/name", None),
        ("org/name\n---\n", None),
        ("", None),
        (["org/name"], None),
    ],
)
def test_base_model_shapes(write_adapter, named, expected):
    """Ids and cache folders are told from paths."""
    facts = read_adapter(write_adapter({"base_model_name_or_path": named}))

    assert expected == facts.base_model


@pytest.mark.parametrize("place", ["working", "folder", "above"])
def test_base_model_that_is_a_folder(real_adapter, tmp_path, monkeypatch, place):
    """A name shaped like an id is no id when a folder of that name is at hand."""
    folder = real_adapter("dora-rslora-causal-lm")
    (tmp_path / "elsewhere").mkdir()
    beside = {"working": tmp_path / "elsewhere", "folder": folder, "above": folder.parent}[place]
    (beside / "bases" / "tiny-llama").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "elsewhere")

    facts = read_adapter(folder)

    assert facts.base_model is None
    assert any("a folder on this disk" in text for text in facts.warnings)


def test_metrics_are_the_last_ones(real_adapter):
    """Results of the Trainer are taken, its timing is not."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    expected = {
        "eval_loss": json.loads((folder / "eval_results.json").read_text())["eval_loss"],
        "train_loss": json.loads((folder / "train_results.json").read_text())["train_loss"],
    }

    facts = read_adapter(folder)

    assert expected == facts.metrics
    assert "eval_results.json: eval_loss" == facts.sources["metrics.eval_loss"]


def test_metrics_of_the_state_alone(real_adapter):
    """Without results files the last entries of the log count."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    for path in folder.glob("*_results.json"):
        path.unlink()
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]

    facts = read_adapter(folder)

    assert history[-1]["eval_loss"] == facts.metrics["eval_loss"]
    assert "trainer_state.json: log_history" == facts.sources["metrics.eval_loss"]


@pytest.mark.parametrize(
    "name",
    [
        "eval_rewards/accuracies",
        "eval_all-nli-dev_cosine_accuracy",
        "eval_recall@10",
        "eval_f1|x",
        "eval_précision",
        "perplexity",
        "exact match",
        "train_entropy",
    ],
)
def test_metrics_of_any_name(write_adapter, name):
    """TRL, sentence-transformers and people call them otherwise than the Trainer does."""
    folder = write_adapter({"peft_type": "LORA"})
    (folder / "all_results.json").write_text(json.dumps({name: 0.5}))

    facts = read_adapter(folder)

    assert {name: 0.5} == facts.metrics
    assert f"all_results.json: {name}" == facts.sources[f"metrics.{name}"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "epoch",
            "step",
            "global_step",
            "eval_samples",
            "train_samples",
            "num_input_tokens_seen",
            "total_flos",
        ),
        *("eval_runtime", "eval_steps_per_second", "train_tokens_per_second", "eval_model_preparation_time"),
        *("", " ", " f1", "a\nb", "a\u202eb", "\x1b[31m", "x" * 101),
    ],
)
def test_what_is_no_metric(write_adapter, name):
    """Timings and counts say nothing of the adapter, and what can't be printed has no name."""
    folder = write_adapter({"peft_type": "LORA"})
    (folder / "all_results.json").write_text(json.dumps({name: 5}))

    assert {} == read_adapter(folder).metrics


def test_metrics_of_the_log_begin_with_the_run(write_adapter):
    """The log has learning rates and losses of single steps too: what is an evaluation's says so."""
    folder = write_adapter({"peft_type": "LORA"})
    entry = {"step": 1, "rewards/margins": 1, "eval_rewards/margins": 2.5, "eval_": 3, "learning_rate": 0.1}
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": [entry]}))

    facts = read_adapter(folder)

    assert {"eval_rewards/margins": 2.5} == facts.metrics == facts.history[0].metrics


def test_metrics_that_are_no_numbers(write_adapter):
    """NaN, text, truth values and lists are no metrics; NaN is warned about."""
    folder = write_adapter({"peft_type": "LORA"})
    text = '{"eval_loss": NaN, "eval_f1": "high", "eval_ok": true, "eval_all": [1], "eval_acc": 0.5}'
    (folder / "eval_results.json").write_text(text)

    facts = read_adapter(folder)

    assert {"eval_acc": 0.5} == facts.metrics
    assert "eval_results.json: eval_loss is not a finite number" in facts.warnings


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"r": ' + b"9" * 5000 + b"}",
        b"{}" + b" " * 9_000_000,
    ],
    ids=["empty", "cut", "list", "null", "binary", "nested", "digits", "huge"],
)
def test_broken_configs_are_warnings(write_adapter, raw):
    """A config that can't be read is named in a warning, and nothing is raised."""
    facts = read_adapter(write_adapter(raw))

    assert facts.peft_type is None
    assert any(text.startswith("adapter_config.json ") for text in facts.warnings)


@pytest.mark.parametrize("value", [True, -1, "8", 1.5, [8], {"a": 1}, float("inf")])
def test_odd_values_are_warnings(write_adapter, value):
    """A value of the wrong kind is no fact."""
    facts = read_adapter(write_adapter({"r": value, "peft_type": [value], "target_modules": {"a": value}}))

    assert (None, None, ()) == (facts.r, facts.peft_type, facts.target_modules)
    assert any("adapter_config.json: r is" in text for text in facts.warnings)


def test_warnings_may_be_printed(write_adapter):
    """What a file says is shown without terminal sequences, tokens and home paths."""
    named = "\x1b[31m/home/ann/x hf_" + "a" * 30 + "\u202e"

    (warning,) = (
        w for w in read_adapter(write_adapter({"base_model_name_or_path": named})).warnings if "base" in w
    )

    assert not {"\x1b", "\u202e", "ann", "hf_a"} & {
        part for part in ("\x1b", "\u202e", "ann", "hf_a") if part in warning
    }


def test_folder_without_peft_files(tmp_path):
    """Other files prove nothing, not even the library."""
    (tmp_path / "notes.txt").write_text("hello")

    facts = read_adapter(tmp_path)

    assert AdapterFacts(warnings=facts.warnings) == facts
    assert 2 == len(facts.warnings)


def test_pickled_weights_are_not_opened(tmp_path):
    """A pickle names the library by its file name and is left alone."""
    (tmp_path / "adapter_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")

    facts = read_adapter(tmp_path)

    assert ("peft", None) == (facts.library_name, facts.parameters)
    assert any("was not opened" in text for text in facts.warnings)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_pipes_are_not_waited_for(tmp_path):
    """A pipe in place of a file is refused before it is opened."""
    os.mkfifo(tmp_path / "adapter_config.json")
    os.mkfifo(tmp_path / "adapter_model.safetensors")

    facts = read_adapter(tmp_path)

    assert 2 == sum("is not a regular file" in text for text in facts.warnings)


@pytest.mark.parametrize(
    ("kind", "reason"), [("missing", "doesn't exist"), ("file", "isn't a folder"), ("empty", "is empty")]
)
def test_wrong_folders_are_errors(tmp_path, kind, reason):
    """The folder itself is the caller's word: a wrong one is an error that says why."""
    folder = tmp_path / "adapter"
    if kind == "file":
        folder.write_text("x")
    if kind == "empty":
        folder.mkdir()

    with pytest.raises(CardError, match=reason):
        read_adapter(str(folder))
