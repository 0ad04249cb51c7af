"""Rows laid out for a terminal of some width, counted in columns: a wide letter takes two. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hubkit.cli._width import cut_end, cut_start, padded, width_of, wrapped

__all__ = ["Column", "columns_of_text", "facts_of_text", "shortened"]

_GAP = "  "
_NARROWEST = 12


class Column(NamedTuple):
    """How one column of a table looks."""

    title: str
    is_number: bool = False
    """Numbers stand at the right, and are never cut."""
    least: int = _NARROWEST
    """Characters below which its texts are of no use."""
    is_name: bool = False
    """Names lose their middle when they are too long, other texts their end."""


def columns_of_text(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """A header and the rows, each no wider than ``width``.

    The widest texts are shortened first; when that is not enough, columns at the right are left out.

    Args:
        columns: In order of importance.
        rows: One text for each column.
        width: Of the terminal, in characters.
    """
    table = [[column.title for column in columns], *rows]
    natural = [max(width_of(row[index]) for row in table) for index in range(len(columns))]
    widths = _fitting(natural, columns, width)
    return [_line(row, widths, columns) for row in table]


def facts_of_text(facts: Sequence[tuple[str, str]], width: int) -> list[tuple[str, list[str]]]:
    """Names padded to one width, and each value wrapped to what is left of the terminal."""
    margin = max((len(name) for name, _ in facts), default=0) + len(_GAP)
    room = max(width - margin, _NARROWEST)
    laid_out = []
    for name, value in facts:
        lines = wrapped(value, room)
        laid_out.append((name.ljust(margin), [lines[0], *(" " * margin + line for line in lines[1:])]))
    return laid_out


def shortened(text: str, width: int, *, is_name: bool = False) -> str:
    """Text cut to a width; a name without its middle, since the end of a model id says much.

    >>> shortened("an-organisation/a-model-7b-GGUF", 20, is_name=True)
    'an-organis…l-7b-GGUF'
    """
    if width_of(text) <= width:
        return text
    tail = cut_start(text, (width - 1) // 2) if is_name else ""
    return f"{cut_end(text, width - 1 - width_of(tail))}…{tail}"


def _fitting(natural: Sequence[int], columns: Sequence[Column], width: int) -> list[int]:
    widths = list(natural)
    while widths and _total(widths) > width:
        cuttable = [
            index
            for index, size in enumerate(widths)
            if not columns[index].is_number and size > columns[index].least
        ]
        if cuttable:
            widest = max(cuttable, key=widths.__getitem__)
            widths[widest] -= 1
        elif len(widths) > 1:
            # The others get their room back, to be cut anew.
            widths = list(natural[: len(widths) - 1])
        else:
            widths[0] = max(width, 1)
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(row: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    cells = []
    for text, size, column in zip(row, widths, columns, strict=False):
        cut = shortened(text, size, is_name=column.is_name)
        cells.append(padded(cut, size, right=column.is_number))
    return _GAP.join(cells).rstrip()
