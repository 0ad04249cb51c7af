"""Room on the disks where answers and models are kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from hubkit.cache._registry import local_path
from hubkit.cli._checks._finding import Finding, Status
from hubkit.cli._format import size_text
from hubkit.config import HubConfig
from hubkit.errors import ConfigError

__all__ = ["check_disk", "places_on_disk"]

_MIB: Final = 2**20
_FULL: Final = 16 * _MIB
_TIGHT: Final = {"models": 1024 * _MIB, "answers": 128 * _MIB}
_REMEDIES: Final = {
    "models": "make room ('hf cache' deletes models), or name another disk with HF_HUB_CACHE",
    "answers": "make room, bound it with cache_max_bytes, or name another disk with HUBKIT_CACHE",
}


def places_on_disk(config: HubConfig) -> list[tuple[str, Path]]:
    """Where ``answers`` and ``models`` are kept."""
    from huggingface_hub import constants

    answers = [("answers", path) for path in map(_path_of, config.cache) if path is not None]
    return [*answers, ("models", Path(constants.HF_HUB_CACHE))]


def check_disk(kind: str, path: Path) -> Finding:
    """A finding about one place.

    Args:
        kind: ``answers`` or ``models``.
        path: The folder or file; it need not be there yet.
    """
    there = next((place for place in (path, *path.parents) if os.path.exists(place)), None)
    try:
        free = shutil.disk_usage(there or path).free
    except OSError as error:
        return _found(kind, path, "fail", f"can't be looked at: {error.strerror}", _REMEDIES[kind])
    told = f"{size_text(free)} free for {kind}"
    if kind == "models" and there is not None and not os.access(there, os.W_OK):
        return _found(kind, path, "warn", f"{there} can't be written: downloads will fail", _REMEDIES[kind])
    if free < _FULL:
        return _found(kind, path, "fail", told, _REMEDIES[kind])
    if free < _TIGHT[kind]:
        return _found(kind, path, "warn", told, _REMEDIES[kind])
    return _found(kind, path, "ok", told)


def _path_of(url: str) -> Path | None:
    try:
        path = local_path(url)
    except ConfigError:
        return None
    return None if path is None else Path(path)


def _found(kind: str, path: Path, status: Status, message: str, remedy: str | None = None) -> Finding:
    return Finding(
        check="disk",
        subject=str(path),
        status=status,
        message=message,
        remedy=remedy,
    )
