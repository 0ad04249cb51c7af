"""JSON that is decoded when somebody reads it, and never changes under them.

The big parts of a model record are most of its bytes and seldom read. They stay
raw until then; what a reader gets is a private copy, so one cached answer can
serve every thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias

from hubkit.errors import DecodeError

__all__ = ["JsonObject", "LazyJson", "RawJson", "dump_json", "load_json"]

RawJson: TypeAlias = "bytes | memoryview | Callable[[], bytes | memoryview]"
"""JSON text, or how to get it; a part of larger bytes keeps these alive."""


def load_json(raw: bytes | memoryview | str) -> Any:
    """Decode JSON strictly: no NaN, no nesting bomb.

    Raises:
        DecodeError: It isn't JSON.
    """
    import orjson

    try:
        return orjson.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"not JSON: {error}") from error


def dump_json(value: Any) -> bytes:
    """Encode plain data, sorted by nothing: the order that it came in is kept.

    Raises:
        DecodeError: The value holds something that JSON has no form for.
    """
    import orjson

    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError) as error:
        raise DecodeError(f"not expressible as JSON: {error}") from error


class LazyJson(ABC):
    """A value that knows its JSON text, its decoded form, or both."""

    __slots__ = ("_decoded", "_raw")

    _raw: RawJson | None
    _decoded: Any

    @classmethod
    def from_raw(cls, raw: RawJson) -> Any:
        """Wrap JSON text that this class wrote; it is got and decoded at the first look."""
        lazy = cls.__new__(cls)
        lazy._raw = raw
        lazy._decoded = None
        return lazy

    @classmethod
    @abstractmethod
    def from_plain(cls, plain: Any) -> Any:
        """Build from decoded JSON.

        Raises:
            DecodeError: It has another shape.
        """

    @abstractmethod
    def to_plain(self) -> Any:
        """Decoded JSON, the caller's own to change."""

    def to_raw(self) -> bytes:
        """The JSON text; free when the value came from `from_raw`."""
        text = dump_json(self.to_plain()) if self._raw is None else bytes(self._text())
        self._raw = text
        return text

    def _text(self) -> bytes | memoryview:
        raw = self._raw
        if callable(raw):
            # Two threads may both get it: they store the same.
            raw = self._raw = raw()
        return b"" if raw is None else raw

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_raw, (self.to_raw(),))


class JsonObject(LazyJson, Mapping[str, Any]):
    """A read-only JSON object.

    >>> card = JsonObject({"license": "mit", "tags": ["a"]})
    >>> card["tags"].append("b")
    >>> card["tags"]
    ['a']
    """

    __slots__ = ()

    def __init__(self, value: Mapping[str, Any] | None = None) -> None:
        self._raw = None
        self._decoded = _copied(dict(value)) if value else {}

    @classmethod
    def from_plain(cls, plain: Any) -> JsonObject:
        """Build from a decoded object; None stands for an empty one."""
        if plain is not None and not isinstance(plain, Mapping):
            raise DecodeError(f"expected a JSON object, not {type(plain).__name__}")
        return cls(plain)

    def to_plain(self) -> dict[str, Any]:
        """A deep copy as a dict."""
        copy: dict[str, Any] = _copied(self._mapping())
        return copy

    def _mapping(self) -> dict[str, Any]:
        decoded = self._decoded
        if decoded is None:
            decoded = load_json(self._text())
            if not isinstance(decoded, dict):
                raise DecodeError("stored text is not a JSON object")
            # Two threads may both decode: they store equal values.
            self._decoded = decoded
        result: dict[str, Any] = decoded
        return result

    def __getitem__(self, key: str) -> Any:
        return _copied(self._mapping()[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._mapping())

    def __len__(self) -> int:
        return len(self._mapping())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, JsonObject):
            return self._mapping() == other._mapping()
        return isinstance(other, Mapping) and self._mapping() == dict(other)

    def __hash__(self) -> int:
        # Values may be lists; equal objects have equal keys, and that is enough.
        return hash(frozenset(self._mapping()))

    def __repr__(self) -> str:
        return f"JsonObject({self._mapping()!r})"


def _copied(value: Any) -> Any:
    """A deep copy of JSON data: several times faster than `copy.deepcopy`.

    Raises:
        DecodeError: It is nested deeper than Python can follow.
    """
    try:
        return _copy(value)
    except RecursionError as error:
        raise DecodeError("nested too deeply") from error.with_traceback(None)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copy(item) for item in value]
    # YAML has dates, and JSON hasn't.
    return value.isoformat() if isinstance(value, date) else value
