"""Front matter as a tree that knows what was written, and on which line.

A YAML library's data would not do: it has lost the lines and the spelling, and one
reader's `false` is another's text. So the tree is built from the parser's events. That
takes no recursion and expands no alias, which a few lines could blow up without bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Alias", "BrokenYamlError", "Fields", "Items", "Node", "Scalar", "Tree", "read_tree", "walk"]

# The largest real ones, of benchmark leaderboards, stay below a third of each.
_LONGEST = 1_000_000
_MOST_VALUES = 50_000
_DEEPEST = 64
# The parser in pure Python is thirty times slower; few installations have no other.
_LONGEST_IN_PYTHON = 100_000


class BrokenYamlError(Exception):
    """Front matter is no YAML, or more of it than is checked.

    Attributes:
        message: What is wrong.
        line: Line within the block, from 0 on.
        is_refused: Whether the Hub refuses it too; it takes what is only too big for us.
    """

    def __init__(self, message: str, line: int = 0, *, is_refused: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.is_refused = is_refused


class Scalar(NamedTuple):
    """A value that isn't made of others."""

    text: str
    line: int
    is_plain: bool
    """Written without quotes, so that each reader decides what it is."""
    tag: str
    """An explicit type, such as `tag:yaml.org,2002:str`; empty when there is none."""


class Items(NamedTuple):
    """A list."""

    values: tuple[Node, ...]
    line: int


class Fields(NamedTuple):
    """A mapping, with the pairs as they were written: keys may come twice."""

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int

    def get(self, key: str) -> Node | None:
        """The value of a key, the last one if there are several."""
        return next((value for name, value in reversed(self.pairs) if name.text == key), None)


class Alias(NamedTuple):
    """A reference to a value elsewhere; it is not followed."""

    line: int


Node = Scalar | Items | Fields | Alias


class Tree(NamedTuple):
    """What a block of YAML holds."""

    root: Node | None
    """None for nothing at all."""

    odd_keys: tuple[int, ...]
    """Lines of keys that are lists, mappings or aliases; those pairs are left out."""


def read_tree(block: str, first_line: int = 1, *, parser: Any = None) -> Tree:
    r"""Read a block of YAML.

    Args:
        block: The text between the two marks.
        first_line: The line of the card that it starts on.
        parser: A loader of PyYAML; None for the fastest that is installed.

    Raises:
        BrokenYamlError: It is no YAML, several documents, or too big, deep or long.

    >>> read_tree("a: [b]\nc: no").root.get("c")
    Scalar(text='no', line=2, is_plain=True, tag='')
    """
    import yaml

    loader: Any = parser or getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    longest = _LONGEST_IN_PYTHON if loader is yaml.SafeLoader else _LONGEST
    if len(block) > longest:
        raise BrokenYamlError(f"has over {longest:,} characters, and is not checked", is_refused=False)
    builder = _Builder(first_line)
    try:
        for event in yaml.parse(block, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BrokenYamlError(_problem(error, block), mark.line if mark else 0) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenYamlError("is not valid YAML: it has characters that YAML doesn't allow") from error
    return Tree(builder.root, tuple(builder.odd_keys))


def walk(root: Node | None) -> Iterator[tuple[str, Node]]:
    """Every value with its path, from the top down and in the order of the text.

    >>> [path for path, _ in walk(read_tree("a: [b, c]").root)]
    ['', 'a', 'a[0]', 'a[1]']
    """
    waiting: list[tuple[str, Node]] = [] if root is None else [("", root)]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        if isinstance(node, Items):
            inner: list[tuple[str, Node]] = [(f"{path}[{i}]", item) for i, item in enumerate(node.values)]
        elif isinstance(node, Fields):
            start = f"{path}." if path else ""
            inner = [(f"{start}{key.text}", value) for key, value in node.pairs]
        else:
            continue
        waiting.extend(reversed(inner))


def _problem(error: Any, block: str) -> str:
    """The parser's own words; its text around them quotes the file."""
    mark = error.problem_mark
    if mark is not None and block[mark.index : mark.index + 1] == "\t":
        return "is not valid YAML: it is indented with a tab"
    return f"is not valid YAML: {error.problem or error.context or 'nobody can read it'}"


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, line: int, is_mapping: bool) -> None:
        self.line = line
        self.is_mapping = is_mapping
        self.values: list[Node] = []

    def closed(self, odd_keys: list[int]) -> Node:
        if not self.is_mapping:
            return Items(tuple(self.values), self.line)
        pairs = []
        for key, value in zip(self.values[::2], self.values[1::2], strict=True):
            if isinstance(key, Scalar):
                pairs.append((key, value))
            else:
                odd_keys.append(key.line)
        return Fields(tuple(pairs), self.line)


class _Builder:
    """Turns a parser's events into a tree."""

    def __init__(self, first_line: int) -> None:
        self.root: Node | None = None
        self.odd_keys: list[int] = []
        self._first_line = first_line
        self._open: list[_Open] = []
        self._anchors: set[str] = set()
        self._documents = 0
        self._count = 0

    def take(self, event: Any) -> None:
        """The next event."""
        name = type(event).__name__
        row = event.start_mark.line if event.start_mark else 0
        if getattr(event, "anchor", None) and name != "AliasEvent":
            self._anchors.add(event.anchor)
        if name == "ScalarEvent":
            # The two parsers say it differently: no quotes are None or empty.
            is_plain = not event.style
            self._put(Scalar(event.value, row + self._first_line, is_plain, _explicit(event.tag)), row)
        elif name == "AliasEvent":
            if event.anchor not in self._anchors:
                raise BrokenYamlError("is not valid YAML: it refers to an anchor that isn't there", row)
            self._put(Alias(row + self._first_line), row)
        elif name in ("SequenceStartEvent", "MappingStartEvent"):
            if len(self._open) >= _DEEPEST:
                raise BrokenYamlError(
                    f"is nested over {_DEEPEST} levels deep, and is not checked", row, is_refused=False
                )
            self._open.append(_Open(row + self._first_line, name == "MappingStartEvent"))
        elif name in ("SequenceEndEvent", "MappingEndEvent"):
            self._put(self._open.pop().closed(self.odd_keys), row)
        elif name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise BrokenYamlError("is not valid YAML: it holds several documents", row)

    def _put(self, node: Node, row: int) -> None:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise BrokenYamlError(
                f"has over {_MOST_VALUES:,} values, and is not checked", row, is_refused=False
            )
        if self._open:
            self._open[-1].values.append(node)
        else:
            self.root = node


def _explicit(tag: str | None) -> str:
    return "" if tag is None or tag == "!" else tag
