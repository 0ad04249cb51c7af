"""What a search has to know of each cached model, and how a list of that looks as bytes. Pure.

Reading 10,000 answers of 10 KB takes a second; a list of them is a fortieth of that. It is
a hint: it says where to look, and whoever finds something there reads the answer itself.

Layout, big-endian: a version ``H``, how many models ``I``, the length of each column ``I``, then the
columns as JSON, each decoded when a search first looks at it. Models stand in the order that
most searches ask for.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hubkit._lazy import dump_json, load_json
from hubkit.cache._entry import Entry, Stored
from hubkit.cache._keys import shelf_of
from hubkit.cache._model_codec import decode_model
from hubkit.errors import CacheCorruptedError, DecodeError
from hubkit.models import ModelMetadata

__all__ = [
    "FIGURES",
    "Rank",
    "Shelf",
    "date_number",
    "decode_shelf",
    "encode_shelf",
    "keys_by_shelf",
    "models_in",
]

FIGURES: Final = ("downloads", "likes", "trending", "updated", "created")
"""What models can be ordered by."""

Rank = tuple[bool, float, str, str]
"""The smallest comes first: a known figure before an unknown one, then the greatest, then the Hub's oldest."""

_VERSION: Final = 1
_HEAD: Final = struct.Struct(">HI")
_DIGITS: Final = 17
_FAR: Final = 2.0**52

_NOTHING: Final = type(None)
_COLUMNS: Final[dict[str, frozenset[type]]] = {
    # The end of the answer's key; None: the model's name says it.
    "keys": frozenset({str, _NOTHING}),
    # Which of the answer's models it is.
    "positions": frozenset({int}),
    # Seconds of the epoch and of trust, as the answer's entry has them.
    "dates": frozenset({int}),
    "ttls": frozenset({float, int, _NOTHING}),
    # Whether it came from a listing.
    "partial": frozenset({bool}),
    "names": frozenset({str}),
    # The Hub's own, by which it ranks what is otherwise equal.
    "object_ids": frozenset({str}),
    "authors": frozenset({str}),
    "tasks": frozenset({str, _NOTHING}),
    "downloads": frozenset({int, _NOTHING}),
    "likes": frozenset({int, _NOTHING}),
    "trending": frozenset({float, int, _NOTHING}),
    "updated": frozenset({int, _NOTHING}),
    "created": frozenset({int, _NOTHING}),
    # A character for each tag; the library and the task count as such.
    "labels": frozenset({str}),
}
_LENGTHS: Final = struct.Struct(f">{len(_COLUMNS) + 1}I")

# Numbers of tags are written as characters: these are none that stand for themselves.
_FIRST: Final = 0x100
_BEFORE_SURROGATES: Final = 0xD800 - _FIRST
_SURROGATES: Final = 0x800
_MOST_TAGS: Final = 0x10FFFF - _FIRST - _SURROGATES


class Shelf:
    """A list of models, by column. Every method raises `CacheCorruptedError` for a column that is none.

    Args:
        prefix: The beginning of every key.
        count: How many models.
        parts: The columns as JSON, and last the tags that characters stand for.
    """

    __slots__ = ("_columns", "_count", "_folded", "_orders", "_parts", "_tags", "prefix")

    def __init__(self, prefix: str, count: int, parts: Sequence[Stored]) -> None:
        self.prefix = prefix
        self._count = count
        self._parts = dict(zip((*_COLUMNS, "tags"), parts, strict=True))
        self._columns: dict[str, list[Any]] = {}
        self._orders: dict[str, Sequence[int]] = {FIGURES[0]: range(count)}
        self._folded: list[str] | None = None
        self._tags: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return self._count

    def column(self, name: str) -> list[Any]:
        """One fact about every model."""
        known = self._columns.get(name)
        if known is None:
            known = self._columns[name] = self._decoded(name)
            if len(known) != self._count or not set(map(type, known)) <= _COLUMNS[name]:
                del self._columns[name]
                raise CacheCorruptedError(f"the {name} of a list of models are other things")
        return known

    def key(self, row: int) -> str:
        """The key of the answer that tells of a model."""
        end = self.column("keys")[row]
        return self.prefix + (_own_key(self.column("names")[row]) if end is None else str(end))

    def rank(self, row: int, figure: str) -> Rank:
        """Where a model stands in an order."""
        value = self.column(figure)[row]
        return value is None, -(value or 0), self.column("object_ids")[row], self.column("names")[row]

    def order(self, figure: str) -> Sequence[int]:
        """Every model's row, best rank first."""
        known = self._orders.get(figure)
        if known is None:
            ranks = [self.rank(row, figure) for row in range(self._count)]
            known = self._orders[figure] = sorted(range(self._count), key=ranks.__getitem__)
        return known

    def folded_names(self) -> list[str]:
        """Names without regard to case."""
        if self._folded is None:
            self._folded = [name.casefold() for name in self.column("names")]
        return self._folded

    def mark(self, tag: str) -> str | None:
        """The character that stands for a tag in `labels`; None: no model here has it."""
        if self._tags is None:
            tags = self._decoded("tags")
            self._tags = {str(each): _mark(number) for number, each in enumerate(tags)}
        return self._tags.get(tag)

    def _decoded(self, name: str) -> list[Any]:
        try:
            plain = load_json(self._parts[name])
        except DecodeError as error:
            raise CacheCorruptedError(f"not a list of models: {error}") from error
        if not isinstance(plain, list):
            raise CacheCorruptedError("not a list of models")
        return plain


def models_in(entry: Entry) -> list[ModelMetadata | Mapping[str, Any] | None]:
    """What an answer says: one model, or the Hub's records of many; nothing if it can't be read.

    What is no record is None, so that the others keep their positions.
    """
    if entry.negative:
        return []
    try:
        if not _is_search(entry.key):
            model = decode_model(entry)
            return [model] if _is_sound(model) else []
        records = load_json(entry.plain())
    except (CacheCorruptedError, DecodeError):
        return []
    listed = records if isinstance(records, list) else []
    return [record if isinstance(record, dict) else None for record in listed]


def keys_by_shelf(keys: Iterable[str], prefix: str) -> dict[int, list[str]]:
    """The keys that belong on each shelf of a scope."""
    shelves: dict[int, list[str]] = {}
    for key in keys:
        place = shelf_of(key) if key.startswith(prefix) else None
        if place is not None and place[0] == prefix:
            shelves.setdefault(place[1], []).append(key)
    return shelves


def encode_shelf(prefix: str, entries: Iterable[Entry]) -> bytes:
    """The list of some answers.

    Args:
        prefix: The beginning of all their keys.
        entries: The answers; unreadable ones are left out.
    """
    marks: dict[str, str] = {}
    rows: list[tuple[Any, ...]] = []
    for entry in entries:
        end = entry.key.removeprefix(prefix)
        for position, told in enumerate(models_in(entry)):
            model = told if isinstance(told, ModelMetadata) else _model_of(told)
            if model is not None:
                key = None if end == _own_key(model.model_id) else end
                place = (key, position, _seconds(entry.stored_at), entry.ttl)
                rows.append((*place, *_described(model, marks)))
    names = list(_COLUMNS)
    figure, object_id, name = map(names.index, (FIGURES[0], "object_ids", "names"))
    rows.sort(key=lambda row: (row[figure] is None, -(row[figure] or 0), row[object_id], row[name]))
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    parts = [*map(dump_json, map(list, columns)), dump_json(list(marks))]
    return b"".join((_HEAD.pack(_VERSION, len(rows)), _LENGTHS.pack(*map(len, parts)), *parts))


def decode_shelf(prefix: str, body: Stored) -> Shelf:
    """The list again.

    Raises:
        CacheCorruptedError: It is none, or another version's.
    """
    try:
        version, count = _HEAD.unpack_from(body)
        lengths = _LENGTHS.unpack_from(body, _HEAD.size)
    except struct.error as error:
        raise CacheCorruptedError("too short for a list of models") from error
    begin = _HEAD.size + _LENGTHS.size
    if version != _VERSION or begin + sum(lengths) != len(body):
        raise CacheCorruptedError("not a list of models of this version")
    parts = []
    for length in lengths:
        parts.append(body[begin : begin + length])
        begin += length
    return Shelf(prefix, count, parts)


def date_number(text: str | None) -> int | None:
    """A date of the Hub's as a number of the same order: its digits down to milliseconds.

    >>> date_number("2022-03-02T23:29:04.000Z")
    20220302232904000
    """
    digits = re.sub(r"\D", "", text, flags=re.ASCII)[:_DIGITS] if text else ""
    return int(digits.ljust(_DIGITS, "0")) if digits else None


def _described(model: ModelMetadata, marks: dict[str, str]) -> tuple[object, ...]:
    """The rest of a row; tags not seen before get a character."""
    owner = model.model_id.rpartition("/")[0]
    tags = dict.fromkeys(filter(None, (*model.tags, model.library_name, model.pipeline_tag)))
    for tag in tags:
        if tag not in marks and len(marks) < _MOST_TAGS:
            marks[tag] = _mark(len(marks))
    score, object_id = model.extra.get("trendingScore"), model.extra.get("_id")
    return (
        model.partial,
        model.model_id,
        object_id if isinstance(object_id, str) else "",
        (model.author or owner).casefold(),
        model.pipeline_tag,
        model.downloads,
        model.likes,
        score if isinstance(score, (int, float)) and not isinstance(score, bool) else None,
        date_number(model.last_modified),
        date_number(model.created_at),
        "".join(marks.get(tag, "") for tag in tags),
    )


def _is_sound(model: ModelMetadata) -> bool:
    """Whether the fields that a search looks at are what they should be: an entry may be anybody's work."""
    texts = (model.author, model.pipeline_tag, model.library_name, model.last_modified, model.created_at)
    return (
        all(isinstance(text, str) for text in (*model.tags, *filter(None, texts)))
        and all(number is None or type(number) is int for number in (model.downloads, model.likes))
        and isinstance(model.partial, bool)
        # Decoded here, where it may fail.
        and isinstance(model.extra.get("_id", ""), str)
    )


def _model_of(record: Mapping[str, Any] | None) -> ModelMetadata | None:
    try:
        return ModelMetadata.from_hub(record or {}, partial=True)
    except DecodeError:
        return None


def _seconds(date: float) -> int:
    """A date that JSON can hold, whatever a clock or an enemy made of it."""
    return int(max(-_FAR, min(date, _FAR)))


def _own_key(name: str) -> str:
    """The end of the key under which a model lies that was asked for by its name."""
    return "model|" + name.replace("@", "@@")


def _mark(number: int) -> str:
    return chr(_FIRST + number + (_SURROGATES if number >= _BEFORE_SURROGATES else 0))


def _is_search(key: str) -> bool:
    place = shelf_of(key)
    return place is not None and key.startswith("search|", len(place[0]))
