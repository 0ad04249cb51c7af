"""What a commit is made of: files, and the tree that they form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

import attrs

from hubkit.testing._blobs import git_blob_id, lfs_pointer

__all__ = ["Commit", "Directory", "FileEntry", "PullRequest", "commit_hash_of", "list_tree", "timestamp"]


@attrs.frozen(kw_only=True)
class FileEntry:
    """One file of one commit."""

    path: str
    """Where it lies in the repository, with ``/``."""

    size: int | None = None
    """Bytes of the content; None when only the name is known."""

    blob_id: str
    """git's sha1: of the content, or of the pointer when LFS holds the content."""

    digest: str | None = None
    """sha256 of the content; None when the content is unknown."""

    is_lfs: bool = False
    """Whether clients see it as an LFS file."""

    changed_in: str = ""
    """The commit hash that last touched it."""

    @property
    def etag(self) -> str:
        """The name under which clients keep the content."""
        return self.digest if self.is_lfs and self.digest else self.blob_id

    @property
    def pointer_size(self) -> int:
        """Bytes of the LFS pointer."""
        return len(lfs_pointer(self.digest or "0" * 64, self.size or 0))

    @classmethod
    def of_lfs(cls, path: str, digest: str, size: int) -> FileEntry:
        """Describe a file whose content LFS holds."""
        return cls(
            path=path, size=size, digest=digest, is_lfs=True, blob_id=git_blob_id(lfs_pointer(digest, size))
        )


@attrs.frozen(kw_only=True)
class Directory:
    """One folder of one commit."""

    path: str
    """Where it lies, without a slash at the end."""

    oid: str
    """40 hex digits that change with anything below."""

    changed_in: str
    """The commit hash of one of the files below."""


@attrs.frozen(kw_only=True)
class Commit:
    """One state of a repository. Each holds its whole list of files: the repositories of tests are small."""

    commit_hash: str
    """40 hex digits."""

    parent: str | None
    """The commit before; None for the first."""

    title: str
    """First line of the message."""

    message: str = ""
    """The rest of the message."""

    author: str
    """User name."""

    date: float
    """Epoch seconds."""

    files: Mapping[str, FileEntry] = attrs.field(repr=False)
    """Every file by its path."""


@attrs.define(kw_only=True)
class PullRequest:
    """A discussion, which may carry a branch of its own."""

    number: int
    """Counts from 1 within its repository."""

    title: str
    """One line."""

    description: str = ""
    """Markdown."""

    author: str
    """User name."""

    created_at: float
    """Epoch seconds."""

    is_pull_request: bool = True
    """False for a mere discussion."""

    status: str = "open"
    """``draft``, ``open``, ``closed`` or ``merged``."""

    base: str = ""
    """The commit hash that the branch grew from."""

    merged_as: str | None = None
    """The commit hash that brought it to main."""

    events: list[dict[str, object]] = attrs.field(factory=list)
    """What happened, in the Hub's shape."""


def timestamp(seconds: float) -> str:
    """Write a time as the Hub does.

    Args:
        seconds: Since the epoch.

    Returns:
        Such as ``2026-01-01T00:00:00.000Z``.
    """
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def commit_hash_of(parts: Iterable[object]) -> str:
    """Make a commit hash of whatever tells this commit from all others.

    Args:
        parts: Anything with a faithful ``str``.

    Returns:
        40 hex digits, the same for the same parts.
    """
    return hashlib.sha1("\0".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def list_tree(files: Mapping[str, FileEntry], below: str, *, recursive: bool) -> list[FileEntry | Directory]:
    """List a folder of a commit.

    Args:
        files: The commit's files.
        below: The folder; empty for the root.
        recursive: Whether to go into its folders.

    Returns:
        Folders before files when not recursive, else by path. Empty when there is no such folder.
    """
    prefix = f"{below}/" if below else ""
    inside: dict[str, list[FileEntry]] = {}
    found: list[FileEntry | Directory] = []
    for path, entry in sorted(files.items()):
        if not path.startswith(prefix):
            continue
        parents = path[len(prefix) :].split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            inside.setdefault(prefix + "/".join(parents[:depth]), []).append(entry)
        if recursive or not parents:
            found.append(entry)
    folders = [
        _directory(path, entries)
        for path, entries in inside.items()
        if recursive or "/" not in path[len(prefix) :]
    ]
    if recursive:
        return sorted([*folders, *found], key=lambda item: item.path)
    return [*folders, *found]


def _directory(path: str, entries: list[FileEntry]) -> Directory:
    oid = commit_hash_of(["tree", path, *(f"{entry.path} {entry.blob_id}" for entry in entries)])
    return Directory(path=path, oid=oid, changed_in=entries[-1].changed_in)
