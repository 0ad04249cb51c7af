"""Entries and keys: equal when read again, and never taken for another."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubkit import CacheCorruptedError
from hubkit._secrets import Secret
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.cache._keys import ANONYMOUS, PUBLIC, fingerprint, model_key, search_key
from hubkit.cache._model_codec import decode_model

ALL_TEXT = st.text(st.characters(), max_size=40)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ENTRIES = st.builds(
    Entry,
    key=ALL_TEXT,
    status=st.integers(0, 65_535),
    stored_at=FINITE,
    ttl=st.none() | st.floats(0.0, allow_nan=False),
    etag=st.none() | st.text(min_size=1, max_size=40),
    body=st.binary(max_size=100),
)
# "|" can't stand in a URL, "://" opens one.
ENDPOINTS = st.sampled_from(["https://huggingface.co", "https://hub.example", "https://hub.example/model"])
SCOPES = st.sampled_from([PUBLIC, ANONYMOUS, fingerprint("https://h", Secret("t"))])
REVISIONS = st.none() | st.sampled_from(["main", "v1", "refs/pr/1", "@", "a@b", "@@"])
IDS = st.one_of(
    ALL_TEXT, st.lists(st.sampled_from(["a/b", " ", "@", "main", "|", "model"]), max_size=6).map("".join)
)


@given(ENTRIES)
def test_round_trip(entry) -> None:
    """Every entry is read as it was written."""
    assert decode_entry(encode_entry(entry), entry.key) == entry


@given(ENTRIES, st.data())
def test_damage_is_noticed(entry, data) -> None:
    """An entry that was cut, or of which up to four bytes in a row changed, is corrupt."""
    whole = encode_entry(entry)
    position = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=4))
    damaged = whole[:position] + damage + whole[position + len(damage) :]
    for torn in (whole[:position], damaged):
        if torn != whole:
            with pytest.raises(CacheCorruptedError):
                decode_entry(torn, entry.key)


@given(ENTRIES, ALL_TEXT)
def test_other_keys_find_nothing(entry, key) -> None:
    """A sound entry answers its own question alone."""
    if key != entry.key:
        with pytest.raises(CacheCorruptedError):
            decode_entry(encode_entry(entry), key)


@given(st.binary(max_size=200), ALL_TEXT)
def test_noise_is_no_entry(noise, key) -> None:
    """Arbitrary bytes are corrupt, with or without our mark in front of them."""
    for data in (noise, b"HKE1" + noise):
        with pytest.raises(CacheCorruptedError):
            decode_entry(data, key)


@given(st.binary(max_size=200), FINITE, st.booleans())
def test_noise_is_no_model(noise, stored_at, compressed) -> None:
    """Arbitrary bytes as the body of an entry are corrupt."""
    with pytest.raises(CacheCorruptedError):
        decode_model(Entry("k", 200, stored_at, None, None, noise, compressed))


@given(ENTRIES, st.binary(max_size=40), st.integers(0, 2_000))
def test_compression_round_trip(entry, pattern, repeats) -> None:
    """A body is the same after compression, from any beginning of it to the whole."""
    whole = attrs.evolve(entry, body=pattern * repeats)
    stored = decode_entry(encode_entry(whole, compress=True), entry.key)

    assert stored.plain() == whole.body
    assert stored.opening(100) == whole.body[:100]


@given(*[st.tuples(ENDPOINTS, SCOPES, IDS.filter(lambda text: "|" not in text), REVISIONS)] * 2)
def test_one_question_one_key(first, second) -> None:
    """Two questions have the same key only if they are the same question."""
    assert (model_key(*first) == model_key(*second)) == (first == second)


@given(ENDPOINTS, SCOPES, IDS, ALL_TEXT)
def test_models_are_no_searches(endpoint, scope, model_id, query) -> None:
    """No model's key is that of a search."""
    assert model_key(endpoint, scope, model_id) != search_key(endpoint, scope, query)


SECRETS = st.builds(Secret, st.text("abc!~", min_size=1, max_size=6))


@given(*[st.tuples(ENDPOINTS, SECRETS, st.none() | SECRETS)] * 2)
def test_fingerprints_tell_apart(first, second) -> None:
    """Two callers have the same fingerprint only if endpoint, token and fleet secret are the same."""
    assert (fingerprint(*first) == fingerprint(*second)) == (first == second)


@given(ENDPOINTS, st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=9, max_size=60))
def test_fingerprints_hide_the_token(endpoint, token) -> None:
    """The token, whatever its shape, isn't in its fingerprint."""
    assert token not in fingerprint(endpoint, Secret(token))
