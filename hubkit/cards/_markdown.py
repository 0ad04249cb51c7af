"""Data inside Markdown: escaped so that it stays data.

These are the filters of the card's template. HTML escaping would not do: what
breaks a card is a pipe in a table, a newline in a heading, a run of backticks.
"""

from __future__ import annotations

import re

from hubkit.cards._text import one_line, scrub

__all__ = ["code", "fence", "md", "paragraphs"]

# An underscore inside a word and an ampersand that starts no entity mean nothing
# in Markdown: escaping them would only spoil `eval_loss` and web addresses.
_SPECIAL = re.compile(
    r"[\\`*\[\]<|~$]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|&(?=#?[A-Za-z0-9]+;)"
    r"|(?<!\S)#"
)
_BLOCK_START = re.compile(r"(?=[-+=>:])")
_NUMBERED = re.compile(r"(\d+)([.)])")
_BACKTICKS = re.compile(r"`+")


def md(text: object) -> str:
    r"""Text for the middle of a line: a heading, a list item or a table cell.

    >>> md("a|b\n# *c*")
    'a\\|b \\# \\*c\\*'
    """
    return _SPECIAL.sub(r"\\\g<0>", one_line(str(text)))


def paragraphs(text: object) -> str:
    r"""Plain text as paragraphs: its blank lines count, its Markdown does not.

    >>> print(paragraphs("Tuned on foxes.\n# No heading\n---"))
    Tuned on foxes.
    \# No heading
    \---
    """
    lines = (_opening(md(line)) for line in scrub(str(text)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def code(text: object) -> str:
    """Text as an inline code span.

    >>> code("q_proj"), code("a`b")
    ('`q_proj`', '``a`b``')
    """
    line = one_line(str(text))
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def fence(text: str, language: str) -> str:
    """Text as a code block whose fence is longer than any run of backticks in it.

    >>> print(fence("x = 1", "python"))
    ```python
    x = 1
    ```
    """
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def _opening(line: str) -> str:
    """A line that opens no list, quote, rule or underlined heading."""
    numbered = _NUMBERED.match(line)
    if numbered is not None:
        return f"{numbered[1]}\\{line[numbered.start(2) :]}"
    return f"\\{line}" if _BLOCK_START.match(line) else line


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
