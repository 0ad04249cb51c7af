"""What a caller wants of a model, and what has to be in the folder then."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from hubkit._local_paths import parse_local_path, shown_path, stat_mode
from hubkit._refs import is_commit_hash
from hubkit._transfers._digests import Digest
from hubkit.errors import InvalidArgumentError, LocalPathError, RepoFileNotFoundError
from hubkit.models import ModelFile, ModelMetadata

__all__ = ["Order", "Snapshot", "some"]


@attrs.frozen
class Snapshot:
    """A model at one commit, as far as it is wanted."""

    commit_hash: str | None
    """None when the Hub didn't say."""

    files: tuple[ModelFile, ...]
    """As the Hub described them."""

    is_pinned: bool = False
    """Whether they are known beforehand, so that none are all there are."""

    def doubt(self, *, verify: bool) -> str | None:
        """Why a folder can't be checked against this; None when it can.

        Args:
            verify: Whether contents are to be checked, and not only sizes.
        """
        if not is_commit_hash(self.commit_hash):
            return "its commit is unknown"
        if not self.files and not self.is_pinned:
            return "its files are unknown"
        unknown = [file.rfilename for file in self.files if file.size is None]
        return f"sizes are unknown of {some(unknown)}" if unknown else self.unverifiable(verify=verify)

    def unverifiable(self, *, verify: bool) -> str | None:
        """Why contents can't be checked though they are to be; None when they can."""
        unknown = [file.rfilename for file in self.files if verify and Digest.of(file) is None]
        return f"hashes are unknown of {some(unknown)}" if unknown else None


@attrs.frozen(kw_only=True)
class Order:
    """A checked download."""

    model_id: str
    cache_dir: Path | None
    revision: str | None
    allow_patterns: list[str] | None
    ignore_patterns: list[str] | None

    @classmethod
    def checked(
        cls, model_id: str, cache_dir: object, revision: str | None, allow: object, ignore: object
    ) -> Order:
        """Build from a caller's arguments.

        Raises:
            LocalPathError: The folder can't be one.
            InvalidArgumentError: The folder or a pattern is of the wrong kind.
        """
        return cls(
            model_id=model_id,
            cache_dir=None if cache_dir is None else _folder(cache_dir),
            revision=revision,
            allow_patterns=_patterns("allow_patterns", allow),
            ignore_patterns=_patterns("ignore_patterns", ignore),
        )

    def snapshot_of(self, model: ModelMetadata) -> Snapshot:
        """What has to be there of a model.

        Raises:
            RepoFileNotFoundError: No file matches the patterns.
        """
        from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

        files = {file.rfilename: file for file in model.siblings}
        wanted = filter_repo_objects(
            files, allow_patterns=self.allow_patterns, ignore_patterns=self.ignore_patterns
        )
        chosen = tuple(files[path] for path in wanted)
        if files and not chosen:
            raise RepoFileNotFoundError(f"no file of {self.model_id} matches the patterns", 404)
        return Snapshot(model.sha, chosen)


def some(paths: Sequence[str]) -> str:
    """The first few names, as an error may print them."""
    shown = ", ".join(ascii(path)[1:-1] for path in paths[:5])
    return shown if len(paths) <= 5 else f"{shown} and {len(paths) - 5} more"


def _folder(cache_dir: object) -> Path:
    folder = parse_local_path(cache_dir, field="cache_dir")
    mode = stat_mode(folder, field="cache_dir")
    if mode is not None and not stat.S_ISDIR(mode):
        raise LocalPathError(f"cache_dir {shown_path(folder)} is a file; a folder is needed")
    return folder


def _patterns(field: str, value: object) -> list[str] | None:
    if value is None:
        return None
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, Iterable) or isinstance(patterns, bytes):
        raise InvalidArgumentError(f"{field} must be patterns such as '*.safetensors'")
    listed = list(patterns)
    if not all(isinstance(pattern, str) and pattern for pattern in listed):
        raise InvalidArgumentError(f"{field} must be patterns such as '*.safetensors'")
    return listed
