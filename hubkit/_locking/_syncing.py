"""Bringing what is locked to this machine, and comparing what is here with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from hubkit._client import HubClient
from hubkit._locking._checking import Finding
from hubkit._locking._lock import LockedModel
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._expected import some
from hubkit._transfers._inspect import inspect
from hubkit._transfers._names import NameRules, find_unholdable

__all__ = ["SyncedModel", "bring", "not_as_locked"]


@attrs.frozen(kw_only=True)
class SyncedModel:
    """A locked model that is on this machine, every file with the hash that is locked."""

    model_id: str
    commit_hash: str
    path: Path
    """The folder with the files."""
    files: int
    """How many files it has."""
    size_bytes: int
    """Bytes of all files together."""
    fetched: tuple[str, ...]
    """Files that weren't here, or had other contents."""
    fetched_bytes: int
    """Bytes that had to come from the Hub."""


def bring(hub: HubClient, locked: LockedModel, cache_dir: Path | None) -> SyncedModel:
    """Bring a model to this machine, exactly as it is locked.

    Raises:
        LockError: The Hub has other files at that commit; nothing was fetched.
        HubkitError: As for a download.
    """
    brought = hub._rooms.downloads.bring_pinned(
        locked.model_id,
        cache_dir,
        commit_hash=locked.commit_hash,
        files=[file.to_model_file() for file in locked.files],
        revision=locked.revision,
    )
    return SyncedModel(
        model_id=locked.model_id,
        commit_hash=locked.commit_hash,
        path=brought.path,
        files=len(locked.files),
        size_bytes=locked.size_bytes,
        fetched=brought.fetched,
        fetched_bytes=brought.size_bytes,
    )


def not_as_locked(hub: HubClient, locked: LockedModel, cache_dir: Path | None) -> Iterator[Finding]:
    """Where what is on this machine differs. That something isn't here is no difference.

    Raises:
        TransferError: A file can't be read.
    """
    folder = RepoFolder.of(locked.model_id, cache_dir)
    snapshot = folder.snapshot(locked.commit_hash)
    paths = (file.path for file in locked.files)
    if find_unholdable(paths, snapshot, NameRules.of(folder.nearest_parent())):
        # None of them can be here.
        return
    found = inspect(
        snapshot,
        [file.to_model_file() for file in locked.files],
        verify=True,
        max_workers=hub.config.max_workers,
        progress=hub.config.progress,
    )
    if found.wrong:
        names = some([file.rfilename for file in found.wrong])
        message = f"files in {snapshot} have other contents than are locked: {names}"
        yield Finding(model_id=locked.model_id, code="hash", message=message)
