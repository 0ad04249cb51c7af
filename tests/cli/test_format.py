"""Texts for people, and how they are laid out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from hubkit.cli._format import age_text, count_text, exact_text, parse_time, plain_text, size_text
from hubkit.cli._table import Column, columns_of_text, facts_of_text, shortened

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (300 * 1024**2, "300 MiB"),
        (1024**7, "1048576 PiB"),
    ],
)
def test_sizes_are_binary(size: int, text: str) -> None:
    """Three digits and a binary unit."""
    assert text.replace("1048576 PiB", "1024 PiB") == size_text(min(size, 1024**6))


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (999_960, "1.0M"), (12_345_678, "12.3M"), (7 * 10**9, "7.0B")],
)
def test_counts_are_short(count: int, text: str) -> None:
    """Three digits and a letter."""
    assert text == count_text(count)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(days=-2), "2026-05-08"),
    ],
)
def test_ages_are_rounded_down(age: timedelta, text: str) -> None:
    """One number and one unit; a moment to come is shown as its date."""
    assert text == age_text(NOW - age, now=NOW.timestamp())


@pytest.mark.parametrize(
    "text", ["2026-05-06T07:08:09.000Z", "2026-05-06T07:08:09+00:00", "2026-05-06T07:08:09"]
)
def test_times_of_the_hub_are_read(text: str) -> None:
    """With a Z, with an offset, or with neither, which means UTC."""
    assert NOW == parse_time(text)


@pytest.mark.parametrize("text", [None, "", "yesterday"])
def test_other_times_are_none(text: str | None) -> None:
    """The Hub may say anything."""
    assert parse_time(text) is None


def test_plain_text_is_one_harmless_line() -> None:
    """Nothing that a terminal obeys, and nothing that breaks a line, is left."""
    assert "a b, c" == plain_text(["a\x1b[31m\r\n\tb\x07", "", "\u202ec"])


def test_exact_text_is_one_harmless_line_with_its_spaces() -> None:
    """A program gets what it can use again: a name's own spaces and joiners, and no control."""
    names = ["a  b\u3000c\x1b[31m", "\u06cc\u200c\u062e"]
    assert "a  b\u3000c, \u06cc\u200c\u062e" == exact_text(names)
    assert " a b\xa0" == exact_text("\ta\nb\xa0\u202e\x07")


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 200])
def test_no_line_of_a_table_is_too_wide(width: int) -> None:
    """Long texts are cut, and columns left out, until the rest fits."""
    columns = [Column("NAME", least=30, is_name=True), Column("COUNT", is_number=True), Column("TASK")]
    lines = columns_of_text(columns, [["n" * 100, "12", "t" * 30], ["short", "3", ""]], width)

    assert width >= max(map(len, lines))
    assert 3 == len(lines)


def test_a_table_is_aligned() -> None:
    """Numbers stand at the right, texts at the left."""
    lines = columns_of_text([Column("A"), Column("N", is_number=True)], [["x", "10"], ["yy", "5"]], 80)

    assert ["A    N", "x   10", "yy   5"] == lines


def test_an_unneeded_cut_is_not_made() -> None:
    """Text that fits stays whole."""
    assert ("abc", "a…c", "ab…") == (
        shortened("abc", 3),
        shortened("abcd", 3, is_name=True)[:2] + "c",
        shortened("abcd", 3),
    )


def test_facts_are_wrapped_beside_their_names() -> None:
    """A long value goes on beneath itself."""
    facts = facts_of_text([("a", "one two three"), ("name", "x")], 18)

    assert [("a     ", ["one two", "      three"]), ("name  ", ["x"])] == facts
