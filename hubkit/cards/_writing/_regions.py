r"""Marks around what was generated, so that it can be told from what people wrote.

A region stands between two HTML comments, which no page shows. The first one names it
and has a digest of what was generated; whoever changes the region leaves the digest
behind, and is found out by it. A `!` behind the digest says that the region is somebody's
word, which no file can repeat.

    <!-- hubkit:begin usage 0a1b2c3d4e5f -->
    ...
    <!-- hubkit:end usage -->
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from hubkit.cards._markdown import Markdown

__all__ = ["Region", "digest_of", "marked", "name_of", "pieces", "sealed"]

_BEGIN = re.compile(r"<!-- hubkit:begin ([a-z0-9-]+)(?: ([0-9a-f]{12}))?(!?) -->[ \t]*\r?\n")
_END = re.compile(r"<!-- hubkit:end ([a-z0-9-]+) -->[ \t]*(?=\r?\n|$)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LENGTH = 12


class Region(NamedTuple):
    """What stands between two marks."""

    name: str
    digest: str
    """Of the text as it was generated."""
    is_said: bool
    """Whether somebody's word is in it, beside what files prove."""
    text: str
    """The text as it is now, with its last line end."""
    opening: str
    """The mark before it, with its line end."""
    closing: str
    """The mark behind it, without one."""

    @property
    def is_edited(self) -> bool:
        """Whether it is not what was generated."""
        return self.digest != digest_of(self.text)

    def __str__(self) -> str:
        return f"{self.opening}{self.text}{self.closing}"

    def sealed(self) -> str:
        """The same with the digest of the text as it is now."""
        opening = _begin(self.name, digest_of(self.text), self.is_said)
        return f"{opening}\n{self.text}{self.closing}"


def name_of(title: str) -> str:
    """The name of the region of a section.

    >>> name_of("Model Details"), name_of("\u9650\u754c")
    ('model-details', 'section-7fd237ce')
    """
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return name[:60] if name.replace("-", "") else f"section-{digest_of(title)[:8]}"


def digest_of(text: str) -> str:
    r"""The fingerprint of a text, whatever its line ends and the white space before them.

    >>> digest_of("a \r\nb\n") == digest_of("a\nb")
    True
    """
    lines = [line.rstrip() for line in text.strip().split("\n")]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def marked(name: str, text: str, *, is_said: bool = False) -> Markdown:
    """Text between its marks; the digest is put in by `sealed`, when nothing changes any more."""
    return Markdown(f"{_begin(name, '', is_said)}\n{text}\n<!-- hubkit:end {name} -->")


def sealed(text: str) -> str:
    """A text with the digest of each of its regions."""
    return "".join(piece.sealed() if isinstance(piece, Region) else piece for piece in pieces(text))


def pieces(text: str) -> Iterator[Region | str]:
    """Cut a text into its regions and what is between them; the pieces add up to it.

    Marks count where they make sense: an end without a beginning, a beginning without an
    end before the next one, and a name for the second time are text as any other.
    """
    seen: set[str] = set()
    between: list[str] = []
    lines = [found[0] for found in _LINE.finditer(text)]
    at = 0
    while at < len(lines):
        region, after = _region(lines, at)
        if region is None or region.name in seen:
            between.append(lines[at])
            at += 1
            continue
        seen.add(region.name)
        if between:
            yield "".join(between)
        # The line end behind the closing mark is not the region's.
        between = [lines[after - 1][len(region.closing) :]]
        yield region
        at = after
    if "".join(between):
        yield "".join(between)


def _region(lines: list[str], at: int) -> tuple[Region | None, int]:
    """The region that begins with a line, and the number of the line behind it."""
    begin = _BEGIN.fullmatch(lines[at])
    if begin is None:
        return None, at
    for end in range(at + 1, len(lines)):
        if _BEGIN.fullmatch(lines[end]):
            break
        closing = _END.match(lines[end])
        if closing is not None and closing[1] == begin[1] and closing.end() >= len(lines[end].rstrip("\r\n")):
            text = "".join(lines[at + 1 : end])
            found = Region(begin[1], begin[2] or "", bool(begin[3]), text, begin[0], closing[0])
            return found, end + 1
    return None, at


def _begin(name: str, digest: str, is_said: bool) -> str:
    return f"<!-- hubkit:begin {' '.join(filter(None, (name, digest)))}{'!' if is_said else ''} -->"
