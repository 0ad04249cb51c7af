"""The text of a card: paths of somebody's disk, placeholders, open fences, invisible characters."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence

from hubkit.cards._text import DISKS, NO_ADDRESS
from hubkit.cards._validation._lines import Lines
from hubkit.cards._validation._report import BODY, Report, quoted

__all__ = ["check_body", "find_path"]

# Folders of people, notebooks, clusters and rented machines. A home's hidden folders, such
# as ~/.cache, are the same for everybody.
_PATH = re.compile(
    r"file://[^\s\"'`<>()\[\]]{1,200}"
    rf"|{NO_ADDRESS}(?:/(?:home|Users|root|tmp|content|kaggle|var/folders|opt/ml|{DISKS})/[\w.@+-]|~/[\w-])"
    r"[^\s\"'`<>()\[\]|]{0,200}"
    r"|(?<![A-Za-z])[C-PR-Zc-pr-z]:(?:\\{1,2}|/(?!/))[\w .$-]{1,64}[\\/][^\s\"'`<>()\[\]|]{0,200}"
)

_FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)]) +)?(`{3,}|~{3,})([^\n]*)", re.MULTILINE)

# What templates leave for people to fill in, and whether it means the same inside code.
_PLACEHOLDERS = (
    (re.compile(r"\[More Information Needed\]", re.IGNORECASE), False),
    (re.compile(r"<!--\s{0,3}(?:Provide|This section|This should|Address questions|Total emissions|These are"
                r"|Relevant interpretability|If there is a blog)\b[^\n]{0,60}"), False),
    (re.compile(r"should probably proofread and complete it, then remove this comment"), False),
    (re.compile(r"\{\{ ?[A-Za-z_][\w.]{0,60}(?: ?\| ?[^{}\n]{0,100})? ?\}\}"), False),
    (re.compile(r"\b(?:your|my)[-_ ]?(?:hf[-_ ]?)?(?:user ?-?_?name|org(?:ani[sz]ation)?|account)/", re.IGNORECASE),
     True),
    (re.compile(r"\blorem ipsum\b", re.IGNORECASE), True),
)  # fmt: skip
_MOST_PLACEHOLDERS = 1000
_INLINE_CODE = 200

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_body(text: str, body_start: int, lines: Lines, report: Report) -> None:
    """Check what stands behind the front matter; invisible characters in all of the card."""
    code = _code_of(text, body_start, lines, report)
    # In a command ~ is its reader's home.
    paths = [
        found
        for found in _PATH.finditer(text, body_start)
        if not (found[0].startswith("~") and _is_code(text, found.start(), code))
    ]
    if paths:
        report.warn(
            BODY,
            lines.number_of(paths[0].start()),
            f"{quoted(paths[0][0])}{_others(len(paths), 'local path')} means nothing on other machines",
            "name a model or data set of the Hub, or say it in words",
        )
    for pattern, counts_in_code in _PLACEHOLDERS:
        _check_placeholder(pattern, text, body_start, () if counts_in_code else code, lines, report)
    _check_characters(text, lines, report)


def find_path(text: str) -> str | None:
    """The local path in a value; None when there is none."""
    found = _PATH.search(text)
    return found[0] if found else None


def _code_of(text: str, body_start: int, lines: Lines, report: Report) -> list[tuple[int, int]]:
    """Where code blocks are; one that never ends is reported."""
    blocks, opened = [], None
    for found in _FENCE.finditer(text, body_start):
        mark, rest = found[1], found[2]
        if opened is None:
            # A backtick behind the mark makes it an inline span.
            if mark[0] == "~" or "`" not in rest:
                opened = (mark, found.start())
        elif mark[0] == opened[0][0] and len(mark) >= len(opened[0]) and not rest.strip():
            blocks.append((opened[1], found.end()))
            opened = None
    if opened is not None:
        blocks.append((opened[1], len(text)))
        report.warn(
            BODY,
            lines.number_of(opened[1]),
            f"the code block that starts here with {opened[0][:8]} never ends: all that follows is code",
            f"end it with a line {opened[0][:8]}",
        )
    return blocks


def _check_placeholder(
    pattern: re.Pattern[str],
    text: str,
    start: int,
    code: Sequence[tuple[int, int]],
    lines: Lines,
    report: Report,
) -> None:
    found = []
    for match in pattern.finditer(text, start):
        if not _is_code(text, match.start(), code):
            found.append(match)
        if len(found) >= _MOST_PLACEHOLDERS:
            break
    if found:
        report.warn(
            BODY,
            lines.number_of(found[0].start()),
            f"{quoted(found[0][0])}{_others(len(found), 'like it')} was left for you to fill in",
            "write what belongs there, or take the line out",
        )


def _is_code(text: str, position: int, blocks: Sequence[tuple[int, int]]) -> bool:
    """Whether it stands in one of the code blocks, which are in order, or in a code span."""
    at = bisect.bisect_right(blocks, (position, len(text))) - 1
    if at >= 0 and position < blocks[at][1]:
        return True
    before = text[max(0, position - _INLINE_CODE) : position].rpartition("\n")[2]
    return before.count("`") % 2 == 1


def _check_characters(text: str, lines: Lines, report: Report) -> None:
    first = _CONTROLS.search(text)
    if first is not None:
        report.warn(
            lines.part_of(first.start()),
            lines.number_of(first.start()),
            f"it holds {len(_CONTROLS.findall(text)):,} invisible characters that control terminals or turn text round",
            "take them out",
        )
    lost = text.count("\ufffd")
    if lost:
        at = text.index("\ufffd")
        report.warn(
            lines.part_of(at),
            lines.number_of(at),
            f"{lost:,} characters were lost: the text isn't UTF-8, or was read as something else once",
            "save it as UTF-8",
        )


def _others(count: int, what: str) -> str:
    """How many more there are than the one that is shown."""
    return (
        f" (and {count - 1:,} more {what}{'s' if what.endswith('path') and count > 2 else ''})"
        if count > 1
        else ""
    )
