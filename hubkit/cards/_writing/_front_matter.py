"""Front matter: where the Hub finds it, and how to write it so that every reader agrees.

Everything is written here, without a YAML library: PyYAML speaks YAML 1.1 and
leaves `1e5` or `0o17` bare, which the Hub's YAML 1.2 parser reads as numbers;
`no` is false to one and text to the other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

__all__ = ["FrontMatter", "dump_front_matter", "pruned", "split_front_matter"]

# The Hub's own expression, as its documentation gives it. The separator of lines
# inside a block may be a lone carriage return, the last one's may not.
_FRONT_MATTER = re.compile(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")
_BYTE_ORDER_MARK = "\ufeff"

# Text that reads as itself in every version of YAML: it starts with a letter, so
# it is no number or date, and has nothing that YAML gives a meaning to.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./+-]*[A-Za-z0-9])?")
_WORDS = frozenset({"false", "inf", "n", "nan", "no", "null", "off", "on", "true", "y", "yes"})


@frozen(kw_only=True)
class FrontMatter:
    """A text cut where its front matter begins and ends; the parts add up to it."""

    head: str
    """Byte order mark and white space, opening line with its line end."""

    block: str
    """The YAML between the two marks, without the last line end."""

    tail: str
    """That line end, the closing line, and the body."""

    newline: str
    """Line end of the opening line."""


def split_front_matter(text: str) -> FrontMatter | None:
    r"""Cut a text as the Hub does; None when it has no front matter.

    A byte order mark counts as white space, as it does to the Hub.

    >>> split_front_matter("---\nlicense: mit\n---\n# Hi").block
    'license: mit'
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    found = _FRONT_MATTER.match(text[len(mark) :])
    if found is None:
        return None
    opening = found[1]
    newline = opening[len(opening.rstrip("\r\n")) :]
    tail = text[len(mark) + found.start(3) :]
    return FrontMatter(head=mark + opening, block=found[2], tail=tail, newline=newline[-2:])


def dump_front_matter(data: Mapping[str, Any]) -> str:
    """Write plain data as a YAML mapping.

    None, numbers that are not finite and empty containers are left out, however
    deep they stand: the Hub refuses nulls.

    Args:
        data: Strings, booleans, numbers, lists and mappings of such. Strings have
            to be clean: no control characters.

    Returns:
        Block-style YAML that YAML 1.1 and 1.2 read alike, ending in a line end;
        empty for nothing.

    >>> print(dump_front_matter({"license": "mit", "tags": ["no", "1e5", None]}), end="")
    license: mit
    tags:
    - "no"
    - "1e5"
    """
    return "".join(f"{line}\n" for line in _mapping_lines(pruned(data)))


def pruned(value: Any) -> Any:
    """The same data without its empty parts; None when nothing is left.

    >>> pruned({"a": None, "b": [None, {"c": []}], "d": 0})
    {'d': 0}
    """
    if isinstance(value, Mapping):
        pairs = {str(key): pruned(item) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        return [item for item in map(pruned, value) if item is not None] or None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _mapping_lines(data: Mapping[str, Any] | None) -> Iterator[str]:
    for key, value in (data or {}).items():
        if isinstance(value, dict):
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in _mapping_lines(value))
        elif isinstance(value, list):
            yield f"{_scalar(key)}:"
            yield from _item_lines(value)
        else:
            yield f"{_scalar(key)}: {_scalar(value)}"


def _item_lines(items: Sequence[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict):
            lines = list(_mapping_lines(item))
        elif isinstance(item, list):
            lines = list(_item_lines(item))
        else:
            lines = [_scalar(item)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(float(value))
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # JSON's strings are YAML's double-quoted ones, as long as nothing outside the
    # basic plane is written as two escapes.
    return json.dumps(text, ensure_ascii=False)


def _float(value: float) -> str:
    """YAML 1.1 wants a point in the mantissa: 1e-05 is text to it."""
    mantissa, exponent, power = repr(value).partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"
    return mantissa + exponent + power
