"""From a position in a card to the line that people see, and the part that it is in."""

from __future__ import annotations

import bisect
import re
from functools import cached_property

from hubkit.cards._validation._report import BODY, FRONT_MATTER

__all__ = ["Lines"]

_LINE_END = re.compile(r"\r\n|\r|\n")


class Lines:
    r"""The lines of a card.

    Args:
        text: The whole of it.
        body_start: Position behind the front matter; 0 when there is none.

    >>> Lines("a\nb\r\nc", 0).number_of(5)
    3
    """

    def __init__(self, text: str, body_start: int) -> None:
        self._text = text
        self._body_start = body_start

    def number_of(self, position: int) -> int:
        """The line, from 1 on."""
        return bisect.bisect_right(self._starts, position)

    @cached_property
    def _starts(self) -> list[int]:
        # Most cards have no finding, and need none of this.
        return [0, *(match.end() for match in _LINE_END.finditer(self._text))]

    def part_of(self, position: int) -> str:
        """`front matter` or `body`."""
        return FRONT_MATTER if position < self._body_start else BODY
