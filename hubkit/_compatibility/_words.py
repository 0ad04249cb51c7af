"""Names that the Hub hands out, as a sentence may hold them."""

from __future__ import annotations

from hubkit._secrets import clean_text

__all__ = ["plain"]


def plain(name: str) -> str:
    r"""A name on one line, without what a terminal would obey.

    >>> plain("a\x1b[31m\nb")
    'a b'
    """
    return " ".join(clean_text(name).split())
