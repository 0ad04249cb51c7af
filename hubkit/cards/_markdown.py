"""Data inside Markdown: escaped so that it stays data.

These are the filters of the card's templates. HTML escaping would not do: what
breaks a card is a pipe in a table, a newline in a heading, a run of backticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hubkit.cards._text import one_line, scrub

__all__ = ["Markdown", "code", "codes", "escaped", "fence", "link", "md", "paragraphs", "unmarked"]

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
# What no reader takes for the end of a link's target, nor the Hub for another site's file.
_TARGET = re.compile(r"https?://[A-Za-z0-9][\w.~:/?#@!$&'*+,;=%-]*|LICENSE(?:\.md|\.txt)?", re.ASCII)
_MARK = re.compile(r"^(?=<!-- hubkit:)", re.MULTILINE)


class Markdown(str):
    r"""Text that is Markdown already: a section or description of yours that is not to be escaped.

    Control characters, secrets and home paths are taken out of it all the same.

    >>> escaped("*No* hounds."), escaped(Markdown("*No* hounds."))
    ('\\*No\\* hounds.', '*No* hounds.')
    """

    __slots__ = ()

    def __html__(self) -> str:
        """The text; templates leave alone whatever has this method."""
        return str(self)


def escaped(value: object) -> str:
    """A template's value: Markdown as it is, nothing for None, all else escaped."""
    if value is None:
        return Markdown("")
    return value if hasattr(value, "__html__") else md(value)  # type: ignore[return-value]


def unmarked(text: str) -> str:
    """Text in which no line can be taken for a mark of ours: only what starts a line is one."""
    return _MARK.sub(" ", text)


def md(text: object) -> Markdown:
    r"""Text for the middle of a line: a heading, a list item or a table cell.

    >>> md("a|b\n# *c*")
    'a\\|b \\# \\*c\\*'
    """
    return Markdown(_SPECIAL.sub(r"\\\g<0>", one_line(str(text))))


def paragraphs(text: object) -> Markdown:
    r"""Plain text as paragraphs: its blank lines count, its Markdown does not.

    >>> print(paragraphs("Tuned on foxes.\n# No heading\n---"))
    Tuned on foxes.
    \# No heading
    \---
    """
    lines = (_opening(md(line)) for line in scrub(str(text)).split("\n"))
    return Markdown(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"))


def code(text: object) -> Markdown:
    """Text as an inline code span.

    >>> code("q_proj"), code("a`b")
    ('`q_proj`', '``a`b``')
    """
    line = one_line(str(text))
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{ticks}{pad}{line}{pad}{ticks}" if line else "")


def codes(texts: Iterable[object]) -> Markdown:
    """Several, as inline code spans with commas between them.

    >>> codes(["k_proj", "q_proj"])
    '`k_proj`, `q_proj`'
    """
    return Markdown(", ".join(filter(None, map(code, texts))))


def link(text: object, target: str) -> Markdown:
    r"""A link, or the text alone when the target is neither a web address nor a licence file.

    >>> link("the *text*", "https://x.org/a"), link("text", "javascript:alert(1)")
    ('[the \\*text\\*](https://x.org/a)', 'text')
    """
    address = one_line(target)
    sane = _TARGET.fullmatch(address) is not None and address == target.strip()
    return Markdown(f"[{md(text)}]({address})") if sane and md(text) else md(text)


def fence(text: str, language: str = "") -> Markdown:
    """Text as a code block whose fence is longer than any run of backticks in it.

    >>> print(fence("x = 1", "python"))
    ```python
    x = 1
    ```
    """
    ticks = "`" * max(3, _longest_run(text) + 1)
    return Markdown(f"{ticks}{language}\n{unmarked(text)}\n{ticks}")


def _opening(line: str) -> str:
    """A line that opens no list, quote, rule or underlined heading."""
    numbered = _NUMBERED.match(line)
    if numbered is not None:
        return f"{numbered[1]}\\{line[numbered.start(2) :]}"
    return f"\\{line}" if _BLOCK_START.match(line) else line


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
