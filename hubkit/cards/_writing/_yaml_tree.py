"""Front matter as a tree whose nodes know where they stand in the text.

PyYAML's trees are used without its data, since a few aliases can blow data up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

__all__ = ["Entry", "RefusedError", "compose", "entries", "has_document_mark", "plain_value", "values_of"]

# Real front matter has some kilobytes, and 130 where results of a hundred benchmarks are
# listed; this much takes three seconds, whatever it says.
_BLOCK_LIMIT = 300_000
_MAX_NODES = 20_000
_DOCUMENT_MARK = re.compile(r"(?:^|[\r\n])(?:---|\.\.\.|%)")


class RefusedError(Exception):
    """Front matter can't be changed; the text completes "front matter of the README ..."."""


@frozen(kw_only=True)
class Entry:
    """A top-level key with its value."""

    name: str
    start: int
    """Where the key starts in the block."""

    end: int
    """Where the value ends, without the comments behind it."""

    node: Any
    """The value's node."""


def compose(block: str) -> Any:
    """The tree of a YAML text; None for an empty one.

    Raises:
        RefusedError: It is too long, or no YAML.
    """
    import yaml

    if len(block) > _BLOCK_LIMIT:
        raise RefusedError(f"has over {_BLOCK_LIMIT:,} characters")
    try:
        return yaml.compose(block, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RefusedError("is not valid YAML") from error


def has_document_mark(block: str) -> bool:
    """Whether YAML's own marks of documents are in a block: next to them keys can't be taken out safely."""
    return _DOCUMENT_MARK.search(block) is not None


def entries(block: str) -> tuple[dict[str, Entry], int]:
    """The entries of a block mapping, and the column that they start at.

    Raises:
        RefusedError: It is no YAML, no mapping, or written in braces.
    """
    import yaml

    root = compose(block)
    if root is None:
        return {}, 0
    if not isinstance(root, yaml.MappingNode):
        raise RefusedError("is not a mapping")
    if root.flow_style:
        raise RefusedError("is written in braces")
    found = {
        str(key.value): Entry(
            name=str(key.value), start=key.start_mark.index, end=_end(key, value), node=value
        )
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode)
    }
    return found, int(root.start_mark.column)


def values_of(block: str) -> dict[str, Any]:
    """The data of a block mapping, by key.

    Raises:
        RefusedError: As for `entries` and `plain_value`.
    """
    return {name: plain_value(entry.node) for name, entry in entries(block)[0].items()}


def _end(key: Any, node: Any) -> int:
    """Where a value's last leaf ends: a collection's own mark stands at the next key."""
    for _ in range(_MAX_NODES):
        last = node.value[-1:] if isinstance(node.value, list) and not node.flow_style else []
        if not last:
            break
        node = last[0][1] if isinstance(last[0], tuple) else last[0]
    # An alias ends where its anchor stands, above the key.
    return max(int(node.end_mark.index), int(key.end_mark.index))


def plain_value(node: Any) -> Any:
    """The data of a node.

    Raises:
        RefusedError: There is too much of it, or it has a form that no front matter needs.
    """
    import yaml

    if sum(1 for _ in _walk(node)) >= _MAX_NODES:
        raise RefusedError("grows without bounds")
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise RefusedError("is not valid YAML") from error
    finally:
        loader.dispose()


def _walk(node: Any) -> Iterator[Any]:
    """Every node below one, an alias's as often as it is used, up to a bound."""
    waiting = [node]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        for child in node.value if isinstance(node.value, list) else ():
            waiting.extend(child if isinstance(child, tuple) else (child,))
