"""Whatever a text holds, it is laid out within the terminal."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from hubkit.cli._table import Column, columns_of_text, shortened
from hubkit.cli._width import cut_end, cut_start, width_of, wrapped

TEXTS = st.text(max_size=40) | st.text("ab 日語é\u0301\u200d\ufe0f👩💻🏽🇩🇪", max_size=40)
WIDTHS = st.integers(2, 60)


@given(TEXTS, WIDTHS)
def test_a_cut_text_fits(text: str, width: int) -> None:
    """From either end, and it is a part of the text."""
    end, start = cut_end(text, width), cut_start(text, width)

    assert width >= max(width_of(end), width_of(start))
    assert text.startswith(end)
    assert text.endswith(start)


@given(TEXTS, WIDTHS, st.booleans())
@example("ab \ufe0fcdef", 5, True)
def test_a_shortened_text_fits(text: str, width: int, is_name: bool) -> None:
    """What is short enough is left as it is."""
    short = shortened(text, width, is_name=is_name)

    assert width >= width_of(short)
    assert (short == text) == (width_of(text) <= width)


@given(TEXTS, WIDTHS)
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    """The lines fit, and hold the same letters in the same order."""
    lines = wrapped(text, width)

    assert width >= max(map(width_of, lines))
    assert "".join(text.split()) == "".join("".join(lines).split())


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5), st.integers(12, 100))
@example([("", "\ufe0f", "0" * 8), ("", "0" * 10, "")], 23)
def test_a_table_fits(rows: list[tuple[str, str, str]], width: int) -> None:
    """However narrow the terminal and wide the letters."""
    columns = (Column("A", least=8, is_name=True), Column("B"), Column("C", least=8))

    assert width >= max(map(width_of, columns_of_text(columns, rows, width)))
