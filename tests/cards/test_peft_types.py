"""Every method of PEFT: its name, what it can do, its numbers."""

import json
from pathlib import Path

import pytest

from hubkit.cards import read_adapter

LIST = json.loads((Path(__file__).parents[1] / "data" / "hub_lists" / "peft_types.json").read_text())
TYPES = LIST["types"]


def test_all_types_are_there():
    """The list has PEFT's 45 types."""
    assert 45 == len(TYPES)


@pytest.mark.parametrize("peft_type", TYPES)
def test_what_each_type_can_do(write_adapter, peft_type):
    """Prompt learning and merging are as they were measured."""
    facts = read_adapter(write_adapter({"peft_type": peft_type}))

    measured = TYPES[peft_type]["prompt_learning"], TYPES[peft_type]["merge_and_unload"]
    # X-LoRA could not be tried; it is no prompt method.
    expected = (False, None) if peft_type == "XLORA" else measured
    assert expected == (facts.is_prompt_learning, facts.merges)
    assert peft_type == facts.peft_type
    assert facts.method
    assert facts.method_tags


@pytest.mark.parametrize("peft_type", sorted(set(TYPES) - {"LORA"}))
def test_papers_of_each_type(write_adapter, peft_type):
    """No paper that PEFT names for a method is missing, but where it names another method's."""
    facts = read_adapter(write_adapter({"peft_type": peft_type}))

    # RandLoRA's docstring names the paper of its random bases too.
    assert set(TYPES[peft_type]["papers"]) - {"2406.02528"} <= set(facts.papers)


def test_papers_of_lora(write_adapter):
    """Each of LoRA's papers belongs to a variant, and only that variant cites it."""
    flags = {
        "use_dora": True,
        "use_rslora": True,
        "use_qalora": True,
        "alora_invocation_tokens": [1],
        "arrow_config": {"top_k": 3},
        "kasa_config": {"beta": 1},
        "velora_config": {"scale": 1},
    }
    starts = ("pissa", "eva", "corda", "lora_ga", "mica")

    plain = read_adapter(write_adapter({"peft_type": "LORA"})).papers
    cited = set(read_adapter(write_adapter({"peft_type": "LORA", **flags})).papers)
    for start in starts:
        cited |= set(read_adapter(write_adapter({"peft_type": "LORA", "init_lora_weights": start})).papers)

    assert ("2106.09685",) == plain
    assert set(TYPES["LORA"]["papers"]) <= cited


def test_unknown_types_are_named_as_they_are(write_adapter):
    """What can't be known of a new method is left open."""
    facts = read_adapter(write_adapter({"peft_type": "FROM_THE_FUTURE", "r": 4, "lora_alpha": 8}))

    expected = ("FROM_THE_FUTURE", "FROM_THE_FUTURE", ("from-the-future",), None, None, (), None, 4, 8)
    assert expected == (
        *(facts.peft_type, facts.method, facts.method_tags, facts.merges, facts.is_prompt_learning),
        *(facts.papers, facts.scaling, facts.r, facts.alpha),
    )


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"peft_type": "LORA", "r": 8, "lora_alpha": 16}, 2.0),
        ({"peft_type": "LORA", "r": 16, "lora_alpha": 8, "use_rslora": True}, 2.0),
        ({"peft_type": "LOHA", "r": 8, "alpha": 4}, 0.5),
        ({"peft_type": "RANDLORA", "r": 10, "randlora_alpha": 100}, 10.0),
        ({"peft_type": "FOURIERFT", "scaling": 150.0}, 150.0),
        ({"peft_type": "ADALORA", "r": 8, "target_r": 8, "lora_alpha": 8}, None),
        ({"peft_type": "DEFT", "r": 8, "alpha": 0}, None),
        ({"peft_type": "LORA", "r": 0, "lora_alpha": 16}, None),
        ({"peft_type": "LORA", "lora_alpha": 16}, None),
        ({"peft_type": "LORA", "r": 10**400, "lora_alpha": 16}, None),
    ],
)
def test_scaling(write_adapter, config, expected):
    """The factor of the update, where the config tells it."""
    facts = read_adapter(write_adapter(config))

    assert expected == facts.scaling


def test_source_of_the_scaling(write_adapter):
    """It is what the keys that it was computed from prove."""
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": True}

    facts = read_adapter(write_adapter(config))

    assert "adapter_config.json: lora_alpha, r, use_rslora" == facts.sources["scaling"]


@pytest.mark.parametrize(
    ("more", "method", "merges", "key"),
    [
        ({"alora_invocation_tokens": [1, 2]}, "aLoRA", False, "alora_invocation_tokens"),
        ({"use_qalora": True}, "QALoRA", False, "use_qalora"),
        ({"arrow_config": {"top_k": 3}}, "Arrow", False, "arrow_config"),
        ({"layer_replication": [[0, 4], [2, 5]]}, "LoRA", False, "layer_replication"),
        ({"use_dora": True}, "DoRA", True, "peft_type"),
        ({"monteclora_config": {"num_samples": 8}}, "MonteCLoRA", True, "peft_type"),
        ({"eva_config": {"rho": 2.0}}, "LoRA", True, "peft_type"),
        ({"init_lora_weights": "eva"}, "LoRA, initialised with EVA", True, "peft_type"),
    ],
)
def test_variants_of_lora(write_adapter, more, method, merges, key):
    """Variants are named by their flags, and some can't be merged."""
    facts = read_adapter(write_adapter({"peft_type": "LORA", **more}))

    assert (method, merges) == (facts.method, facts.merges)
    assert key in facts.sources["merges"]


def test_what_else_lora_adapts(write_adapter):
    """Patterns, parameters, stacked layers and trained tokens are facts."""
    config = {
        "peft_type": "LORA",
        "rank_pattern": {"k_proj": 4, "a": True},
        "alpha_pattern": {"k_proj": 8.5},
        "target_parameters": ["experts.up", "experts.down"],
        "layer_replication": [[0, 4], [2, 5]],
        "trainable_token_indices": {"embed_tokens": [7, 8], "lm_head": [8, 9]},
        "bias": "lora_only",
        "layers_to_transform": [1, 2],
    }

    facts = read_adapter(write_adapter(config))

    assert {"k_proj": 4} == facts.rank_pattern
    assert {"k_proj": 8.5} == facts.alpha_pattern
    assert ("experts.down", "experts.up") == facts.target_parameters
    assert ((0, 4), (2, 5)) == facts.layer_replication
    assert 3 == facts.trained_tokens
    assert {"bias": "lora_only", "layers_to_transform": (1, 2)} == facts.settings


def test_masks_of_adalora_are_no_ranks(write_adapter):
    """AdaLoRA keeps its masks under the key of the ranks."""
    config = {"peft_type": "ADALORA", "rank_pattern": {"a": [True, False]}}

    assert {} == read_adapter(write_adapter(config)).rank_pattern


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"peft_type": "OFT", "r": 8, "oft_block_size": 32}, {"r": 8, "oft_block_size": 32}),
        ({"peft_type": "WAVEFT", "n_frequency": 2592, "wavelet_family": "db1"}, None),
        ({"peft_type": "LORA", "megatron_core": "megatron.core", "qalora_group_size": 16}, {}),
        ({"peft_type": "LORA", "use_qalora": True, "qalora_group_size": 16}, {"qalora_group_size": 16}),
        ({"peft_type": "P_TUNING", "tokenizer_name_or_path": "/home/ann/x", "token_dim": 32}, {}),
        ({"peft_type": "NEW", "where": "/home/ann/x", "lots": [1] * 33, "nested": {"a": 1}}, {}),
        ({"peft_type": "NEW", "x" * 65: 1, "text": "y" * 201, "init_weights": True, "off": False}, {}),
    ],
)
def test_settings(write_adapter, config, expected):
    """What a method has beside the usual is kept plain; paths, nests and usual values are not."""
    facts = read_adapter(write_adapter(config))

    wanted = {key: value for key, value in config.items() if key != "peft_type"}
    assert (wanted if expected is None else expected) == facts.settings


@pytest.mark.parametrize(
    ("config", "dropout"),
    [
        ({"peft_type": "LORA", "lora_dropout": 0.05}, 0.05),
        ({"peft_type": "LORA", "lora_dropout": 0.0}, 0.0),
        ({"peft_type": "VERA", "vera_dropout": 0.5}, 0.5),
        ({"peft_type": "OFT", "module_dropout": 0.25}, 0.25),
        ({"peft_type": "IA3", "lora_dropout": 0.5}, None),
    ],
)
def test_dropout(write_adapter, config, dropout):
    """Each method's own key counts."""
    assert dropout == read_adapter(write_adapter(config)).dropout


@pytest.mark.parametrize("name", ["prompt-tuning-causal-lm", "lora-causal-lm"])
def test_virtual_tokens(real_adapter, name):
    """Prompt methods say how many tokens they learned."""
    folder = real_adapter(name)
    config = json.loads((folder / "adapter_config.json").read_text())

    assert config.get("num_virtual_tokens") == read_adapter(folder).virtual_tokens
