"""Safetensors headers: truncated, lying and random."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import read_adapter

ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def packed(header, data=8):
    """A file of a header and so many bytes of data."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(data)


def read(folder, raw):
    """Facts of a folder with nothing but this weight file."""
    (folder / "adapter_model.safetensors").write_bytes(raw)
    return read_adapter(folder)


def test_well_formed_file(tmp_path):
    """The helper's own file is accepted, else the refusals below prove nothing."""
    facts = read(tmp_path, packed({"a": ENTRY}))

    assert (2, "float32") == (facts.parameters, facts.dtype)


def test_mixed_and_unknown_types(tmp_path):
    """Several types are all named, one that nobody knows as it is."""
    header = {
        "a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
        "b": {"dtype": "F99", "shape": [1], "data_offsets": [4, 8]},
    }

    assert "F99, bfloat16" == read(tmp_path, packed(header)).dtype


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "truncated"),
        (b"\x01\x00", "truncated"),
        (struct.pack("<Q", 2**63) + b"{}", "longer than the file"),
        (packed({"a": ENTRY}, data=4), "tensors end after the file"),
        (packed({"a": ENTRY}, data=9), "belong to no tensor"),
        (packed(b"[]"), "holds no JSON object"),
        (packed(b"[" * 100_000), "not valid JSON"),
        (packed({"a": 1}), "in no known way"),
        (packed({"a": {**ENTRY, "shape": [-2]}}), "in no known way"),
        (packed({"a": {**ENTRY, "shape": [True]}}), "in no known way"),
        (packed({"a": {**ENTRY, "shape": [2] * 1000}}), "in no known way"),
        (packed({"a": {**ENTRY, "shape": [2**62, 2**62]}}), "bytes don't fit"),
        (packed({"a": {**ENTRY, "data_offsets": [8, 0]}}), "bytes don't fit"),
        (packed({"a": {**ENTRY, "data_offsets": [4, 12]}}, data=12), "overlap or leave gaps"),
        (packed({"a": ENTRY, "b": ENTRY}), "overlap or leave gaps"),
        (packed({}, data=0), "holds no tensors"),
    ],
)
def test_broken_files_are_warnings(tmp_path, raw, reason):
    """Each fault is named, and no fact is taken from the file."""
    facts = read(tmp_path, raw)

    assert any(reason in text for text in facts.warnings)
    assert (None, None) == (facts.parameters, facts.dtype)


def test_huge_header_is_not_read(tmp_path):
    """A header over the cap is refused by its length; the file is sparse."""
    path = tmp_path / "adapter_model.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 10**9))
        file.truncate(2 * 10**9)

    assert any("at most" in text for text in read_adapter(tmp_path).warnings)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(raw=st.binary(max_size=200))
def test_random_bytes_never_raise(tmp_path_factory, raw):
    """Bytes from nowhere are a warning."""
    assert read(tmp_path_factory.mktemp("weights"), raw).parameters is None


@given(header=st.binary(max_size=100) | json_values, data=st.integers(0, 20))
def test_random_headers_never_raise(tmp_path_factory, header, data):
    """Bytes and JSON from nowhere in a well-formed frame are facts or warnings."""
    read(tmp_path_factory.mktemp("weights"), packed(header, data))


@given(
    entry=st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F32", "F4", "X"]) | json_values,
            "shape": st.lists(st.integers(-1, 2**70)) | json_values,
            "data_offsets": st.lists(st.integers(-1, 2**70)) | json_values,
        }
    )
)
def test_random_entries_never_raise(tmp_path_factory, entry):
    """Entries that are almost right are facts or warnings."""
    read(tmp_path_factory.mktemp("weights"), packed({"a": entry}))


@given(
    config=st.dictionaries(st.sampled_from(["r", "peft_type", "target_modules", "lora_alpha"]), json_values)
)
def test_random_configs_never_raise(tmp_path_factory, config):
    """Config values of any kind are facts or warnings."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "adapter_config.json").write_text(json.dumps(config))

    read_adapter(folder)
