"""Real records through every form that a model takes, and no value that the Hub didn't send."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone

import pytest

from hubkit import DecodeError, ModelMetadata
from hubkit._hub_record import is_weight_file, weight_bytes
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.cache._model_codec import decode_model, encode_model

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
ENDPOINT = "https://huggingface.co"
# Fields that are a key of the record, unchanged; absent or null is None.
PLAIN = {
    "author": "author",
    "downloads": "downloads",
    "likes": "likes",
    "pipeline_tag": "pipeline_tag",
    "library_name": "library_name",
    "created_at": "createdAt",
    "last_modified": "lastModified",
    "sha": "sha",
    "private": "private",
    "gated": "gated",
    "disabled": "disabled",
}


@pytest.fixture(scope="module")
def models(records):
    """Each record with the model made of it."""
    return [(record, ModelMetadata.from_hub(record, endpoint=ENDPOINT, cached_at=WHEN)) for record in records]


def test_there_are_records_enough(models) -> None:
    """All of the recorded material takes part."""
    assert len(models) > 4_030


def test_records_stay_as_they_are(shaped_records) -> None:
    """Reading a record leaves it alone."""
    before = copy.deepcopy(shaped_records)
    for record in shaped_records:
        ModelMetadata.from_hub(record)

    assert before == shaped_records


def test_plain_fields_are_what_the_hub_said(models) -> None:
    """A field is the Hub's value, or None when the Hub gave none; nothing is invented."""
    different = [
        (model.model_id, field)
        for record, model in models
        for field, key in PLAIN.items()
        if getattr(model, field) != record.get(key)
    ]

    assert different == []


def test_lists_are_what_the_hub_said(models) -> None:
    """Tags, files and card are the Hub's."""
    for record, model in models:
        assert (record.get("id") or record.get("modelId")) == model.model_id
        assert tuple(record.get("tags") or ()) == model.tags
        assert (record.get("cardData") or {}) == model.card_data
        assert [file["rfilename"] for file in record.get("siblings") or ()] == [
            file.rfilename for file in model.siblings
        ]


def _license_by_the_rules(record):
    """Read anew from the raw record: the card first, then the tags; never a top-level key."""
    said = (record.get("cardData") or {}).get("license")
    if not said:
        said = [tag.split(":", 1)[1] for tag in record.get("tags") or () if tag.startswith("license:")]
    return said if isinstance(said, str) else ", ".join(said) or None


def test_licences_follow_the_rules(models) -> None:
    """The licence is the card's or the tags'; a model with neither has none."""
    expected = {model.model_id: _license_by_the_rules(record) for record, model in models}
    actual = {model.model_id: model.license for _, model in models}

    assert expected == actual
    assert len(set(actual.values())) > 20


def test_sizes_come_from_blobs_alone(models) -> None:
    """Bytes are known only where the answer gave each weight file's size; parameters are no bytes."""
    for record, model in models:
        sized = any("size" in file or "lfs" in file for file in record.get("siblings") or ())
        assert sized or model.model_size is None
        blocks = [record.get("safetensors") or {}, record.get("gguf") or {}]
        assert model.parameters == next((block["total"] for block in blocks if "total" in block), None)


def test_size_of_a_record_with_blobs(models) -> None:
    """The recorded answer with sizes has the sum of its weight files, counted by hand."""
    record, model = next(
        pair for pair in models if pair[1].model_id == "InvokeAI-test/textual_inversion_tests"
    )
    weights = [
        file for file in record["siblings"] if file["rfilename"].endswith((".bin", ".pt", ".safetensors"))
    ]

    assert weights
    assert sum(file["size"] for file in weights) == model.model_size


def test_unknown_keys_are_kept(models) -> None:
    """Every key of the Hub is found again, in a field or under `extra`."""
    for record, model in models:
        taken = {"id", "modelId", "tags", "siblings", "cardData", *PLAIN.values()}
        assert {key: value for key, value in record.items() if key not in taken} == model.extra


def test_dict_round_trip(models) -> None:
    """`from_dict(to_dict(x))` is x, and what lies between is JSON, byte for byte stable."""
    for _, model in models:
        text = json.dumps(model.to_dict())
        again = ModelMetadata.from_dict(json.loads(text))
        assert model == again
        assert json.dumps(again.to_dict()) == text


def test_pickle_and_hash(models) -> None:
    """A model unpickles equal, with an equal hash."""
    again = pickle.loads(pickle.dumps([model for _, model in models]))

    assert [model for _, model in models] == again
    assert [hash(model) for _, model in models] == [hash(model) for model in again]


def test_cache_round_trip(models) -> None:
    """A model comes equal out of an entry of the cache."""
    for _, model in models:
        entry = Entry(f"public|{model.model_id}", 200, WHEN.timestamp(), 60.0, 'W/"1"', encode_model(model))
        read = decode_entry(encode_entry(entry), entry.key)
        again = decode_model(read)
        assert entry == read
        assert model == again
        assert hash(model) == hash(again)
        assert model.to_dict() == again.to_dict()


def test_stored_form_is_compact(records) -> None:
    """What is stored of a record isn't larger than the record itself by more than the promised 15 %."""
    big = [record for record in records if len(record.get("siblings") or ()) > 10]
    raw = sum(len(json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()) for record in big)
    stored = sum(len(encode_model(ModelMetadata.from_hub(record))) for record in big)

    assert stored <= 1.15 * raw


@pytest.mark.parametrize(
    "record", [{}, {"id": None}, {"id": ""}, {"id": 5, "modelId": []}, [], "a/b", None, 5]
)
def test_records_about_nothing_fail(record) -> None:
    """What has no id is no model."""
    with pytest.raises(DecodeError):
        ModelMetadata.from_hub(record)


@pytest.mark.parametrize(
    ("card", "tags", "expected"),
    [
        ({"license": "mit"}, ["license:apache-2.0"], "mit"),
        ({"license": ["mit", "gpl-3.0", "mit"]}, [], "mit, gpl-3.0"),
        ({"license": " mit "}, [], "mit"),
        ({"license": ""}, ["license:mit"], "mit"),
        ({"license": []}, ["license:mit", "license:bsd"], "mit, bsd"),
        ({"license": {"name": "mit"}}, [], None),
        ({"license": [None, 5]}, [], None),
        (None, ["license:"], None),
        ("license: mit", ["mit"], None),
    ],
)
def test_odd_licences(card, tags, expected) -> None:
    """Lists are joined, blanks ignored, other types are no licence."""
    record = {"id": "a/b", "cardData": card, "tags": tags, "license": "top-level"}

    assert ModelMetadata.from_hub(record).license == expected


@pytest.mark.parametrize(
    ("card", "tags", "expected"),
    [
        ({"base_model": "x/y"}, ["base_model:p/q"], ("x/y",)),
        ({"base_model": ["x/y", "p/q", "x/y"]}, [], ("x/y", "p/q")),
        ({}, ["base_model:x/y", "base_model:adapter:x/y"], ("x/y",)),
        ({"base_model": None}, [], ()),
        ({"base_model": 5}, ["base_model:"], ()),
    ],
)
def test_base_models(card, tags, expected) -> None:
    """The card's base models, else those of the tags, each once."""
    assert ModelMetadata.from_hub({"id": "a/b", "cardData": card, "tags": tags}).base_models == expected


@pytest.mark.parametrize("value", [1, 0, "yes", [], {}, 1.0])
def test_odd_gates_are_unknown(value) -> None:
    """Only true, false, "auto" and "manual" say anything about a gate; 1 is not true."""
    assert ModelMetadata.from_hub({"id": "a/b", "gated": value}).gated is None


def test_files_that_are_weights() -> None:
    """Weights by their names; a training run's leftovers are none."""
    weights = [
        "model.safetensors",
        "a/MODEL.GGUF",
        "pytorch_model-00001-of-00002.bin",
        "x.onnx_data",
        "flax_model.msgpack",
    ]
    others = [
        "training_args.bin",
        "optimizer.pt",
        "rng_state_0.pth",
        "README.md",
        "scheduler.pt",
        "config.json",
    ]

    assert [is_weight_file(path) for path in weights + others] == [True] * len(weights) + [False] * len(
        others
    )


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ([("a.bin", 5, None), ("b.gguf", None, 7), ("README.md", 9, None)], 12),
        ([("a.bin", 5, None), ("b.bin", None, None)], None),
        ([("README.md", 9, None)], None),
        ([("a.bin", -5, None)], None),
        ([("a.bin", True, None)], None),
        ([("a.bin", 0, None)], 0),
        ([], None),
    ],
)
def test_sums_of_weights(files, size) -> None:
    """The sum is known when every part is."""
    records = [{"rfilename": name, "size": own, "lfs": {"size": lfs}} for name, own, lfs in files]

    assert weight_bytes(records) == size


def test_nesting_bomb_is_refused() -> None:
    """A record nested deeper than Python can follow is a DecodeError, not a crash."""
    bomb: object = None
    for _ in range(1_000):
        bomb = {"a": bomb}
    for key in ("config", "cardData", "siblings"):
        value = [{"rfilename": "x", "y": bomb}] if key == "siblings" else bomb
        with pytest.raises(DecodeError):
            ModelMetadata.from_hub({"id": "a/b", key: value})
