"""A card's metadata, as the rules look at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from attrs import frozen

from hubkit.cards._validation._scalars import kind_of
from hubkit.cards._validation._tree import Fields, Items, Node, Scalar

__all__ = ["Metadata", "Text"]


# The longest that people wrote, of languages, have some four thousand.
_MOST_ITEMS = 10_000


class Text(NamedTuple):
    """A string of the metadata."""

    key: str
    """Its path."""
    text: str
    line: int


@frozen
class Metadata:
    """The mapping of the front matter."""

    root: Fields
    """Its pairs."""

    def get(self, key: str) -> Node | None:
        """The value of a top-level key."""
        return self.root.get(key)

    def texts(self, key: str) -> Iterator[Text]:
        """The strings of a key that takes one or a list; what is no string is the schema's affair."""
        node = self.root.get(key)
        if isinstance(node, Items):
            for index, item in enumerate(node.values[:_MOST_ITEMS]):
                if isinstance(item, Scalar) and kind_of(item) == "string":
                    yield Text(f"{key}[{index}]", item.text, item.line)
        elif isinstance(node, Scalar) and kind_of(node) == "string":
            yield Text(key, node.text, node.line)

    def text(self, key: str) -> Text | None:
        """The string of a key that takes one."""
        node = self.root.get(key)
        if isinstance(node, Scalar) and kind_of(node) == "string":
            return Text(key, node.text, node.line)
        return None
