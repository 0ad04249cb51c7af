"""Ids of arXiv, which the Hub makes tags of."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["arxiv_ids"]

_ID = re.compile(r"\d{4}\.\d{4,5}", re.ASCII)


def arxiv_ids(papers: Iterable[str]) -> tuple[str, ...]:
    """Those that are ids, each once.

    >>> arxiv_ids(["2106.09685", "2106.09685", "a paper"])
    ('2106.09685',)
    """
    return tuple(dict.fromkeys(paper for paper in papers if _ID.fullmatch(paper)))
