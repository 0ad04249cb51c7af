"""How a model's metadata looks as the body of an entry.

A small head of scalars, decoded at once, and three parts that stay JSON text until
somebody reads them: files, card and the rest. Layout: four lengths (big-endian
``I``), then head, files, card, rest. The head is a list: names would be a fifth of
its size, and a third of the time that reading it takes.
"""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final, TypeAlias

from hubkit._lazy import JsonObject, LazyJson, RawJson, dump_json, load_json
from hubkit.cache._entry import Entry
from hubkit.errors import CacheCorruptedError, DecodeError
from hubkit.models import FileList, ModelMetadata

__all__ = ["decode_model", "encode_model"]

Cuts: TypeAlias = "tuple[tuple[int, int], ...]"
"""Where each part begins and ends."""

_LENGTHS: Final = struct.Struct(">IIII")

# Of a compressed body: holds the head of nearly every model.
_OPENING: Final = 1_024


def encode_model(model: ModelMetadata) -> bytes:
    """The model as bytes, all but ``cached_at``: the entry around it knows when.

    Raises:
        DecodeError: A field holds something that JSON has no form for.
    """
    lazy: tuple[Any, ...] = (model.siblings, model.card_data, model.extra)
    texts = [part.to_raw() if isinstance(part, LazyJson) else dump_json(part) for part in lazy]
    parts = [dump_json(model.scalars()), *texts]
    return b"".join((_LENGTHS.pack(*map(len, parts)), *parts))


def decode_model(entry: Entry) -> ModelMetadata:
    """The model again.

    Args:
        entry: Its body is what `encode_model` gave.

    Raises:
        CacheCorruptedError: It isn't that, or another version of hubkit wrote it.
    """
    try:
        opening = entry.opening(_OPENING) if entry.compressed else entry.body
        head, files, card, rest = _LENGTHS.unpack_from(opening)
        head_end = _LENGTHS.size + head
        files_end = head_end + files
        card_end = files_end + card
        end = card_end + rest
        if head_end > len(opening):
            opening = entry.plain()
        cuts = ((head_end, files_end), (files_end, card_end), (card_end, end))
        siblings, card_data, extra = _later(entry, cuts) if entry.compressed else _now(entry, cuts)
        return ModelMetadata.restored(
            load_json(opening[_LENGTHS.size : head_end]),
            siblings=FileList.from_raw(siblings),
            card_data=JsonObject.from_raw(card_data),
            extra=JsonObject.from_raw(extra),
            cached_at=datetime.fromtimestamp(entry.stored_at, timezone.utc),
        )
    except (struct.error, DecodeError, TypeError, ValueError, OverflowError, OSError) as error:
        raise CacheCorruptedError(f"not a stored model of this version: {error}") from error


def _now(entry: Entry, cuts: Cuts) -> list[RawJson]:
    """The parts of a body."""
    if cuts[-1][1] != len(entry.body):
        raise CacheCorruptedError("the lengths of a stored model don't add up")
    return [entry.body[begin:end] for begin, end in cuts]


def _later(entry: Entry, cuts: Cuts) -> list[RawJson]:
    """How to get the parts of a compressed body, since few look at any."""
    size = cuts[-1][1]
    return [partial(_inflated_part, entry, begin, end, size) for begin, end in cuts]


def _inflated_part(entry: Entry, begin: int, end: int, size: int) -> memoryview | bytes:
    try:
        whole = entry.plain()
    except CacheCorruptedError as error:
        # Its checksum fits: somebody wrote it so.
        raise DecodeError(f"a stored model is broken: {error}") from error
    if len(whole) != size:
        raise DecodeError("the lengths of a stored model don't add up")
    return whole[begin:end]
