"""Models of real and of spoilt records: never a crash, never another value on the way back."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hubkit import DecodeError, ModelMetadata
from hubkit._lazy import JsonObject, dump_json, load_json
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.cache._model_codec import decode_model, encode_model
from hubkit.models import Identity, ModelFile, RepoCommit

PAYLOADS = Path(__file__).parents[1] / "data" / "payloads"
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _records():
    for name in (
        "model_info__*",
        "model_info_expand__*",
        "models_list*",
        "model_2022__gpt2*",
        "model_2022__espnet*",
    ):
        for path in sorted(PAYLOADS.glob(f"{name}.json")):
            document = json.loads(path.read_text("utf-8"))
            yield from document if isinstance(document, list) else [document]


RECORDS = list(_records())


def _places(value, path=()):
    """The path to every value at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


PLACES = [sorted(_places(record), key=len) for record in RECORDS]


@st.composite
def spoilt_records(draw):
    """A real record in which some values, at any depth, are null or of another type, or gone."""
    number = draw(st.integers(0, len(RECORDS) - 1))
    record = copy.deepcopy(RECORDS[number])
    for _ in range(draw(st.integers(1, 8))):
        *way, last = draw(st.sampled_from(PLACES[number]))
        holder = record
        try:
            for key in way:
                holder = holder[key]
            holder[last]
        except (KeyError, IndexError, TypeError):
            # An earlier change took the place away.
            continue
        if isinstance(holder, str):
            continue
        if draw(st.booleans()):
            holder[last] = draw(st.none() | JSON)
        else:
            del holder[last]
    return record


def _has_id(record) -> bool:
    return any(isinstance(record.get(key), str) and record[key] for key in ("id", "modelId"))


def stored(model):
    """The model as it comes out of a shared store."""
    entry = Entry("k", 200, model.cached_at.timestamp(), None, None, encode_model(model))
    return decode_model(decode_entry(encode_entry(entry, compress=True), "k"))


@given(spoilt_records())
def test_spoilt_records(record) -> None:
    """A record with an id makes a model that survives every form; one without is a DecodeError."""
    before = copy.deepcopy(record)
    try:
        model = ModelMetadata.from_hub(record)
    except DecodeError:
        assert not _has_id(record)
        return

    assert _has_id(record)
    assert before == record
    assert ModelMetadata.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    assert pickle.loads(pickle.dumps(model)) == model
    again = stored(model)
    assert again == model
    assert hash(again) == hash(model)
    for text in (model.author, model.license, model.pipeline_tag, model.sha):
        assert text is None or (isinstance(text, str) and text)
    for count in (model.downloads, model.likes, model.model_size, model.parameters):
        assert count is None or (type(count) is int and count >= 0)
    assert all(file["rfilename"] == file.rfilename for file in model.siblings)


@given(spoilt_records())
def test_spoilt_dicts(record) -> None:
    """`from_dict` of a spoilt dict gives a model or a DecodeError, and leaves the dict alone."""
    plain = {
        "model_id": "a/b",
        **{key.replace("lastModified", "last_modified"): value for key, value in record.items()},
    }
    before = copy.deepcopy(plain)
    try:
        model = ModelMetadata.from_dict(plain)
    except DecodeError:
        model = None

    assert before == plain
    assert model is None or ModelMetadata.from_dict(model.to_dict()) == model


@given(JSON)
def test_anything_as_a_record(value) -> None:
    """Whatever JSON a server sends, it is a model or a DecodeError."""
    for build in (ModelMetadata.from_hub, ModelFile.from_hub):
        try:
            build(value)
        except DecodeError:
            continue


@given(
    st.dictionaries(
        st.sampled_from(["name", "type", "fullname", "orgs", "auth", "id", "authors", "title", "date"]), JSON
    )
)
def test_anything_as_an_identity_or_commit(record) -> None:
    """Odd answers about people are their values or a DecodeError."""
    for build in (Identity.from_hub, RepoCommit.from_hub):
        try:
            value = build(record)
        except DecodeError:
            continue
        assert hash(value) == hash(build(record))


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_objects_round_trip(plain) -> None:
    """A JSON object is the same from text and from data, and its parts are copies."""
    lazy = JsonObject(plain)
    again = JsonObject.from_raw(dump_json(plain))
    lazy.to_plain().clear()

    assert lazy == again == plain
    assert hash(lazy) == hash(again)
    assert lazy.to_plain() == load_json(again.to_raw()) == plain


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)))
def test_dates_round_trip(date) -> None:
    """A date of answer comes back to the microsecond through text and through an entry."""
    model = ModelMetadata("a/b", cached_at=date.replace(tzinfo=timezone.utc))

    assert ModelMetadata.from_dict(model.to_dict()).cached_at == model.cached_at
    assert stored(model) == model


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=5), JSON)
def test_any_text_is_a_model(model_id, tags, value) -> None:
    """A model that somebody made by hand round-trips too, whatever it is called."""
    model = ModelMetadata(model_id, tags=tags, card_data={"x": value}, extra={"y": value})

    assert ModelMetadata.from_dict(model.to_dict()) == model
    assert stored(model) == model
