"""The folder in which the first connector kept its answers: one ``<md5>.json`` a model."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from hubkit._hub_record import fields_from_hub
from hubkit._lazy import load_json
from hubkit._local_paths import parse_local_path, shown_path
from hubkit._secrets import redact
from hubkit.errors import DecodeError, LocalPathError
from hubkit.models import FileList, ModelMetadata

__all__ = ["read_seed_folder"]

log = logging.getLogger("hubkit")

_LARGEST = 32 * 1024 * 1024
"""Bytes of one file; the Hub's longest answers have a tenth of it."""


def read_seed_folder(folder: str | os.PathLike[str]) -> Iterator[ModelMetadata]:
    """Every model that the folder tells of, with the date that its file bears.

    What can't be read, or is no model's file, is passed over with a warning. Folders in it
    are not looked into.

    Raises:
        LocalPathError: The folder is missing, unreadable, or a file.
    """
    for path in _files_in(folder):
        try:
            yield _model_in(path)
        except OSError as error:
            log.warning("not imported: %r can't be read: %s", path.name, error.strerror)
        except DecodeError as error:
            log.warning("not imported: %r: %s", path.name, redact(error.message))


def _files_in(folder: str | os.PathLike[str]) -> list[Path]:
    """What the folder holds but folders, by name."""
    path = parse_local_path(folder, field="folder")
    try:
        return sorted(item for item in path.iterdir() if not item.is_dir())
    except NotADirectoryError as error:
        raise LocalPathError(
            f"{shown_path(path)} is a file; the first connector's cache folder is needed"
        ) from error
    except OSError as error:
        raise LocalPathError(f"folder {shown_path(path)} can't be read: {error.strerror}") from error


def _model_in(path: Path) -> ModelMetadata:
    """The model that one file tells of.

    Raises:
        DecodeError: It tells of none.
        OSError: It can't be read.
    """
    # By its name first: opening a pipe would wait for somebody to write into it.
    if path.suffix != ".json" or not path.is_file():
        raise DecodeError("not a file of the first connector")
    with path.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise DecodeError(f"larger than {_LARGEST // 1024**2} MiB")
    data = load_json(raw)
    # Without a date it would count as asked just now.
    if not isinstance(data, Mapping) or not all(data.get(key) for key in ("model_id", "cached_at")):
        raise DecodeError("no model_id and cached_at: not a file of the first connector")
    return _mended(ModelMetadata.from_dict(data))


def _mended(model: ModelMetadata) -> ModelMetadata:
    """The model without what the first connector got wrong.

    It looked for the licence where the Hub has none, took the number of parameters for a size
    in bytes, and kept items of listings as if they were full answers; those have no files.
    """
    said = fields_from_hub(_record_of(model))
    return attrs.evolve(
        model,
        license=model.license or said["license"],
        base_models=model.base_models or said["base_models"],
        model_size=said["model_size"],
        partial=model.partial or not said["siblings"],
    )


def _record_of(model: ModelMetadata) -> dict[str, Any]:
    """What the licence, the base models and the size are read from, as the Hub has it."""
    return {
        "id": model.model_id,
        "tags": list(model.tags),
        "cardData": dict(model.card_data),
        "siblings": FileList.from_plain(model.siblings).to_plain(),
    }
