"""How many columns of a terminal a text takes, and how to cut and wrap it by that. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

__all__ = ["cut_end", "cut_start", "padded", "width_of", "wrapped"]

_JOINER = "\u200d"
_AS_EMOJI = "\ufe0f"
_APART = (" ", "…")
"""What stands between cells and pieces: nothing is joined to it, or texts would be wider together than apart."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def width_of(text: str) -> int:
    """Columns of a text.

    >>> width_of("abc"), width_of("日本"), width_of("e\u0301"), width_of("👩\u200d💻")
    (3, 4, 1, 2)
    """
    # Most texts are plain, and there are thousands of them.
    return len(text) if text.isascii() else sum(width for _, width in _clusters(text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Text filled up with spaces to a width, at its end or, for numbers, at its beginning."""
    room = " " * max(width - width_of(text), 0)
    return room + text if right else text + room


def cut_end(text: str, width: int) -> str:
    """As much of the beginning as fits into a width."""
    taken, used = [], 0
    for cluster, size in _clusters(text):
        if used + size > width:
            break
        taken.append(cluster)
        used += size
    return "".join(taken)


def cut_start(text: str, width: int) -> str:
    """As much of the end as fits into a width."""
    clusters = list(_clusters(text))
    first, used = len(clusters), 0
    while first and used + clusters[first - 1][1] <= width:
        first -= 1
        used += clusters[first][1]
    return "".join(cluster for cluster, _ in clusters[first:])


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines no wider than that, one at least; broken between words where that is possible.

    >>> wrapped("one two three", 7)
    ['one two', 'three']
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, width)
        lines += whole
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    """A word in parts that fit; a single letter that doesn't is left as it is."""
    pieces = []
    while width_of(word) > width:
        piece = cut_end(word, width) or word[0]
        pieces.append(piece)
        word = word[len(piece) :]
    return [*pieces, word]


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """What is seen as one letter, and its columns: a letter with its accents, an emoji with what is joined to it."""
    cluster, size, joins = "", 0, False
    for char in text:
        own = _width(char)
        is_apart = char in _APART or cluster in _APART
        goes_along = not is_apart and (own == 0 or joins or ord(char) in _SKIN_TONES)
        if cluster and not goes_along:
            yield cluster, size
            cluster, size = "", 0
        # What is joined is drawn as one; this mark asks for an emoji, which is two wide.
        size = max(size, 2 if char == _AS_EMOJI and cluster else own)
        cluster += char
        joins = char == _JOINER
    if cluster:
        yield cluster, size


def _width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
