"""Which base model an adapter has, how that is known, and how the model is quantized."""

import json
import math
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hubkit.cards import read_adapter, render_card

BASES = Path(__file__).parents[1] / "data" / "bases"
COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture
def write_base(tmp_path):
    """Copy a real base model and change its config; its folder."""

    def write(where="bases/tiny-llama", real="tiny-llama", **changes):
        folder = shutil.copytree(BASES / real, tmp_path / where)
        config = json.loads((folder / "config.json").read_text()) | changes
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return write


def read(write_adapter, named, said=None, **config):
    """Facts of an adapter whose config names a base model."""
    config = {"peft_type": "LORA", "base_model_name_or_path": str(named), **config}
    return read_adapter(write_adapter(config), base_model=said)


def test_the_caller_comes_first(write_adapter):
    """The caller's id is taken whatever the config says, without a warning."""
    facts = read(write_adapter, "/home/ann/x", said="org/right")

    assert ("org/right", "caller: base_model") == (facts.base_model, facts.sources["base_model"])
    assert not any("base" in text for text in facts.warnings)


def test_a_caller_whom_the_config_contradicts(write_adapter):
    """The caller's id is taken, and both are named in a warning."""
    facts = read(write_adapter, "org/file", said="org/said")

    assert ("org/said", "caller: base_model") == (facts.base_model, facts.sources["base_model"])
    assert (
        "the caller's base_model is org/said, and adapter_config.json: base_model_name_or_path is org/file: "
        "the card names the caller's"
    ) in facts.warnings


def test_a_caller_whom_the_config_bears_out(write_adapter):
    """What both say is proven by the file."""
    facts = read(write_adapter, "org/file", said="org/file")

    assert "adapter_config.json: base_model_name_or_path" == facts.sources["base_model"]
    assert not any("base_model" in text for text in facts.warnings)


@pytest.mark.parametrize("said", ["/no/such/folder", "../x", "http://hub/x"])
def test_a_caller_who_names_no_model(write_adapter, said):
    """A path that is no folder is left out, with a warning that names the argument."""
    facts = read(write_adapter, "org/other", said=said)

    assert facts.base_model is None
    assert any("the caller's base_model is" in text for text in facts.warnings)


@pytest.mark.parametrize("said", [True, False])
def test_a_folder_that_says_where_it_is_from(write_adapter, write_base, said):
    """A folder on this disk stands for the id that its own config names."""
    folder = write_base(_name_or_path="org/tiny-llama")

    facts = read(write_adapter, "org/x" if said else folder, said=str(folder) if said else None)

    expected = "org/tiny-llama", "base model config.json: _name_or_path"
    assert expected == (facts.base_model, facts.sources["base_model"])


@pytest.mark.parametrize("origin", [None, "", "/home/ann/x", "./x", ["org/x"], 5])
def test_a_folder_that_doesnt(write_adapter, write_base, origin):
    """Without an id in its config a folder is left out, with a warning."""
    facts = read(write_adapter, write_base(_name_or_path=origin))

    assert facts.base_model is None
    assert any("a folder on this disk" in text for text in facts.warnings)


def test_an_origin_that_is_a_folder_too(write_adapter, write_base, tmp_path):
    """An id of the base model's config that is a folder beside it is no id."""
    write_base("bases/org/origin")

    facts = read(write_adapter, write_base(_name_or_path="org/origin"))

    assert facts.base_model is None


@pytest.mark.parametrize("real", ["tiny-llama", "tiny-bert", "tiny-t5"])
def test_what_a_folder_proves(write_adapter, write_base, real):
    """Architecture and size are those of the base model's own files."""
    folder = write_base(real=real)
    config = json.loads((folder / "config.json").read_text())
    raw = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    size = sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")

    facts = read(write_adapter, folder)

    assert (config["architectures"][0], size) == (facts.base_model_class, facts.base_parameters)


def test_a_base_model_in_parts(write_adapter, write_base, make_safetensors):
    """The sizes of the parts that the index names add up."""
    folder = write_base()
    (folder / "model.safetensors").unlink()
    parts = {"model-00001-of-00002.safetensors": [2, 3], "model-00002-of-00002.safetensors": [4]}
    for name, shape in parts.items():
        (folder / name).write_bytes(make_safetensors({"x": shape}))
    index = {"weight_map": dict(zip("ab", parts, strict=True))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    assert 10 == read(write_adapter, folder).base_parameters


@pytest.mark.parametrize("named", ["../../x.safetensors", "/etc/x.safetensors", 5, "x.bin"])
def test_an_index_that_points_elsewhere(write_adapter, write_base, named):
    """Only files of the folder itself are parts."""
    folder = write_base()
    (folder / "model.safetensors").rename(folder.parent / "x.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": named}}))

    assert read(write_adapter, folder).base_parameters is None


def test_a_base_config_that_is_broken(write_adapter, write_base):
    """It is a warning, and the weights still tell the size."""
    folder = write_base()
    (folder / "config.json").write_text("{")

    facts = read(write_adapter, folder)

    assert (None, 39072) == (facts.base_model_class, facts.base_parameters)
    assert "base model config.json is not valid JSON: its architecture is unknown" in facts.warnings


def test_a_folder_of_the_hubs_cache(write_adapter):
    """Its path names the model and the commit."""
    named = f"/home/ann/.cache/huggingface/hub/models--org--tiny/snapshots/{COMMIT}"

    facts = read(write_adapter, named)

    assert ("org/tiny", COMMIT) == (facts.base_model, facts.base_model_revision)


def test_a_pinned_revision(write_adapter):
    """The config's own word on the revision comes first."""
    facts = read(write_adapter, "org/tiny", revision="v1.0")

    assert ("v1.0", "adapter_config.json: revision") == (
        facts.base_model_revision,
        facts.sources["base_model_revision"],
    )


def test_a_class_without_a_task(write_adapter):
    """Without a task PEFT notes down which class was adapted."""
    mapping = {"base_model_class": "TinyModel", "parent_library": "tiny"}

    facts = read(write_adapter, "org/tiny", auto_mapping=mapping)

    expected = "TinyModel", "adapter_config.json: auto_mapping.base_model_class"
    assert expected == (facts.base_model_class, facts.sources["base_model_class"])


def test_a_base_model_in_the_cache(real_adapter, tmp_path):
    """An id whose files the Hub's cache has on this disk is as good as a folder."""
    snapshot = tmp_path / "hub" / "models--hubkit-test--tiny-llama" / "snapshots" / COMMIT
    shutil.copytree(BASES / "tiny-llama", snapshot)
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    code = (
        "import sys; from hubkit.cards import read_adapter; facts = read_adapter(sys.argv[1]);"
        "print(facts.base_model, facts.base_model_class, facts.base_parameters)"
    )
    command = [sys.executable, "-c", code, str(real_adapter("lora-causal-lm"))]

    done = subprocess.run(
        command, env={"HF_HUB_CACHE": str(tmp_path / "hub")}, capture_output=True, text=True, check=True
    )

    assert "hubkit-test/tiny-llama LlamaForCausalLM 39072\n" == done.stdout


BITSANDBYTES = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}


@pytest.mark.parametrize(
    ("given", "text", "method"),
    [
        (BITSANDBYTES, "4-bit (bitsandbytes nf4)", "QLoRA"),
        ({"_load_in_8bit": True, "quant_method": "bitsandbytes"}, "8-bit (bitsandbytes)", "LoRA"),
        ({"quant_method": "gptq", "bits": 4}, "4-bit (GPTQ)", "QLoRA"),
        ({"quant_method": "gptq", "bits": 8}, "8-bit (GPTQ)", "LoRA"),
        ({"quant_method": "awq", "bits": 4}, "4-bit (AWQ)", "QLoRA"),
        ({"quant_method": "mxfp4"}, "MXFP4", "LoRA"),
        ({"quant_method": "new-one", "bits": "4"}, "new-one", "LoRA"),
        ({"quant_method": "a\nb"}, None, "LoRA"),
        ({"quant_method": 5}, None, "LoRA"),
        ({}, None, "LoRA"),
    ],
)
def test_quantization_of_the_base_config(write_adapter, write_base, given, text, method):
    """What the base model's config says decides on QLoRA, and is its source."""
    facts = read(write_adapter, write_base(quantization_config=given))

    assert (text, method) == (facts.quantization, facts.method)
    assert facts.base_parameters is None
    if method == "QLoRA":
        source = "base model config.json: quantization_config"
        assert f"adapter_config.json: peft_type; {source}" == facts.sources["method"]
        assert ("lora", "qlora") == facts.method_tags
        assert ("2106.09685", "2305.14314") == facts.papers


@pytest.mark.parametrize(
    ("model_id", "text", "bits"),
    [
        ("unsloth/llama-3-8b-bnb-4bit", "4-bit (bitsandbytes)", 4),
        ("unsloth/Llama-3.2-1B-unsloth-bnb-4bit", "4-bit (bitsandbytes)", 4),
        ("org/tiny-bnb-8bit", "8-bit (bitsandbytes)", 8),
        ("mlx/tiny-4bit", "4-bit", 4),
        ("org/tiny-AWQ", "4-bit (AWQ)", 4),
        ("org/tiny-GPTQ-Int4", "4-bit (GPTQ)", 4),
        ("org/tiny-GPTQ-Int8", "8-bit (GPTQ)", 8),
        ("org/tiny-4bit-gptq", "4-bit (GPTQ)", 4),
        ("org/tiny-GPTQ", "GPTQ", None),
        ("org/tiny-AQLM-2Bit-1x16", "2-bit (AQLM)", 2),
        ("org/tiny-AQLM-PV-2Bit-1x16-hf", "2-bit (AQLM)", 2),
        ("org/tiny-AQLM", "AQLM", None),
        ("org/tiny-EETQ", "8-bit (EETQ)", 8),
        ("org/tiny-eetq-8bit", "8-bit (EETQ)", 8),
        ("org/tiny-FP8-dynamic", "8-bit (FP8)", 8),
        ("org/tiny-HQQ-4bit", "4-bit (HQQ)", 4),
        ("org/tiny-4bit_g64-HQQ", "4-bit (HQQ)", 4),
        ("org/awqward", None, None),
        ("org/tiny-4b", None, None),
        ("org/awq-tiny", None, None),
    ],
)
def test_quantization_of_a_name(write_adapter, model_id, text, bits):
    """The end of the base model's name is evidence, and its source."""
    facts = read(write_adapter, model_id)

    assert (text, bits) == (facts.quantization, facts.quantization_bits)
    assert ("QLoRA" if bits == 4 else "LoRA") == facts.method
    assert text is None or "base_model: the name's end" == facts.sources["quantization"]


@pytest.mark.parametrize(
    ("config", "text", "method"),
    [
        ({"loftq_config": {"loftq_bits": 4}, "init_lora_weights": "loftq"}, "4-bit (LoftQ)", "QLoRA"),
        ({"loftq_config": {}}, None, "LoRA"),
        ({"use_qalora": True}, "GPTQ", "QALoRA"),
        ({"use_qalora": False}, None, "LoRA"),
    ],
)
def test_quantization_of_the_adapters_config(write_adapter, config, text, method):
    """LoftQ and QALoRA are for quantized models, and say so."""
    facts = read(write_adapter, "org/tiny", **config)

    assert text == facts.quantization
    assert method == facts.method.partition(",")[0]


@pytest.mark.parametrize(
    ("said", "bits", "method"),
    [("4-bit (nf4)", 4, "QLoRA"), ("8bit", 8, "LoRA"), ("somehow", None, "LoRA"), (" ", None, "LoRA")],
)
def test_quantization_of_the_caller(write_adapter, said, bits, method):
    """The caller's word is evidence too."""
    facts = read_adapter(write_adapter({"peft_type": "LORA"}), quantization=said)

    assert (bits, method) == (facts.quantization_bits, facts.method)
    assert (said.strip() or None) == facts.quantization


@pytest.mark.parametrize(
    ("peft_type", "model_id", "merges"),
    [
        ("LORA", "org/tiny", True),
        ("LORA", "org/tiny-bnb-4bit", True),
        ("LORA", "org/tiny-HQQ-4bit", True),
        ("LORA", "org/tiny-GPTQ-Int4", False),
        ("LORA", "org/tiny-AWQ", False),
        ("LORA", "org/tiny-AQLM-2Bit-1x16", False),
        ("LORA", "org/tiny-EETQ", False),
        ("LORA", "org/tiny-FP8", False),
        ("LORA", "org/tiny-4bit", None),
        ("OFT", "org/tiny-HQQ-4bit", True),
        ("ROAD", "org/tiny-bnb-4bit", True),
        ("ROAD", "org/tiny-HQQ-4bit", False),
        ("IA3", "org/tiny-bnb-4bit", False),
        ("ADALORA", "org/tiny-bnb-8bit", False),
        ("PROMPT_TUNING", "org/tiny-bnb-4bit", False),
        ("NEWEST", "org/tiny-bnb-4bit", None),
    ],
)
def test_merging_into_a_quantized_model(write_adapter, peft_type, model_id, merges):
    """PEFT can with bitsandbytes and HQQ, and not with every method; of other quantizers it never can."""
    facts = read_adapter(
        write_adapter({"peft_type": peft_type, "base_model_name_or_path": model_id, "task_type": "CAUSAL_LM"})
    )

    assert merges == facts.merges
    assert (merges is None) == ("merges" not in facts.sources)
    assert (merges is True) == ("merge_and_unload" in render_card(facts, repo_id="ann/foxes"))


@pytest.mark.parametrize(
    ("said", "merges"),
    [
        ("4-bit (nf4)", True),
        ("bnb-4bit", True),
        ("8-bit with bitsandbytes", True),
        ("HQQ, 4 bits", True),
        ("GPTQ Int4", False),
        ("AWQ", False),
        ("8-bit", None),
        ("hqqish", None),
    ],
)
def test_merging_by_the_callers_word(write_adapter, said, merges):
    """A quantizer is known by its name, however people write it."""
    facts = read_adapter(write_adapter({"peft_type": "LORA"}), quantization=said)

    assert merges == facts.merges


def test_no_network_paths(write_adapter):
    """A name on another machine is not looked at: to ask for it would log in there."""
    facts = read(write_adapter, r"\\evil.example\share\model")

    assert facts.base_model is None
    assert any("not a model id" in text for text in facts.warnings)
