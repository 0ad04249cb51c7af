"""Where Hugging Face's tools keep a model, as their documentation describes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import attrs

from hubkit._local_paths import shown_path
from hubkit._refs import is_commit_hash
from hubkit._whole_files import write_whole
from hubkit.errors import LocalPathError

__all__ = ["RepoFolder"]

_DEFAULT_BRANCH = "main"
_REF_SIZE = 64


@attrs.frozen
class RepoFolder:
    """The part of the shared folder that belongs to one model."""

    cache_dir: Path
    """The shared folder, absolute."""
    name: str
    """The model's own folder in it."""

    @classmethod
    def of(cls, model_id: str, cache_dir: Path | None) -> RepoFolder:
        """The folder of a model.

        Args:
            model_id: A checked id.
            cache_dir: The shared folder; where all tools look if None.

        Raises:
            LocalPathError: The folder can't be found: nobody's home, or a link that leads to itself.
        """
        if cache_dir is None:
            from huggingface_hub import constants

            cache_dir = Path(constants.HF_HUB_CACHE)
        try:
            folder = cache_dir.expanduser().resolve()
        except (OSError, RuntimeError) as error:
            raise LocalPathError(f"cache_dir {shown_path(cache_dir)} can't be used: {error}") from error
        return cls(folder, f"models--{model_id.replace('/', '--')}")

    @property
    def blobs(self) -> Path:
        """Contents, named by their digest."""
        return self.cache_dir / self.name / "blobs"

    def snapshot(self, commit_hash: str) -> Path:
        """The files of a commit, under their own names."""
        return self.cache_dir / self.name / "snapshots" / commit_hash

    def lock(self, blob_id: str) -> Path:
        """What is locked while a blob is being fetched."""
        return self.cache_dir / ".locks" / self.name / f"{blob_id}.lock"

    def read_ref(self, revision: str | None) -> str | None:
        """The commit that a branch or tag had here last; a commit is its own."""
        if is_commit_hash(revision):
            return revision
        try:
            with self._ref(revision).open("rb") as file:
                text = file.read(_REF_SIZE).decode("ascii", "replace").strip()
        except (OSError, ValueError):
            return None
        return text if is_commit_hash(text) else None

    def write_ref(self, revision: str | None, commit_hash: str) -> None:
        """Let other tools find the commit by its branch or tag.

        Raises:
            OSError: The folder can't be written.
        """
        if is_commit_hash(revision) or self.read_ref(revision) == commit_hash:
            return
        path = self._ref(revision)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Others share the folder.
        write_whole(path, commit_hash.encode("ascii"), mode=path.parent.stat().st_mode & 0o666)

    def free_bytes(self) -> int | None:
        """Bytes that may yet be written there; None when the system doesn't say."""
        try:
            return shutil.disk_usage(self.nearest_parent()).free
        except OSError:
            return None

    def nearest_parent(self) -> Path:
        """The shared folder, or as much of its path as exists."""
        return next(path for path in (self.cache_dir, *self.cache_dir.parents) if os.path.exists(path))

    def _ref(self, revision: str | None) -> Path:
        return self.cache_dir / self.name / "refs" / (revision or _DEFAULT_BRANCH)
