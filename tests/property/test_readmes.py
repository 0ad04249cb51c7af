"""READMEs of any content: cut where the Hub cuts them, judged and merged without an exception, and without delay."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubkit.cards import merge_front_matter, update_card, words_of
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._readme import is_template_readme

OURS = '---\nlibrary_name: peft\nlicense: mit\ntags:\n- peft\n- "no"\n---\n\n# generated\n'
TOOLS = "### Framework versions\n\n- PEFT 0.10.0\n"
PIECES = st.sampled_from(
    [
        *(
            "---",
            "\n",
            "\r\n",
            "\r",
            "\ufeff",
            " ",
            "\t",
            "license: mit",
            "tags:",
            "- a",
            "- &a [*a]",
            "<<: *a",
        ),
        *(
            "a: |",
            "  text",
            "...",
            "# Hi",
            "{a: 1}",
            "? [x]",
            ": y",
            "!!python/object:os.system",
            "%YAML 1.1",
            "&a x",
        ),
        *(
            "*a",
            "\x00",
            "\u2028",
            "\x85",
            "base_model: x",
            "library_name: peft",
            "- PEFT 0.10.0",
            "<!-- x -->",
        ),
    ]
)
TEXTS = (
    st.lists(PIECES, max_size=14).map("".join)
    | st.lists(PIECES, max_size=14).map("\n".join)
    | st.text(max_size=80)
)
CARDS = TEXTS | st.builds("---\n{}\n---\n{}".format, TEXTS, TEXTS)


@given(CARDS)
def test_parts_add_up(text) -> None:
    """The parts of a text are the text, and what is between the marks is read again as the same."""
    matter = split_front_matter(text)

    assert matter is None or text == matter.head + matter.block + matter.tail
    assert matter is None or split_front_matter(f"---\n{matter.block}\n---\n").block == matter.block


@given(CARDS)
def test_judging(text) -> None:
    """Every text is a tool's or a person's."""
    assert is_template_readme(text) in (True, False)


@given(CARDS)
def test_merging(text) -> None:
    """What is there stays, in its order; what was added is not added again; else a warning says why nothing was."""
    merged = merge_front_matter(text, OURS)
    again = merge_front_matter(merged.text, OURS)
    left = iter(merged.text)

    assert all(letter in left for letter in text)
    assert again.text == merged.text
    assert not again.added
    assert bool(merged.added) == (merged.text != text)
    assert all(warning.isprintable() for warning in merged.warnings)


@example("tags:")
@example("---\n0:")
@example("---\nbase_model: x---")
@given(TEXTS)
def test_tools_texts_below_any_front_matter(block) -> None:
    """What is said above a tool's text is kept or told of, and doing it twice changes nothing."""
    text = f"---\n{block}\n---\n{TOOLS}"
    words_of(text)
    once = update_card(text, OURS)

    assert once.text == update_card(once.text, OURS).text
    assert all(warning.isprintable() for warning in once.warnings)


BOMBS = {
    "items": "tags:\n" + "- a\n" * 400_000,
    "flow": "tags: [" + "a," * 500_000 + "]",
    "keys": "".join(f"? {{a: {number}}}\n: 1\n" for number in range(60_000)),
    "aliases": "l0: &l0 x\n"
    + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 100)),
    "merges": "a: &a {x: 1}\n" + "".join(f"b{n}: {{<<: [*a, *a, *a]}}\n" for n in range(20_000)),
    "depth": "a: " + "[" * 200_000,
    "indents": "\n".join(" " * n + "a:" for n in range(1_000)),
    "comments": "# x\n" * 300_000,
    "text": "a: " + "x" * 1_500_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_judged_at_once(bomb) -> None:
    """No front matter makes the question whose README it is last; processor time counts."""
    text = f"---\n{BOMBS[bomb]}\n---\n\n{TOOLS}"
    start = time.process_time()
    is_template_readme(text)
    words_of(text)

    assert time.process_time() - start < 10
