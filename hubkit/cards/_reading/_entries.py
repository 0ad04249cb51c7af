"""Entries of a JSON object that nobody vouches for, each checked for its kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hubkit.cards._reading._facts import Findings
from hubkit.cards._text import shown

__all__ = ["Entries", "finite"]

# Longer ones are no names: they would fill the card, not inform it.
_MAX_NAME = 500
_MAX_NAMES = 100_000
_MAX_COUNT = 2**63


@frozen(kw_only=True)
class Entries:
    """A JSON object: what is there but of the wrong kind is no fact and becomes a warning."""

    file: str
    """The file it comes from, for sources and warnings."""

    values: Mapping[str, Any]
    """The decoded object."""

    found: Findings
    """Takes the warnings."""

    def source(self, *keys: str) -> str:
        """The source of a fact that these keys prove."""
        return f"{self.file}: {', '.join(keys)}"

    def text(self, key: str) -> str | None:
        """A name of sensible length; None when there is none."""
        value = self.values.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and len(value) <= _MAX_NAME:
            return value
        self._complain(key, value, "a name")
        return None

    def number(self, key: str) -> float | None:
        """A finite number, whole or not; None when there is none."""
        value = self.values.get(key)
        number = finite(value)
        if value is not None and number is None:
            self._complain(key, value, "a number")
        return number

    def count(self, key: str) -> int | None:
        """A whole number above zero; zero stands for none."""
        value = self.values.get(key)
        if type(value) is int and 0 < value < _MAX_COUNT:
            return value
        if value is not None and value != 0:
            self._complain(key, value, "a whole number")
        return None

    def names(self, key: str) -> list[str]:
        """A list of names; a lone string is one (a pattern, or a method's keyword)."""
        value = self.values.get(key)
        items = [value] if isinstance(value, str) else value
        if items is None:
            return []
        if not isinstance(items, list) or len(items) > _MAX_NAMES:
            self._complain(key, value, "a list of names")
            return []
        names = [item for item in items if isinstance(item, str) and 0 < len(item) <= _MAX_NAME]
        if len(names) < len(items):
            self.found.warn(f"{self.file}: {key} holds entries that are no names")
        return names

    def _complain(self, key: str, value: object, wanted: str) -> None:
        self.found.warn(f"{self.file}: {key} is {shown(value)}, not {wanted}")


def finite(value: object) -> float | None:
    """The value when it is a number that a float can hold and that is finite.

    >>> finite(3), finite(True), finite(float("nan")), finite(10**400)
    (3, None, None, None)
    """
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
