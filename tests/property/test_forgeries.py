"""Entries by somebody who knows the format: an answer, or a miss, and never another exception."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubkit import CacheCorruptedError, DecodeError, ModelMetadata
from hubkit._lazy import dump_json
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.cache._frame import HEAD, frame, key_and_end
from hubkit.cache._freshness import Freshness, Policy, assess, may_serve_on_error
from hubkit.cache._model_codec import decode_model

KEY = "public|https://hub.example|model|org/name"
CORRUPT = (CacheCorruptedError, DecodeError)

bits = st.integers(0, 2**64 - 1).map(lambda number: struct.unpack(">d", struct.pack(">Q", number))[0])
dates = bits | st.floats(0.0, 3e9)
lengths = st.integers(0, 65_535) | st.sampled_from([0, 1, len(KEY)])
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
deep = st.integers(1, 100_000).map(lambda depth: b"[" * depth)
texts = json.map(lambda value: _text_of(value)) | st.binary(max_size=30) | deep
stored_at = datetime(2026, 1, 1, tzinfo=timezone.utc)
whole = ModelMetadata("org/name", siblings=[{"rfilename": "x"}], card_data={"a": 1}, cached_at=stored_at)


def _text_of(value):
    try:
        return dump_json(value)
    except DecodeError:
        return b"NaN"


def mostly(value, others):
    """One value nearly always, so that a forgery fails for few of its faults at a time."""
    return st.integers(0, 9).flatmap(lambda number: others if number == 0 else st.just(value))


@st.composite
def forged(draw):
    """Bytes whose checksum fits, whatever else is wrong with them."""
    key = draw(mostly(KEY.encode(), st.sampled_from([b"", b"\xff\xfe", KEY.encode()[:-1]])))
    etag = draw(st.binary(max_size=4))
    head = struct.pack(
        ">HBddHH",
        draw(st.integers(0, 65_535) | st.sampled_from([200, 404])),
        draw(mostly(1, st.integers(0, 255))),
        draw(dates),
        draw(dates),
        draw(mostly(len(key), lengths)),
        draw(mostly(len(etag), lengths)),
    )
    rest = head + key + etag + draw(st.binary(max_size=60) | texts | models())
    return b"HKE1" + struct.pack(">I", zlib.crc32(rest)) + rest


@st.composite
def models(draw):
    """The body of a model's entry with parts of any content, of lengths that fit, or nearly."""
    scalars = list(whole.scalars())
    for place in draw(st.lists(st.integers(0, len(scalars) - 1), max_size=3)):
        scalars[place] = draw(json)
    head = draw(mostly(_text_of(scalars), texts))
    files = draw(
        texts | st.lists(st.fixed_dictionaries({"rfilename": json}) | json, max_size=3).map(_text_of)
    )
    parts = [head, files, draw(texts), draw(texts)]
    announced = [max(0, len(part) + draw(mostly(0, st.sampled_from([1, -1, 2**30])))) for part in parts]
    return struct.pack(">IIII", *announced) + b"".join(parts)


def read_all(model):
    """Everything that a reader may want of a model."""
    parts = (model.siblings, model.card_data, model.extra)
    return [model.to_dict(), repr(model), hash(model), *map(len, parts), *map(repr, parts)]


@given(forged())
def test_forged_entries(data) -> None:
    """Bytes with a fitting checksum are an entry that can be judged, or corrupt."""
    try:
        entry = decode_entry(data, KEY)
    except CacheCorruptedError:
        return
    verdict = assess(entry.stored_at, entry.ttl, negative=entry.negative, now=1e9, policy=Policy())

    assert entry.key == KEY
    assert isinstance(verdict, Freshness)
    assert may_serve_on_error(entry.stored_at, now=1e9, policy=Policy()) in (True, False)
    if verdict is Freshness.HIT:
        assert entry.stored_at < 1e9 + 3_600


@given(forged(), st.binary(min_size=1, max_size=40))
def test_nobody_forges_a_signature(data, signing_key) -> None:
    """Who has the fleet's key reads nothing that isn't signed with it, whatever the flags say."""
    for forgery in (data, data + bytes(32), encode_entry(Entry(KEY, 200, 1.0, None, None, b"x"))):
        with pytest.raises(CacheCorruptedError):
            decode_entry(forgery, KEY, signing_key=signing_key)


@given(models(), st.booleans(), dates)
def test_forged_models(body, compressed, date) -> None:
    """A body of parts of any content is a model all of whose parts can be read, or corrupt."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    stored = packer.compress(body) + packer.flush() if compressed else body
    try:
        model = decode_model(Entry(KEY, 200, date, None, None, stored, compressed))
        found = read_all(model)
    except CORRUPT:
        return

    assert found == read_all(model)


@given(st.binary(max_size=60), st.binary(max_size=200))
def test_noise_that_claims_to_be_compressed(body, tail) -> None:
    """Noise after a sound beginning is found out before any of it is believed."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    entry = Entry(KEY, 200, 1.0, None, None, (packer.compress(body) + packer.flush())[:-1] + tail, True)
    try:
        plain = entry.plain()
    except CacheCorruptedError:
        return

    assert len(plain) <= 64 * 1024 * 1024


@given(st.binary(max_size=80), st.integers(0, 2**64 - 1))
def test_files_of_any_bytes(noise, size) -> None:
    """Whatever stands at the beginning of a file, it is a frame or it is none."""
    head = noise[: HEAD.size]
    for start in (noise, b"HKF1" + noise, frame(noise, b"", 1.0)):
        found = key_and_end(start, size)

        assert found is None or (start.startswith(b"HKF1") and len(found[0]) <= len(start))
    assert key_and_end(head[:-1], size) is None or len(head) == HEAD.size
