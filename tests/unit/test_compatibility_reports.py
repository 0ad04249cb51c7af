"""Reports on compatibility: each finding, its severity and what it comes to."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from hubkit import ModelMetadata
from hubkit._compatibility import assess, is_compatible

PAYLOADS = Path(__file__).parents[1] / "data" / "payloads"
GOOD = ("config.json", "model.safetensors", "tokenizer.json")


def model(*files, **fields):
    """What the Hub says of a model with some files, sizes given as path=bytes."""
    siblings = [{"rfilename": name, "size": 100} for name in files]
    return ModelMetadata.from_hub({"id": "a/b", "siblings": siblings, **fields})


def codes(report):
    """Severity and code of each finding."""
    return [(each.severity, each.code) for each in report.findings]


def assessed(*files, library=None, base=None, access=None, installed=None, **fields):
    """The findings on such a model, and the verdict."""
    found = assess(model(*files, **fields), library, base=base, access=access, installed=installed)
    return codes(found), found.verdict


@pytest.mark.parametrize(
    ("files", "fields", "expected", "verdict"),
    [
        (GOOD, {}, [], "compatible"),
        (("config.json",), {}, [("error", "no-weights")], "incompatible"),
        (("model.safetensors",), {}, [("error", "no-config")], "incompatible"),
        ((), {}, [("error", "no-weights"), ("error", "no-config")], "incompatible"),
        (("config.json", "training_args.bin"), {}, [("error", "no-weights")], "incompatible"),
        (
            ("config.cfg", "meta.json", "vectors"),
            {"library_name": "spacy"},
            [("note", "other-layout")],
            "compatible",
        ),
        (("model.joblib",), {"library_name": "sklearn"}, [("note", "other-layout")], "compatible"),
        (
            ("README.md", ".gitattributes"),
            {"library_name": "spacy"},
            [("error", "no-weights"), ("error", "no-config")],
            "incompatible",
        ),
        (GOOD, {"disabled": True}, [("error", "disabled")], "incompatible"),
        (("config.json", "pytorch_model.bin"), {}, [("warning", "pickle-only")], "compatible"),
        (("config.json", "pytorch_model.bin", "model.safetensors"), {}, [], "compatible"),
        (("m-Q4.gguf",), {}, [("note", "one-format")], "compatible"),
        (("model.onnx", "model.onnx_data"), {}, [("note", "one-format")], "compatible"),
        (GOOD, {"config": {"auto_map": {"AutoModel": "m.M"}}}, [("warning", "remote-code")], "compatible"),
        (GOOD, {"transformersInfo": {"custom_class": "m.M"}}, [("warning", "remote-code")], "compatible"),
        (GOOD, {"tags": ["custom_code"]}, [("warning", "remote-code")], "compatible"),
        ((*GOOD, "modeling_x.py"), {}, [("note", "own-code")], "compatible"),
        ((*GOOD, "train.py"), {}, [], "compatible"),
        (GOOD, {"config": {"auto_map": {}}}, [], "compatible"),
        (GOOD, {"gated": "manual"}, [("warning", "gated")], "compatible"),
        (GOOD, {"gated": False}, [], "compatible"),
        (
            GOOD,
            {"config": {"quantization_config": {"quant_method": "gptq"}}},
            [("warning", "quantized")],
            "compatible",
        ),
        (GOOD, {"tags": ["awq"]}, [("warning", "quantized")], "compatible"),
        (GOOD, {"config": {"transformers_version": "4.40.0"}}, [("note", "made-with")], "compatible"),
        (GOOD, {"config": {"transformers_version": "$(rm)"}}, [], "compatible"),
        (GOOD, {"config": 7, "transformersInfo": [], "safetensors": "x"}, [], "compatible"),
        (
            ("config.json", "model.safetensors"),
            {"pipeline_tag": "text-generation", "library_name": "transformers"},
            [("warning", "no-tokenizer")],
            "compatible",
        ),
        (
            ("config.json", "model.safetensors"),
            {"pipeline_tag": "image-classification", "library_name": "transformers"},
            [],
            "compatible",
        ),
    ],
)
def test_findings(files, fields, expected, verdict):
    """Each fact of a record leads to its finding, and to no other."""
    assert (expected, verdict) == assessed(*files, **fields)


@pytest.mark.parametrize(
    ("fields", "expected", "verdict"),
    [
        ({"library_name": "transformers"}, [], "compatible"),
        ({"tags": ["transformers"]}, [], "compatible"),
        (
            {"library_name": "diffusers", "tags": ["transformers"]},
            [("error", "other-library")],
            "incompatible",
        ),
        ({}, [("unknown", "library-unknown")], "unknown"),
    ],
)
def test_required_library(fields, expected, verdict):
    """Another library is a no; none that is stated anywhere is no answer."""
    assert (expected, verdict) == assessed(*GOOD, library="transformers", **fields)


def test_versions_of_this_python():
    """An older library than the one that wrote the configuration is a warning; one that isn't there a note."""
    config = {"transformers_version": "4.40.0"}
    fields = {"library_name": "transformers", "config": config}
    found = {
        version: assessed(*GOOD, library="transformers", installed={"transformers": version}, **fields)[0]
        for version in ("4.9.0", "4.40.0", "4.41.0.dev0", None)
    }

    assert {
        "4.9.0": [("warning", "older-library")],
        "4.40.0": [("note", "made-with")],
        "4.41.0.dev0": [("note", "made-with")],
        None: [("note", "not-installed"), ("note", "made-with")],
    } == found


ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


@pytest.mark.parametrize(
    ("card", "base", "expected", "verdict"),
    [
        ({}, None, [("warning", "base-not-named")], "compatible"),
        ({"base_model": "a/base"}, None, [("note", "needs-base")], "compatible"),
        ({"base_model": "a/base"}, "it is not cached", [("unknown", "base-unknown")], "unknown"),
        ({"base_model": "a/base"}, model(*GOOD), [("note", "needs-base")], "compatible"),
        (
            {"base_model": "a/base"},
            model("config.json", gated="auto"),
            [("error", "base-no-weights"), ("warning", "base-gated"), ("note", "needs-base")],
            "incompatible",
        ),
    ],
    ids=["not named", "not looked at", "unknown", "good", "no weights"],
)
def test_adapters_and_their_base_models(card, base, expected, verdict):
    """An adapter is nothing without its base model: what is wrong with that is wrong with it."""
    assert (expected, verdict) == assessed(*ADAPTER, base=base, cardData=card)


@pytest.mark.parametrize(
    ("access", "expected", "verdict"),
    [
        (True, [("note", "access")], "compatible"),
        (False, [("error", "no-access"), ("warning", "gated")], "incompatible"),
        ("the network is forbidden", [("unknown", "access-unknown"), ("warning", "gated")], "unknown"),
    ],
)
def test_access(access, expected, verdict):
    """What the Hub says of this token counts; who has been let in isn't warned of the gate."""
    assert (expected, verdict) == assessed(*GOOD, access=access, gated="auto")


def test_listings_leave_it_open():
    """A listing's record has no files: that they are missing is nobody's to say."""
    found = assess(ModelMetadata("a/b", partial=True))

    assert ([("unknown", "files-unknown")], "unknown") == (codes(found), found.verdict)
    assert not is_compatible(ModelMetadata("a/b", partial=True))


@pytest.mark.parametrize(
    ("files", "fields", "expected"),
    [
        (GOOD, {}, (300, 100, 100)),
        (GOOD, {"safetensors": {"parameters": {"BF16": 1000, "F32": 10}}}, (300, 100, 2040)),
        (GOOD, {"safetensors": {"parameters": {"F8_E4M3": 1000, "X9": 10}}}, (300, 100, None)),
        (GOOD, {"safetensors": {"parameters": {"BF16": "many"}}}, (300, 100, None)),
        (("config.json", "model.safetensors", "pytorch_model.bin"), {}, (300, 100, 100)),
        (("config.json", "a.bin", "b.bin"), {}, (300, 200, None)),
        (("q4.gguf", "q8.gguf"), {}, (200, None, None)),
        (("config.json",), {}, (100, None, None)),
        ((), {}, (None, None, None)),
    ],
)
def test_sizes(files, fields, expected):
    """Bytes on the disk, of the weights that are loaded, and in memory; None where that can't be told."""
    found = assess(model(*files, **fields))

    assert expected == (found.disk_bytes, found.weight_bytes, found.memory_bytes)


def test_unknown_sizes_stay_unknown():
    """One file without a size, and the sum is nobody's to say; that of LFS counts."""
    siblings = [{"rfilename": "config.json"}, {"rfilename": "m.safetensors", "lfs": {"size": 7}}]
    found = assess(ModelMetadata("a/b", siblings=siblings))

    assert (None, 7, 7) == (found.disk_bytes, found.weight_bytes, found.memory_bytes)


def test_every_record_of_the_sample_gets_a_report():
    """4,000 real records: each gets a report that agrees with the short answer and is JSON; both answers occur."""
    with gzip.open(PAYLOADS / "models_2022_sample.jsonl.gz", "rt", encoding="utf-8") as file:
        models = [ModelMetadata.from_hub(json.loads(line)) for line in file]
    reports = [assess(each, "transformers") for each in models]
    documents = [json.loads(json.dumps(report.to_dict())) for report in reports]

    assert [is_compatible(each, "transformers") for each in models] == [
        each.is_compatible for each in reports
    ]
    assert {"compatible", "incompatible", "unknown"} == {document["verdict"] for document in documents}
    assert all(finding["source"] for document in documents for finding in document["findings"])


def test_what_is_shown_is_plain_text():
    """Names that the Hub hands out are cleaned before they stand in a message."""
    hostile = "x\x1b[31m\nred"
    found = assess(
        model(*GOOD, library_name=hostile, config={"quantization_config": {"quant_method": hostile}}), "peft"
    )
    adapter = assess(model(*ADAPTER, cardData={"base_model": hostile}), base="it is not cached")

    assert ["other-library", "quantized"] == [each.code for each in found.findings]
    assert all(str(each).isprintable() for each in found.findings)
    assert "it is an adapter of x red, of which nothing is known: it is not cached" == adapter.reasons[0]
