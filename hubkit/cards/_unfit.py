"""What can't be carried from one card into another: what the Hub refuses, and what names somebody's disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hubkit.cards._ids import dataset_id, looks_local
from hubkit.cards._text import clean, one_line, scrub, shown
from hubkit.cards._validate import validate_card
from hubkit.cards._validation._body import find_path
from hubkit.cards._writing._front_matter import dump_front_matter, pruned

__all__ = ["without_unfit"]

# A key that a finding is about, and the item of its list.
_PART = re.compile(r"([\w-]+)(?:\[(\d+)\])?")
_WHOLE = -1
_WEB = ("http://", "https://")

Parts = dict[tuple[str, int], str]


def without_unfit(data: Mapping[str, Any], exempt: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[str]]:
    """Leave out what is empty, what the Hub would refuse, and local paths and secrets.

    Args:
        data: A front matter as plain data.
        exempt: Keys that aren't looked at.

    Returns:
        What is left of it, and a sentence for each part that isn't. Of a list single items go.

    >>> without_unfit({"license": "mit", "datasets": ["org/foxes", "/data/foxes"], "language": None})[0]
    {'license': 'mit', 'datasets': ['org/foxes']}
    """
    kept: dict[str, Any] = pruned(data) or {}
    judged = {name: value for name, value in kept.items() if name not in exempt}
    parts = {**_refused(judged), **_local(judged)}
    # From the back, so that the places of items stay right.
    for name, index in sorted(parts, reverse=True):
        if index == _WHOLE:
            kept.pop(name, None)
        elif name in kept:
            kept[name] = [*kept[name][:index], *kept[name][index + 1 :]]
    warnings = [
        f"{one_line(name)} of the README: {why}: left out" for (name, _), why in sorted(parts.items())
    ]
    return pruned(kept) or {}, warnings


def _refused(data: Mapping[str, Any]) -> Parts:
    found: Parts = {}
    for finding in validate_card(f"---\n{dump_front_matter(data)}---\n"):
        part = _PART.match(finding.key)
        if finding.severity == "error" and part is not None and part[1] in data:
            is_item = part[2] is not None and isinstance(data[part[1]], list)
            found.setdefault(
                (part[1], int(part[2]) if is_item else _WHOLE), f"{finding.message} ({finding.remedy})"
            )
    return found


def _local(data: Mapping[str, Any]) -> Parts:
    found: Parts = {}
    for name, value in data.items():
        for index, item in enumerate(value) if isinstance(value, list) else [(_WHOLE, value)]:
            text = next((text for text in _texts(item) if _is_local(name, text)), None)
            if text is not None:
                found[name, index] = f"{shown(text)} means nothing on other machines"
    return found


def _is_local(name: str, text: str) -> bool:
    """Whether a text of a key names a place on somebody's disk, or holds a secret."""
    if name == "datasets" and dataset_id(text) != text:
        return True
    names_data = name == "model-index" and looks_local(text) and not text.startswith(_WEB)
    return names_data or find_path(text) is not None or scrub(text) != clean(text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
