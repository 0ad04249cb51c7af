"""The Hub's own lists, as it published them when this version was made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["card_schema", "closest", "language_codes", "libraries", "licenses", "pipeline_tags"]

_LONGEST_NAME = 60


@cache
def licenses() -> tuple[str, ...]:
    """Every id that `license` may have, sorted."""
    return tuple(_hub_lists()["licenses"])


@cache
def pipeline_tags() -> tuple[str, ...]:
    """Every official `pipeline_tag`, sorted."""
    return tuple(_hub_lists()["pipeline_tags"])


@cache
def libraries() -> tuple[str, ...]:
    """Every `library_name` that the Hub has a snippet or a filter for, sorted."""
    return tuple(_hub_lists()["libraries"])


@cache
def language_codes() -> frozenset[str]:
    """Every code of ISO 639, retired ones included.

    >>> {"en", "eng", "ger", "deu", "ber"} <= language_codes(), "jp" in language_codes()
    (True, False)
    """
    lines = [line for line in _read("languages.txt").splitlines() if not line.startswith("#")]
    codes = set(lines[0].split())
    for line in lines[1:]:
        start, _, ends = line.partition(" ")
        codes.update(start + end for end in ends)
    return frozenset(codes)


@cache
def card_schema() -> dict[str, Any]:
    """The types of the documented keys, as JSON Schema."""
    schema: dict[str, Any] = json.loads(_read("card_metadata.schema.json"))
    return schema


def closest(text: str, names: Iterable[str], *, cutoff: float = 0.8) -> str | None:
    """The name that was probably meant; None when no name is much like the text.

    >>> closest("Apache 2.0", ["apache-2.0", "mit"]), closest("proprietary", ["mit"])
    ('apache-2.0', None)
    """
    import difflib

    if len(text) > _LONGEST_NAME:
        return None
    known = {_bare(name): name for name in names}
    if _bare(text) in known:
        return known[_bare(text)]
    close = difflib.get_close_matches(_bare(text), known, n=1, cutoff=cutoff)
    return known[close[0]] if close else None


def _bare(name: str) -> str:
    """A name without what people vary in it."""
    return "".join(char for char in name.lower() if char not in " -_.")


@cache
def _hub_lists() -> dict[str, Any]:
    lists: dict[str, Any] = json.loads(_read("hub_lists.json"))
    return lists


def _read(name: str) -> str:
    return (files("hubkit.cards") / "data" / name).read_text("utf-8")
