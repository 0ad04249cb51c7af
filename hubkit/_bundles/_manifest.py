"""What a bundle says of itself: which entries and files are in it, each with its hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from hubkit._lazy import dump_json, load_json
from hubkit._refs import is_commit_hash, parse_repo_id, parse_repo_path, parse_revision
from hubkit.errors import BundleError, DecodeError, InvalidRefError

__all__ = ["CHECKSUM", "MANIFEST", "SIGNATURE", "BundledEntry", "BundledFile", "Manifest", "member_name"]

MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "manifest.sha256"
SIGNATURE: Final = "manifest.sig"
_FORMAT: Final = "hubkit-bundle-1"

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_BLOB: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_MAX_SIZE: Final = 2**50


@attrs.frozen(kw_only=True)
class BundledEntry:
    """One answer of the Hub."""

    key: str
    sha256: str
    size: int
    """Bytes."""


@attrs.frozen(kw_only=True)
class BundledFile:
    """One file of a model, at a commit."""

    repo_id: str
    commit_hash: str
    revision: str | None
    """A branch or tag that was at this commit; None for the commit alone."""
    path: str
    """Inside the repository."""
    blob_id: str
    """What Hugging Face's cache calls its content: sha256 of a large file, git's sha1 of a small one."""
    sha256: str
    size: int
    """Bytes."""


@attrs.frozen(kw_only=True)
class Manifest:
    """The contents of a bundle, in one order for one content."""

    entries: tuple[BundledEntry, ...]
    files: tuple[BundledFile, ...]

    @classmethod
    def of(cls, entries: Iterable[BundledEntry], files: Iterable[BundledFile]) -> Manifest:
        """Put in order."""
        return cls(
            entries=tuple(sorted(entries, key=lambda entry: entry.key)),
            files=tuple(sorted(files, key=lambda file: (file.repo_id, file.commit_hash, file.path))),
        )

    @classmethod
    def from_json(cls, raw: bytes) -> Manifest:
        """Read one, and believe nothing that can't be.

        Raises:
            BundleError: It is no manifest of this version, or names what can't be.
        """
        try:
            said = load_json(raw)
            if not isinstance(said, dict) or said.get("format") != _FORMAT:
                raise BundleError("it is no bundle, or one of another version of hubkit")
            return cls(
                entries=tuple(map(_entry, said["entries"])),
                files=tuple(map(_file, said["files"])),
            )
        except (DecodeError, InvalidRefError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError("its manifest is malformed") from error

    def to_json(self) -> bytes:
        """The same bytes for the same contents."""
        return dump_json(
            {
                "format": _FORMAT,
                "entries": [attrs.asdict(entry) for entry in self.entries],
                "files": [attrs.asdict(file) for file in self.files],
            }
        )

    def members(self) -> dict[str, int]:
        """What has to be in the bundle beside the manifest: names and sizes, in order."""
        parts: list[BundledEntry | BundledFile] = [*self.entries, *self.files]
        return dict(sorted((member_name(part.sha256), part.size) for part in parts))


def member_name(sha256: str) -> str:
    """Where a content lies: named by its hash alone, so that no name is ever used as a path."""
    return f"blobs/{sha256}"


def _entry(said: Mapping[str, Any]) -> BundledEntry:
    entry = BundledEntry(**said)
    _check(isinstance(entry.key, str) and _is_sound(entry.sha256, entry.size))
    return entry


def _file(said: Mapping[str, Any]) -> BundledFile:
    file = BundledFile(**said)
    parse_repo_id(file.repo_id)
    parse_repo_path(file.path)
    if file.revision is not None:
        parse_revision(file.revision)
    named = isinstance(file.blob_id, str) and _BLOB.match(file.blob_id) is not None
    _check(named and is_commit_hash(file.commit_hash) and _is_sound(file.sha256, file.size))
    return file


def _is_sound(sha256: object, size: object) -> bool:
    known = isinstance(sha256, str) and _DIGEST.match(sha256) is not None
    return known and type(size) is int and 0 <= size < _MAX_SIZE


def _check(sound: bool) -> None:
    if not sound:
        raise BundleError("its manifest names what can't be")
