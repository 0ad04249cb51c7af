"""Front matter is read alike by YAML 1.1 and YAML 1.2."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from hubkit.cards._text import one_line
from hubkit.cards._writing._front_matter import dump_front_matter, split_front_matter

TRAPS = [
    "no", "Yes", "on", "OFF", "y", "null", "Null", "~", "true", "False", "nan", ".nan", "inf", "-.inf",
    "1e5", "1e-5", "12e4567", "0e0", "0o17", "017", "0x1F", "1_000", "1:30", "190:20:30", "2024-01-01",
    "1.0", "+1", "-", "", " ", "=", "<<", "---", "...", "a: b", "a #b", "#a", "- a", "? a", "[a", "{a}",
    "!a", "&a", "*a", "%a", "@a", "`a", "'a", '"a', "a\\n", "|", ">", "a:", "key:value", "org/name",
    "base_model:adapter:a/b", "é", "🦊", "日本",
]  # fmt: skip


def both(text):
    """The text as YAML 1.1 and YAML 1.2 read it."""
    return yaml.safe_load(text), YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_stay_text(trap):
    """A value, an item and a key that one of the readers would take for something else."""
    data = {"value": trap, "items": [trap, trap], trap or "key": "x"}

    assert (data, data) == both(dump_front_matter(data))


lines = st.text(max_size=40).map(one_line)
values = st.recursive(
    lines | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(lines, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(data=st.dictionaries(lines, values, min_size=1, max_size=4))
def test_data_round_trips(data):
    """Whatever the strings, both readers see the data that was meant."""
    assert (data, data) == both(dump_front_matter(data))


@given(data=st.dictionaries(lines, values, min_size=1, max_size=4))
def test_block_ends_where_it_should(data):
    """No value can close the front matter before its end."""
    dumped = dump_front_matter(data)

    matter = split_front_matter(f"---\n{dumped}---\nbody")

    assert (dumped, "\n---\nbody") == (matter.block + "\n", matter.tail)


def test_nothing_empty_at_any_depth():
    """Nulls, empty containers and numbers that JSON lacks leave no trace."""
    data = {"a": None, "b": [None, {"c": None}], "d": {"e": [], "f": math.nan}, "g": [{"h": None, "i": 1}]}

    assert "g:\n- i: 1\n" == dump_front_matter(data)


def test_nothing_is_nothing():
    """Empty data is empty text, not an empty mapping in braces."""
    assert "" == dump_front_matter({"a": None})


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("---\na: 1\n---\nx", "a: 1"),
        ("---\r\na: 1\r\n---\r\nx", "a: 1"),
        ("\ufeff---\na: 1\n---", "a: 1"),
        ("\n  ---\na: 1\n---  \nx", "a: 1"),
        ("---\n\n---\n", ""),
        ("---\na: 1\n----\nb\n---\n", "a: 1\n----\nb"),
        ("---\na: 1\n", None),
        ("---\n---\n", None),
        ("# Hi\n---\na: 1\n---\n", None),
        ("----\na: 1\n---\n", None),
    ],
)
def test_split_as_the_hub_does(text, block):
    """Where the Hub's own expression finds front matter, and where not; the parts add up."""
    matter = split_front_matter(text)

    assert block == (matter and matter.block)
    assert matter is None or text == matter.head + matter.block + matter.tail
