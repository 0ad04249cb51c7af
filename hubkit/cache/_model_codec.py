"""How a model's metadata looks as the body of an entry.

A small head of scalars, decoded at once, and three parts that stay JSON text until
somebody reads them: files, card and the rest. Layout: four lengths (big-endian
``I``), then head, files, card, rest.
"""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from typing import Any, Final

from hubkit._lazy import JsonObject, LazyJson, dump_json, load_json
from hubkit.errors import CacheCorruptedError, DecodeError
from hubkit.models import FileList, ModelMetadata

__all__ = ["decode_model", "encode_model"]

_LENGTHS: Final = struct.Struct(">IIII")
_HEAD_FIELDS: Final = (
    "model_id",
    "author",
    "downloads",
    "likes",
    "tags",
    "pipeline_tag",
    "library_name",
    "license",
    "model_size",
    "created_at",
    "last_modified",
    "sha",
    "private",
    "gated",
    "disabled",
    "parameters",
    "base_models",
    "endpoint",
    "partial",
)


def encode_model(model: ModelMetadata) -> bytes:
    """The model as bytes, all but ``cached_at``: the entry around it knows when.

    Raises:
        DecodeError: A field holds something that JSON has no form for.
    """
    values = ((name, getattr(model, name)) for name in _HEAD_FIELDS)
    head = dump_json({name: value for name, value in values if value is not None and value != ()})
    lazy: tuple[Any, ...] = (model.siblings, model.card_data, model.extra)
    parts = [head, *(part.to_raw() if isinstance(part, LazyJson) else dump_json(part) for part in lazy)]
    return b"".join((_LENGTHS.pack(*map(len, parts)), *parts))


def decode_model(body: bytes, *, stored_at: float) -> ModelMetadata:
    """The model again.

    Args:
        body: What `encode_model` gave.
        stored_at: Epoch seconds when the Hub gave or confirmed it.

    Raises:
        CacheCorruptedError: It isn't that, or a newer hubkit wrote it.
    """
    try:
        first, second, third, fourth = _LENGTHS.unpack_from(body)
        start = _LENGTHS.size
        ends = (start + first, start + first + second, start + first + second + third)
        if ends[2] + fourth != len(body):
            raise CacheCorruptedError("the lengths of a stored model don't add up")
        return ModelMetadata.restored(
            load_json(body[start : ends[0]]),
            siblings=FileList.from_raw(body[ends[0] : ends[1]]),
            card_data=JsonObject.from_raw(body[ends[1] : ends[2]]),
            extra=JsonObject.from_raw(body[ends[2] :]),
            cached_at=datetime.fromtimestamp(stored_at, timezone.utc),
        )
    except (
        struct.error,
        DecodeError,
        AttributeError,
        TypeError,
        ValueError,
        OverflowError,
        OSError,
    ) as error:
        raise CacheCorruptedError(f"not a stored model of this version: {error}") from error
