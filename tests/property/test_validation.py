"""A check of a card holds its tongue only when it should, and never takes long or fails."""

from __future__ import annotations

import random
import string
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import Finding, validate_card
from hubkit.cards._validation._scalars import as_new, as_old
from hubkit.cards._validation._tree import Scalar
from hubkit.testing._front_matter import judge_card

anything = st.text(max_size=200)
syntax = st.text(alphabet="-:[]{}&*!|>'\"%@`#?,~ \n\t\r.0123456789abcenoxy_\ufeff\x00\ud800", max_size=120)
fields = st.sampled_from(
    ["license", "language", "tags", "widget", "datasets", "base_model", "model-index", "pipeline_tag"]
)
names = st.sampled_from(
    ["mit", "MIT", "en", "EN", "pt_pt", "org/name", "/tmp/x", "a b", "no", "", "1e5", "code", "../x", "zzz"]
)
values = st.none() | st.integers() | st.booleans() | names
metadata = st.dictionaries(
    fields, values | st.lists(values, max_size=3) | st.dictionaries(names, values, max_size=2), max_size=4
)


def checked(text: str) -> list[Finding]:
    """The findings, after a look at what every finding promises."""
    findings = validate_card(text)
    lines = 1 + text.count("\n") + text.count("\r")

    assert findings == validate_card(text)
    assert all(one.line is None or 1 <= one.line <= lines for one in findings)
    assert all(one.key and one.message and one.remedy for one in findings)
    assert all(char.isprintable() for one in findings for char in str(one))
    return findings


@given(text=anything)
def test_any_text(text: str) -> None:
    """Whatever the text, there is an answer, it is the same twice, and it is fit to print."""
    checked(text)


@given(block=anything | syntax, body=anything | syntax)
def test_any_front_matter(block: str, body: str) -> None:
    """The same of a card that has front matter of any kind."""
    checked(f"---\n{block}\n---\n{body}")


@given(data=metadata, style=st.sampled_from([None, False, True]))
def test_what_a_hub_refuses_is_an_error(data: dict[str, object], style: bool | None) -> None:
    """A hub's errors are never missed: whatever it refuses is found here first."""
    text = f"---\n{yaml.safe_dump(data, default_flow_style=style)}---\n"
    refused = {message.split('"')[1] for message in judge_card(text, "model").errors}
    errors = {one.key for one in checked(text) if one.severity == "error"}

    # It says "license" of each item of a list.
    assert refused <= errors | {key.partition("[")[0] for key in errors}


scalars = st.text(alphabet="0123456789+-._:xoben~=<TZ ", max_size=12) | st.sampled_from(["no", "On", "NULL"])
KINDS = {"bool": "boolean", "float": "number", "int": "number", "null": "null", "timestamp": "date"}


@given(text=scalars)
def test_the_older_yaml_is_read_as_the_library_reads_it(text: str) -> None:
    """How YAML 1.1 takes a plain scalar is how PyYAML takes it, value included."""
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    kind = KINDS.get(tag.rpartition(":")[2], "string")
    reading = as_old(Scalar(text, 1, True, ""))

    assert tag.endswith((":merge", ":value")) or kind == reading.kind
    if kind in ("boolean", "number") and not isinstance(reading.value, str):
        assert loader.construct_object(yaml.ScalarNode(tag, text)) == reading.value


@given(text=st.text(alphabet="0123456789+-.eE", max_size=8))
def test_numbers_of_the_newer_yaml(text: str) -> None:
    """What YAML 1.2 takes for a number is what Python reads as one."""
    try:
        expected: float | None = float(text)
    except ValueError:
        expected = None
    reading = as_new(Scalar(text, 1, True, ""))

    assert expected == (reading.value if reading.kind == "number" else None)


MEGABYTE = 1_000_000
RANDOM = random.Random(1)
ADVERSARIES = {
    "newlines": "\n" * MEGABYTE,
    "spaces": " " * MEGABYTE,
    "fences": "```\n" * (MEGABYTE // 4),
    "backticks": "`" * MEGABYTE,
    "braces": "{{ x }} " * (MEGABYTE // 8),
    "open braces": "{{a|" * (MEGABYTE // 4),
    "comments": "<!-- Provide" * (MEGABYTE // 12),
    "paths": "/home/a " * (MEGABYTE // 8),
    "slashes": "/tmp/" * (MEGABYTE // 5),
    "drives": "C:\\a" * (MEGABYTE // 4),
    "keys": "sk-" + "a-" * (MEGABYTE // 2),
    "hexes": ("wandb login " + "a0" * 20 + "\n") * (MEGABYTE // 53),
    "escapes": "\x1b[31m" * (MEGABYTE // 5),
    "marks": "---\n" * (MEGABYTE // 4),
    "noise": "".join(RANDOM.choices(string.printable, k=MEGABYTE)),
    "front: tags": "---\ntags:\n" + "- ab\n" * 200_000 + "---\n",
    "front: wrong tags": "---\ntags:\n" + "- 1e5\n" * 49_000 + "---\n",
    "front: doubtful": "---\nx:\n" + "".join(f"- 1_{n}\n" for n in range(49_000)) + "---\n",
    "front: licences": "---\nlicense:\n" + "- abcdefgh\n" * 49_000 + "---\n",
    "front: ids": "---\ndatasets:\n" + "- /a/b/c\n" * 49_000 + "---\n",
    "front: keys": "---\n" + "".join(f"licens{n}: v\n" for n in range(24_000)) + "---\n",
    "front: duplicates": "---\n" + "a: v\n" * 24_000 + "---\n",
    "front: brackets": "---\n" + "[" * MEGABYTE + "\n---\n",
    "front: dashes": "---\n" + "- " * (MEGABYTE // 2) + "\n---\n",
    "front: aliases": "---\nx: &a 1\ny:\n" + "- *a\n" * 49_000 + "---\n",
    "front: bomb": "---\nl0: &l0 x\n"
    + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 200))
    + "\n---\n",
    "front: results": "---\nmodel-index:\n- name: a\n  results:\n"
    + "  - task: {type: x}\n    metrics: [{type: a}]\n" * 5_000
    + "---\n",
    "front: comments": "---\n" + "#\n" * (MEGABYTE // 2) + "---\n",
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_a_megabyte_takes_no_time(name: str) -> None:
    """No text makes it slow: half a second of the processor where it was measured, and minutes where it goes wrong."""
    validate_card("---\nlicense: none\n---\n")
    start = time.process_time()
    validate_card(ADVERSARIES[name])

    assert time.process_time() - start < 10
