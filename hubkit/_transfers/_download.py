"""Snapshots of repositories, in the cache folder that all of Hugging Face's tools share."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._refs import parse_repo_path
from hubkit._transfers._progress import progress_bars
from hubkit._transfers._translation import translated
from hubkit._transport import Transport
from hubkit.errors import (
    HubkitError,
    InvalidArgumentError,
    InvalidRefError,
    LocalPathError,
    OfflineError,
    RateLimitedError,
    RepoFileNotFoundError,
    ServerError,
    TransferError,
    TransportError,
)
from hubkit.models import ModelMetadata

__all__ = ["Downloads"]

log = logging.getLogger("hubkit")

_UNREACHABLE = (OfflineError, TransportError, RateLimitedError, ServerError)


class Downloads:
    """Downloads of one caller.

    Args:
        transport: Tells which Hub and whose token; the bytes go through `huggingface_hub`.
        metadata: Says which files there are, and their sizes.
        max_workers: Files under way at once.
        progress: Whether a bar is shown, when standard error is a terminal.
        clock: Where the time comes from.
    """

    def __init__(
        self, transport: Transport, metadata: MetadataStore, *, max_workers: int, progress: bool, clock: Clock
    ) -> None:
        self._transport = transport
        self._metadata = metadata
        self._max_workers = max_workers
        self._progress = progress
        self._clock = clock

    def download(
        self,
        model_id: str,
        cache_dir: str | Path | None,
        *,
        revision: str | None,
        allow_patterns: Sequence[str] | str | None,
        ignore_patterns: Sequence[str] | str | None,
    ) -> Path:
        """Bring a snapshot to this machine and check that each file has the size it should have."""
        _check_folder(cache_dir)
        patterns = {
            "allow_patterns": _patterns("allow_patterns", allow_patterns),
            "ignore_patterns": _patterns("ignore_patterns", ignore_patterns),
        }
        model, hindrance = self._look_up(model_id, revision)
        expected = None if model is None else _expected_sizes(model, patterns)
        if model is not None and model.siblings and not expected and any(patterns.values()):
            raise RepoFileNotFoundError(f"no file of {model_id} matches the patterns", 404)
        options: dict[str, Any] = {"revision": revision, "cache_dir": cache_dir, **patterns}
        folder = self._snapshot(model_id, hindrance, options)
        if model is None or expected is None or model.sha != folder.name:
            log.warning("%s: what is in %s can't be checked against the Hub now", model_id, folder)
            return folder
        wrong = _wrong_files(folder, expected)
        if wrong and hindrance is None:
            self._fetch_again(model_id, folder.name, cache_dir, wrong)
            wrong = _wrong_files(folder, expected)
        if wrong:
            raise TransferError(f"{model_id}: incomplete in {folder}: {_some(wrong)}") from hindrance
        return folder

    def _look_up(
        self, model_id: str, revision: str | None
    ) -> tuple[ModelMetadata | None, HubkitError | None]:
        """What the Hub says now; when it can't be asked, what it said last, and why."""
        try:
            return self._metadata.require(model_id, use_cache=False, revision=revision), None
        except _UNREACHABLE as error:
            return self._metadata.recall(model_id, revision=revision), error

    def _snapshot(self, model_id: str, hindrance: HubkitError | None, options: Mapping[str, Any]) -> Path:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        from hubkit._version import __version__

        task = translated(f"download of {model_id}", token=self._transport.token, clock=self._clock)
        with task, progress_bars(self._progress):
            try:
                folder = snapshot_download(
                    model_id,
                    **options,
                    **self._identity(),
                    library_name="hubkit",
                    library_version=__version__,
                    max_workers=self._max_workers,
                    local_files_only=hindrance is not None,
                )
            except LocalEntryNotFoundError as error:
                if isinstance(hindrance, (TransportError, RateLimitedError, ServerError)):
                    raise hindrance from error
                raise TransferError(
                    f"{model_id} is not here, or not whole, and the Hub can't be asked: {hindrance or error}"
                ) from error
        return Path(folder)

    def _fetch_again(
        self, model_id: str, commit_hash: str, cache_dir: str | Path | None, paths: Sequence[str]
    ) -> None:
        from huggingface_hub import hf_hub_download

        log.warning("%s: fetching again what has the wrong size: %s", model_id, _some(paths))
        task = translated(f"download of {model_id}", token=self._transport.token, clock=self._clock)
        with task, progress_bars(self._progress):
            for path in paths:
                hf_hub_download(
                    model_id,
                    path,
                    revision=commit_hash,
                    cache_dir=cache_dir,
                    force_download=True,
                    **self._identity(),
                )

    def _identity(self) -> dict[str, Any]:
        token = self._transport.token
        # False, not None: None would let huggingface_hub look for a token of its own.
        return {"endpoint": self._transport.endpoint, "token": token.reveal() if token else False}


def _check_folder(cache_dir: str | Path | None) -> None:
    if cache_dir is not None and Path(cache_dir).exists() and not Path(cache_dir).is_dir():
        raise LocalPathError(f"cache_dir {str(cache_dir)!r} is a file; a folder is needed")


def _patterns(field: str, value: Sequence[str] | str | None) -> list[str] | None:
    if value is None:
        return None
    patterns = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise InvalidArgumentError(f"{field} must be patterns such as '*.safetensors'")
    return patterns


def _expected_sizes(model: ModelMetadata, patterns: Mapping[str, list[str] | None]) -> dict[str, int]:
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    sizes = {file.rfilename: file.size for file in model.siblings if file.size is not None}
    wanted = filter_repo_objects(
        sizes, allow_patterns=patterns["allow_patterns"], ignore_patterns=patterns["ignore_patterns"]
    )
    return {path: sizes[path] for path in wanted}


def _wrong_files(folder: Path, expected: Mapping[str, int]) -> list[str]:
    """Files that are missing, of another size, or of a name that no sound repository has."""
    return [path for path, size in expected.items() if _size_on_disk(folder, path) != size]


def _size_on_disk(folder: Path, path: str) -> int | None:
    try:
        return (folder / parse_repo_path(path)).stat().st_size
    except (OSError, InvalidRefError):
        return None


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(ascii(path)[1:-1] for path in paths[:5])
    return shown if len(paths) <= 5 else f"{shown} and {len(paths) - 5} more"
