"""The entry codec: the entry again, or CacheCorruptedError; nothing in between."""

from __future__ import annotations

import math
import struct
import zlib
from zlib import crc32

import attrs
import pytest

from hubkit import CacheCorruptedError, DecodeError, ModelMetadata
from hubkit.cache._entry import MAX_BODY, Entry, decode_entry, encode_entry
from hubkit.cache._model_codec import decode_model, encode_model

KEY = "public|https://huggingface.co|model|org/näme"
ENTRY = Entry(KEY, 200, 1_767_225_600.25, 60.0, 'W/"3a4e-cZ"', b'{"id":"org/name"}')
CHECKED = 8


def _signed(rest: bytes) -> bytes:
    """An entry whose checksum fits, whatever it says: as somebody would write who knows the format."""
    return struct.pack(">4sI", b"HKE1", crc32(rest)) + rest


def _forged(stored_at: float = 1.0, ttl: float = 1.0, key_length: int = 1, etag_length: int = 0) -> bytes:
    return _signed(struct.pack(">HBddHH", 200, 1, stored_at, ttl, key_length, etag_length) + b"kbody")


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        Entry("", 404, 0.0, 0.0, None, b""),
        Entry("k", 200, -5.5, None, None, b"\0" * 100),
        Entry("a:b*?[]\n\0" + "x" * 4_096, 200, 1e11, 1e9, "é", bytes(range(256))),
        Entry("\ud800", 200, 1.0, 1.0, None, b""),
        Entry("ä" * 32_767, 200, 1.0, 1.0, "x" * 65_535, b""),
    ],
)
def test_round_trip(entry) -> None:
    """Every entry is read as it was written."""
    assert decode_entry(encode_entry(entry), entry.key) == entry


def test_any_buffer_will_do() -> None:
    """Backends may hand out bytes in other containers."""
    data = encode_entry(ENTRY)

    assert decode_entry(bytearray(data), KEY) == decode_entry(memoryview(data), KEY) == ENTRY


@pytest.mark.parametrize(
    "entry", [Entry("ä" * 32_768, 200, 1.0, 1.0, None, b""), Entry("", 200, 1.0, 1.0, "x" * 65_536, b"")]
)
def test_what_does_not_fit_is_refused(entry) -> None:
    """A key or etag that the format can't hold is refused, not cut."""
    with pytest.raises(CacheCorruptedError):
        encode_entry(entry)


def test_truncation_at_every_byte() -> None:
    """An entry that broke off anywhere is corrupt."""
    data = encode_entry(ENTRY)
    for length in range(len(data)):
        with pytest.raises(CacheCorruptedError):
            decode_entry(data[:length], KEY)


def test_every_flipped_byte() -> None:
    """An entry with any one byte changed, in any of its bits, is corrupt."""
    data = bytearray(encode_entry(ENTRY))
    for position in range(len(data)):
        for bits in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            data[position] ^= bits
            with pytest.raises(CacheCorruptedError):
                decode_entry(bytes(data), KEY)
            data[position] ^= bits

    assert decode_entry(bytes(data), KEY) == ENTRY


@pytest.mark.parametrize(
    "data", [b"", b"HKE1", b"HKE2" + b"\0" * 60, b"\x80\x04pickle", b"{}", b"\0" * 100, b"HKE1" * 20]
)
def test_foreign_bytes(data) -> None:
    """Another format, or another version of ours, is corrupt."""
    with pytest.raises(CacheCorruptedError):
        decode_entry(data, KEY)


@pytest.mark.parametrize("key", ["", KEY + "x", KEY[:-1], KEY.upper(), "anonymous" + KEY[6:]])
def test_another_question(key) -> None:
    """A sound entry in the wrong place is no answer."""
    with pytest.raises(CacheCorruptedError, match="another question"):
        decode_entry(encode_entry(ENTRY), key)


@pytest.mark.parametrize(
    "data",
    [
        _forged(stored_at=math.nan),
        _forged(stored_at=math.inf),
        _forged(stored_at=-math.inf),
        _forged(ttl=math.nan),
        _forged(ttl=-1.0),
        _forged(key_length=0),
        _forged(key_length=9),
        _signed(b""),
        _signed(b"short"),
        _signed(struct.pack(">HBddHH", 200, 1, 1.0, 1.0, 1, 0) + b"\xff"),
    ],
)
def test_impossible_entries(data) -> None:
    """A fitting checksum doesn't make sense of impossible dates, lengths or texts."""
    with pytest.raises(CacheCorruptedError):
        decode_entry(data, "k")


def test_forgery_is_possible() -> None:
    """The forger of these tests makes entries that would be believed, but for their fault."""
    assert decode_entry(_forged(), "k") == Entry("k", 200, 1.0, 1.0, None, b"body")


HEAD = b'["a/b"' + b",null" * 3 + b",[]" + b",null" * 11 + b",[],null,false]"


def _model(body: bytes, *, stored_at: float = 1.0, compressed: bool = False) -> ModelMetadata:
    return decode_model(Entry("k", 200, stored_at, 1.0, None, body, compressed))


def _body(head: bytes = HEAD, *, parts: bytes = b"[]{}{}") -> bytes:
    return struct.pack(">IIII", len(head), 2, 2, 2) + head + parts


def _deflated(plain: bytes) -> bytes:
    return zlib.compress(plain)[2:-4]


def test_forged_models_are_possible() -> None:
    """The bodies of these tests are believed, but for their fault."""
    model = _model(_body())

    assert model == ModelMetadata("a/b", cached_at=model.cached_at)
    assert _model(_deflated(_body()), compressed=True) == model


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 15,
        b"\0" * 16,
        _body(parts=b"[]{}{"),
        _body(parts=b"[]{}{}{"),
        _body(b"{}"),
        _body(b"[]"),
        _body(b"null"),
        _body(HEAD[:-1]),
        _body(HEAD[:-1] + b",1]"),
        _body(HEAD.replace(b'"a/b"', b"7")),
        _body(HEAD.replace(b",[]", b",7")),
        struct.pack(">IIII", 0xFFFFFFFF, 0, 0, 0),
    ],
)
def test_foreign_models(body) -> None:
    """A body that is no model of this version is corrupt."""
    with pytest.raises(CacheCorruptedError):
        _model(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff" * 40, _deflated(b""), _deflated(_body())[:20], _deflated(_body(HEAD[:-1]))],
)
def test_foreign_compressed_models(body) -> None:
    """What can't be inflated as far as the head, or gives no head, is corrupt."""
    with pytest.raises(CacheCorruptedError):
        _model(body, compressed=True)


@pytest.mark.parametrize(
    "body",
    [
        _deflated(_body(parts=b"[]{}{}{")),
        _deflated(_body(parts=b"[]{}")),
        _deflated(_body(parts=b"[]{}{}" + bytes(range(256)) * 64))[:-9],
        _deflated(_body() + b"\0" * (MAX_BODY + 1)),
    ],
    ids=["long", "short", "broken off", "bomb"],
)
def test_compressed_models_with_a_broken_end(body) -> None:
    """What is wrong beyond the head is found when somebody looks there, and is an error of ours, never an answer."""
    model = _model(body, compressed=True)

    for part in (model.siblings, model.card_data, model.extra):
        with pytest.raises(DecodeError):
            len(part)


def test_heads_longer_than_usual() -> None:
    """A compressed model of whatever many tags comes back whole."""
    model = ModelMetadata("a/b", tags=[f"tag-{number}" for number in range(5_000)], card_data={"a": 1})
    entry = Entry("k", 200, model.cached_at.timestamp(), None, None, encode_model(model))
    data = encode_entry(entry, compress=True)

    assert len(data) < 0.5 * len(entry.body)
    assert decode_model(decode_entry(data, "k")) == model


def test_stored_plain_after_compressed() -> None:
    """An entry that came compressed is stored plain where that is wanted, and the other way round."""
    plain = attrs.evolve(ENTRY, body=b"ab" * 4_096)
    packed = decode_entry(encode_entry(plain, compress=True), KEY)

    assert packed.compressed
    assert encode_entry(packed, compress=True) == encode_entry(plain, compress=True)
    assert encode_entry(packed) == encode_entry(plain)


@pytest.mark.parametrize("stored_at", [math.nan, math.inf, -math.inf, 1e300])
def test_models_of_impossible_dates(stored_at) -> None:
    """A date that no calendar has is corrupt too."""
    with pytest.raises(CacheCorruptedError):
        _model(_body(), stored_at=stored_at)


def test_negative_entries() -> None:
    """A stored 404 says that there is nothing."""
    assert Entry("k", 404, 1.0, 1.0, None, b"").negative
    assert not ENTRY.negative
