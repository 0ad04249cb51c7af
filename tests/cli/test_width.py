"""Texts by the columns that they take."""

from __future__ import annotations

import pytest

from hubkit.cli._table import Column, columns_of_text, facts_of_text
from hubkit.cli._width import cut_end, cut_start, width_of, wrapped

FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        *(("", 0), ("plain", 5), ("日本語", 6), ("\uff46\uff55\uff4c\uff4c", 8), ("한국", 4)),
        *((FAMILY, 2), ("🇩🇪", 2), ("👍🏽", 2), ("❤\ufe0f", 2), ("e\u0301\u0302", 1), ("a\u200bb", 2)),
    ],
)
def test_width_is_what_a_terminal_shows(text: str, width: int) -> None:
    """Wide letters are two, accents and invisible ones none, and a joined emoji is one letter."""
    assert width == width_of(text)


def test_nothing_is_cut_in_the_middle_of_a_letter() -> None:
    """Half of a wide letter, or of an emoji, is left out."""
    assert ["日本", "日本", "", FAMILY] == [
        cut_end("日本語", 4),
        cut_end("日本語", 5),
        cut_end(FAMILY, 1),
        cut_start(f"x{FAMILY}", 2),
    ]


def test_long_words_are_broken() -> None:
    """Between words where that is possible, else where the line ends."""
    assert ["one two", "日本語", "日本語x"] == wrapped("one two 日本語日本語x", 7)


@pytest.mark.parametrize("width", [12, 40, 80, 200])
def test_a_table_of_wide_letters_fits(width: int) -> None:
    """Every line has the width of the terminal at most, and its columns begin at the same place."""
    columns = (Column("NAME", least=8, is_name=True), Column("SIZE", is_number=True), Column("NOTE"))
    rows = [["acme/日本語" * 6, "1", f"{FAMILY}{FAMILY} note"], ["acme/plain", "12345", "x"]]
    lines = columns_of_text(columns, rows, width)

    assert width >= max(map(width_of, lines))
    if width >= 80:
        places = {
            width_of(line[: line.rindex(text)])
            for line, text in zip(lines, ("NOTE", FAMILY * 2, "x"), strict=True)
        }
        assert 1 == len(places)


def test_facts_of_wide_letters_fit() -> None:
    """What goes on below begins where the value began."""
    ((name, lines),) = facts_of_text([("name", "日本語 " * 20)], 40)

    assert 40 >= max(width_of(name + lines[0]), *map(width_of, lines[1:]))
    assert {" " * len(name)} == {line[: len(name)] for line in lines[1:]}
