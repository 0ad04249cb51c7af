"""`SnapshotStatus`: what is here of a model, and what is not."""

from __future__ import annotations

from pathlib import Path

import attrs

from hubkit.models import ModelFile

__all__ = ["SnapshotStatus"]


@attrs.frozen(kw_only=True)
class SnapshotStatus:
    """What is on this machine of a model at one commit, as far as it was asked for."""

    model_id: str
    """The repository, ``org/name``."""
    commit_hash: str
    """The commit (40 hex digits) that the revision is."""
    path: Path
    """The folder of the snapshot; it need not be there yet."""
    files: tuple[ModelFile, ...] = attrs.field(repr=False)
    """Every file that is wanted, as the Hub describes it."""
    missing: tuple[str, ...]
    """Files that are not here."""
    wrong: tuple[str, ...]
    """Files that are here with another size, or, if they were verified, with other contents."""
    verified: bool
    """Whether contents were compared with their hashes, and not only sizes."""
    fetch_bytes: int
    """Bytes that a download would fetch now."""
    free_bytes: int | None
    """Bytes that may yet be written to the disk; None when the system doesn't say."""

    @property
    def complete(self) -> bool:
        """Whether every wanted file is here and, as far as was checked, right."""
        return not self.missing and not self.wrong

    @property
    def size_bytes(self) -> int:
        """Bytes of all wanted files together."""
        return sum(file.size or 0 for file in self.files)
