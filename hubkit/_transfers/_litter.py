"""Parts of files that a download left behind when it was killed."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from hubkit._repo_folder import RepoFolder

__all__ = ["drop_own_parts", "sweep_dead_parts"]

log = logging.getLogger("hubkit")

DEAD_AFTER = 86_400.0
"""Seconds without a byte after which a part is nobody's. Locks of another host may not be seen here."""

# Older releases name a part after its blob alone, and go on with it: that is no litter.
_PART = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\.[0-9a-f]{8}\.incomplete\Z")


def sweep_dead_parts(folder: RepoFolder, *, now: float) -> None:
    """Remove parts of a model that are a day old and that no process here works on.

    Args:
        folder: The model's.
        now: Epoch seconds.
    """
    for path, blob_id in _parts(folder.blobs):
        with contextlib.suppress(OSError):
            if now - path.stat().st_mtime > DEAD_AFTER and _is_free(folder.lock(blob_id)):
                path.unlink()
                log.info("removed what a killed download left: %s", path)


def drop_own_parts(folder: RepoFolder) -> None:
    """Remove parts that this very process still has open, where the system tells.

    A thread that hangs in the network can't clean up after an interruption, and its file
    would stay when the process ends; should it wake up yet, it finds nothing to put in place.
    """
    parts = {os.path.realpath(path) for path, _ in _parts(folder.blobs)}
    for path in parts and _open_files() & parts:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _parts(blobs: Path) -> Iterator[tuple[Path, str]]:
    try:
        names = os.listdir(blobs)
    except OSError:
        return
    for name in names:
        found = _PART.match(name)
        if found:
            yield blobs / name, found.group(1)


def _is_free(lock: Path) -> bool:
    """Whether nobody is fetching the blob."""
    from filelock import FileLock, Timeout

    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0, mode=0o664):
            return True
    except (Timeout, OSError, NotImplementedError):
        return False


def _open_files() -> set[str]:
    """What this process has open, by name; nothing where the system doesn't tell."""
    found = set()
    with contextlib.suppress(OSError):
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/self/fd/{number}"))
    return found
