"""Weight files in parts, and what they add up to."""

import json

import pytest

from hubkit.cards import read_adapter

PARTS = {
    "adapter_model-00001-of-00002.safetensors": {"a.lora_A.weight": [8, 4]},
    "adapter_model-00002-of-00002.safetensors": {"a.lora_B.weight": [4, 8], "b.score.weight": [3, 4]},
}


@pytest.fixture
def in_parts(write_adapter, make_safetensors):
    """An adapter whose weights lie in two files."""
    folder = write_adapter({"peft_type": "LORA", "task_type": "SEQ_CLS"})
    (folder / "adapter_model.safetensors").unlink()
    weight_map = {}
    for name, shapes in PARTS.items():
        (folder / name).write_bytes(make_safetensors(shapes))
        weight_map |= dict.fromkeys(shapes, name)
    (folder / "adapter_model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder


def test_parts_add_up(in_parts):
    """Size, ranks and labels are those of all parts, and the index is their source."""
    facts = read_adapter(in_parts)

    assert (76, (8,), 3) == (facts.parameters, facts.ranks, facts.label_count)
    assert facts.sources["parameters"].startswith("adapter_model.safetensors.index.json: ")


def test_a_part_that_is_missing(in_parts):
    """The size is unknown then, and the warning says why."""
    (in_parts / "adapter_model-00002-of-00002.safetensors").unlink()

    facts = read_adapter(in_parts)

    assert facts.parameters is None
    assert any("index.json names files that are missing" in text for text in facts.warnings)


@pytest.mark.parametrize(
    "index",
    [
        {},
        {"weight_map": {}},
        {"weight_map": {"a": "../adapter_model-00001-of-00002.safetensors"}},
        {"weight_map": {"a": "/etc/passwd"}},
        {"weight_map": {str(i): f"adapter_model-{i:05}-of-99999.safetensors" for i in range(101)}},
        {"weight_map": {"a": ["x"]}},
        [],
    ],
)
def test_an_index_of_another_kind(in_parts, index):
    """It is a warning; no file elsewhere is opened."""
    (in_parts / "adapter_model.safetensors.index.json").write_text(json.dumps(index))

    facts = read_adapter(in_parts)

    assert facts.parameters is None
    assert any(text.startswith("adapter_model.safetensors.index.json ") for text in facts.warnings)


@pytest.mark.parametrize(
    ("tensors", "targets", "ranks"),
    [
        ({"a.q.lora_A.weight": [8, 4], "a.q.lora_B.weight": [4, 8]}, [], (8,)),
        ({"a.conv.lora_A.default.weight": [4, 3, 2, 2], "a.embed.lora_embedding_A": [2, 9]}, [], (2, 4)),
        ({"a.mlp.experts.lora_A.weight": [64, 4]}, ["mlp.experts.up"], ()),
        (
            {"a.mlp.experts.base_layer.lora_A.weight": [64, 4], "a.q.lora_A.weight": [8, 4]},
            ["experts.up"],
            (8,),
        ),
        ({"a.lora_A.weight": [8]}, [], ()),
    ],
)
def test_ranks_of_matrices(write_adapter, tensors, targets, ranks):
    """Convolutions and embeddings have ranks too; what holds several experts doesn't tell."""
    config = {"peft_type": "LORA", "target_parameters": targets}

    assert ranks == read_adapter(write_adapter(config, tensors)).ranks
