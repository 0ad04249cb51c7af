"""What the Hub says about a model, in the words of `ModelMetadata`.

Pure: from one decoded record of any age to field values. Nothing is invented: a
key that is absent, null or of another type than it should be becomes None, and
what no field takes is kept under ``extra``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hubkit.errors import DecodeError

__all__ = ["fields_from_hub", "is_weight_file", "list_or_empty", "text_or_none", "weight_bytes"]

_WEIGHT_SUFFIXES = (
    ".safetensors",
    ".bin",
    ".gguf",
    ".ggml",
    ".pt",
    ".pth",
    ".ckpt",
    ".h5",
    ".msgpack",
    ".onnx",
    ".onnx_data",
    ".ot",
    ".tflite",
    ".npz",
)
# Files of a training run that end like weights.
_NOT_WEIGHTS = ("training_args.bin", "optimizer.", "scheduler.", "rng_state", "scaler.", "random_states")

# Keys that a field takes over whole. Others stay in ``extra``.
_TAKEN = frozenset(
    {
        "id",
        "modelId",
        "author",
        "downloads",
        "likes",
        "tags",
        "pipeline_tag",
        "library_name",
        "createdAt",
        "lastModified",
        "siblings",
        "cardData",
        "sha",
        "private",
        "gated",
        "disabled",
    }
)


def fields_from_hub(record: Any) -> dict[str, Any]:
    """Translate one record.

    Args:
        record: A decoded answer of ``/api/models/{id}`` or an item of ``/api/models``, of 2022 or today.

    Returns:
        Arguments for `ModelMetadata`, all but where and when the record was got.

    Raises:
        DecodeError: It is no object or has no id, so it is not about a model.
    """
    if not isinstance(record, Mapping):
        raise DecodeError(f"a model record must be an object, not {type(record).__name__}")
    model_id = text_or_none(record.get("id")) or text_or_none(record.get("modelId"))
    if model_id is None:
        raise DecodeError("the record has neither 'id' nor 'modelId'")
    card = record.get("cardData")
    card = card if isinstance(card, Mapping) else {}
    tags = tuple(tag for tag in list_or_empty(record.get("tags")) if isinstance(tag, str))
    siblings = [item for item in list_or_empty(record.get("siblings")) if _is_file(item)]
    return {
        "model_id": model_id,
        "author": text_or_none(record.get("author")),
        "downloads": _count(record.get("downloads")),
        "likes": _count(record.get("likes")),
        "tags": tags,
        "pipeline_tag": text_or_none(record.get("pipeline_tag")),
        "library_name": text_or_none(record.get("library_name")),
        "license": _license(card.get("license"), tags),
        "model_size": weight_bytes(siblings),
        "created_at": text_or_none(record.get("createdAt")),
        "last_modified": text_or_none(record.get("lastModified")),
        "siblings": siblings,
        "card_data": card,
        "sha": text_or_none(record.get("sha")),
        "private": _flag(record.get("private")),
        "gated": _gate(record.get("gated")),
        "disabled": _flag(record.get("disabled")),
        "parameters": _parameters(record),
        "base_models": _base_models(card.get("base_model"), tags),
        "extra": _extra(record),
    }


def is_weight_file(path: str) -> bool:
    """Whether a file of a repository holds weights, by its name.

    >>> is_weight_file("model-00001-of-00002.safetensors"), is_weight_file("training_args.bin")
    (True, False)
    """
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(_WEIGHT_SUFFIXES) and not name.startswith(_NOT_WEIGHTS)


def weight_bytes(siblings: Iterable[Mapping[str, Any]]) -> int | None:
    """Bytes of all weight files together; None when one's size is unknown or there is none.

    ``safetensors.total`` is no help: it counts parameters.
    """
    sizes = [_size(item) for item in siblings if is_weight_file(str(item.get("rfilename", "")))]
    known = [size for size in sizes if size is not None]
    return sum(known) if sizes and len(known) == len(sizes) else None


def _size(item: Mapping[str, Any]) -> int | None:
    size = _count(item.get("size"))
    lfs = item.get("lfs")
    if size is None and isinstance(lfs, Mapping):
        return _count(lfs.get("size"))
    return size


def text_or_none(value: Any) -> str | None:
    """The value if it is text that says something."""
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _gate(value: Any) -> bool | str | None:
    return value if isinstance(value, bool) or value in ("auto", "manual") else None


def list_or_empty(value: Any) -> list[Any]:
    """The value if it is a list."""
    return value if isinstance(value, list) else []


def _is_file(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("rfilename"), str)


def _tagged(tags: Iterable[str], prefix: str) -> list[str]:
    return [tag[len(prefix) :] for tag in tags if tag.startswith(prefix) and len(tag) > len(prefix)]


def _license(card_value: Any, tags: tuple[str, ...]) -> str | None:
    """The licence id as the card says it, else as the tags do; several are joined by ", "."""
    named = [card_value] if isinstance(card_value, str) else list_or_empty(card_value)
    ids = [item.strip() for item in named if isinstance(item, str) and item.strip()]
    return ", ".join(dict.fromkeys(ids or _tagged(tags, "license:"))) or None


def _base_models(card_value: Any, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Base models as the card names them, else as the Hub's tags do."""
    named = [card_value] if isinstance(card_value, str) else list_or_empty(card_value)
    ids = [item.strip() for item in named if isinstance(item, str) and item.strip()]
    # "base_model:adapter:org/name" repeats "base_model:org/name" with the relation.
    tagged = [tag for tag in _tagged(tags, "base_model:") if ":" not in tag]
    return tuple(dict.fromkeys(ids or tagged))


def _parameters(record: Mapping[str, Any]) -> int | None:
    for source in ("safetensors", "gguf"):
        block = record.get(source)
        if isinstance(block, Mapping) and _count(block.get("total")) is not None:
            return _count(block["total"])
    return None


def _extra(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in _TAKEN}
