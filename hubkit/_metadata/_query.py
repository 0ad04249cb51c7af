"""What a search asks, and how the Hub is asked that. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import attrs

from hubkit._refs import parse_repo_id, parse_several
from hubkit.errors import InvalidArgumentError

__all__ = ["SORTS", "SearchQuery"]

SORTS = {
    "downloads": "downloads",
    "likes": "likes",
    "trending": "trendingScore",
    "updated": "lastModified",
    "created": "createdAt",
}
"""Our names for an order, and the Hub's. All are descending."""

_PAGE = 100
_LARGEST_PAGE = 1000

# What a listing leaves out unless asked; sizes and files it can't give at a bearable price.
_EXPANDED = (
    "author",
    "cardData",
    "createdAt",
    "disabled",
    "downloads",
    "gated",
    "lastModified",
    "library_name",
    "likes",
    "pipeline_tag",
    "private",
    "safetensors",
    "sha",
    "tags",
    "trendingScore",
)


@attrs.frozen(kw_only=True)
class SearchQuery:
    """A checked search."""

    text: str | None
    tags: tuple[str, ...]
    """All are required."""
    sort: str
    author: str | None
    pipeline_tag: str | None
    limit: int | None
    """At most so many models; None: all there are."""

    @classmethod
    def checked(
        cls,
        query: str | None,
        filter_tags: Sequence[str] | None,
        sort: str,
        *,
        author: str | None,
        pipeline_tag: str | None,
        limit: int | None,
    ) -> SearchQuery:
        """Build from a caller's arguments.

        Raises:
            InvalidArgumentError: One can't be right; the text names it.
        """
        if not isinstance(sort, str) or sort not in SORTS:
            raise InvalidArgumentError(f"sort must be one of {', '.join(SORTS)}, not {_shown(sort)}")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise InvalidArgumentError(f"limit must be a whole number of at least 1, not {_shown(limit)}")
        tags = () if filter_tags is None else parse_several(filter_tags, field="filter_tags", of="tags")
        if author is not None and ("/" in parse_repo_id(author, field="author")):
            raise InvalidArgumentError(f"author must be the name of an account, not {_shown(author)}")
        return cls(
            text=_word("query", query),
            tags=tuple(_word("filter_tags", tag) or "" for tag in tags),
            sort=sort,
            author=author,
            pipeline_tag=_word("pipeline_tag", pipeline_tag),
            limit=limit,
        )

    def params(self) -> list[tuple[str, str]]:
        """The query of ``GET /api/models``."""
        size = _PAGE if self.limit is None else min(self.limit, _LARGEST_PAGE)
        pairs = [("sort", SORTS[self.sort]), ("limit", str(size))]
        pairs += [(name, value) for name, value in self._plain() if value]
        pairs += [("filter", tag) for tag in self.tags]
        return pairs + [("expand", field) for field in _EXPANDED]

    def canonical(self) -> str:
        """The same question in the same words, whatever the order of its tags."""
        pairs = [("sort", self.sort), ("limit", str(self.limit))]
        pairs += [(name, value.casefold()) for name, value in self._plain() if value]
        return urlencode(pairs + [("filter", tag) for tag in sorted(set(self.tags))])

    def _plain(self) -> list[tuple[str, str | None]]:
        return [("search", self.text), ("author", self.author), ("pipeline_tag", self.pipeline_tag)]


def _word(field: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidArgumentError(f"{field} must be printable text, not {_shown(value)}")
    return value.strip() or None


def _shown(value: object) -> str:
    return ascii(value)[:80]
