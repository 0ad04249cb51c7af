"""The files of a folder that an upload takes; it is only read, and nothing outside of it."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from hubkit._local_paths import shown_path
from hubkit._refs import parse_repo_path
from hubkit._transfers._tokens import TokenSearch
from hubkit.errors import InvalidArgumentError, InvalidRefError, LocalPathError

__all__ = ["CARD", "files_of"]

log = logging.getLogger("hubkit")

CARD = "README.md"

_SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", ".ipynb_checkpoints"}
_SKIPPED_FILES = {".DS_Store", "Thumbs.db"}

# The Trainer's own push leaves them out too: each is a model of its own, with its optimizer.
_CHECKPOINTS = "checkpoint-*"

# Made to hold secrets, whatever their shape.
_ENVIRONMENTS = (".env", ".env.*")

# What a run leaves behind, often with its arguments: training_args.bin keeps a hub_token
# that was passed to the Trainer in clear text. Nobody needs them to use the adapter.
_RUN_FILES = ("training_args.bin", "*.log", "events.out.tfevents.*", "trainer_log.jsonl")


def files_of(folder: Path, tokens: TokenSearch) -> list[Path]:
    """Files to upload, sorted by folder and name.

    Left out: tools' own files, checkpoints of a run, environment files, and files of a
    run that hold an access token. The latter three are logged. The top ``README.md`` is
    not searched, since it isn't uploaded as it is.

    Args:
        folder: What the caller wants to upload.
        tokens: Finds access tokens.

    Raises:
        LocalPathError: A folder or file can't be read, is a link that leads out of the folder,
            a linked folder, a pipe, a device, or has a name that no repository can have.
        InvalidArgumentError: A file holds an access token; the text names it.
    """
    kept = []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        _check_name(name)
        _check_file(path, name, folder)
        if name == CARD or not tokens.is_in_file(path):
            kept.append(path)
        elif _is_any(path.name, _RUN_FILES):
            log.warning("not uploaded, since it holds an access token: %s", name)
        else:
            raise InvalidArgumentError(
                f"{shown_path(name)} holds an access token, and everybody could read it: nothing was uploaded"
            )
    return kept


def _walk(folder: Path) -> Iterator[Path]:
    """Everything in the folder that isn't a folder and isn't left out for its name."""
    for root, folders, names in os.walk(folder, onerror=_refuse):
        left_out = sorted(name for name in folders if fnmatchcase(name, _CHECKPOINTS))
        if left_out:
            log.warning("not uploaded, since they are checkpoints of a run: %s", ", ".join(left_out))
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS - set(left_out))
        for name in folders:
            _check_folder(Path(root, name), folder)
        for name in sorted(set(names) - _SKIPPED_FILES):
            path = Path(root, name)
            if _is_any(name, _ENVIRONMENTS):
                log.warning("not uploaded, since such files hold secrets: %s", path.relative_to(folder))
            else:
                yield path


def _refuse(error: OSError) -> None:
    # Otherwise os.walk goes on without the folder, and an upload lacks files unnoticed.
    raise LocalPathError(f"folder {shown_path(error.filename)} can't be read: {error.strerror}") from error


def _check_folder(path: Path, folder: Path) -> None:
    if path.is_symlink():
        name = shown_path(path.relative_to(folder).as_posix())
        where = "a folder in here" if _target(path, name).is_relative_to(folder.resolve()) else "elsewhere"
        raise LocalPathError(f"{name} is a link to {where}; linked folders aren't uploaded: copy its files")


def _check_name(name: str) -> None:
    try:
        parse_repo_path(name)
    except InvalidRefError as error:
        raise LocalPathError(f"{shown_path(name)} has a name that no file on the Hub can have") from error


def _check_file(path: Path, name: str, folder: Path) -> None:
    """Refuse what isn't a file of this folder, before opening it: a pipe would block for ever."""
    if path.is_symlink():
        target = _target(path, shown_path(name))
        if not any(target.is_relative_to(home) for home in _homes(folder)):
            raise LocalPathError(f"{shown_path(name)} is a link that leads out of the folder")
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise LocalPathError(f"{shown_path(name)} can't be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise LocalPathError(f"{shown_path(name)} is not a regular file")


def _target(path: Path, name: str) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise LocalPathError(f"{name} is a link that leads nowhere") from error


def _homes(folder: Path) -> list[Path]:
    """Where links of the folder may lead: into it, and from a snapshot to the blobs of its repository."""
    root = folder.resolve()
    snapshots = root.parent
    if snapshots.name == "snapshots" and "--" in snapshots.parent.name:
        return [root, snapshots.parent / "blobs"]
    return [root]


def _is_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
