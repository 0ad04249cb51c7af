"""`Lock`: exactly which models, by the hashes of their files. Values without I/O."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from hubkit._licenses import LicenseLink
from hubkit.models import ModelFile

__all__ = ["Lock", "LockedFile", "LockedModel"]


@attrs.frozen(kw_only=True)
class LockedFile:
    """A file at the locked commit; it has one of the two hashes."""

    path: str
    """Inside the repository."""
    size: int
    """Bytes."""
    sha256: str | None = None
    """Of the content, for files that Git LFS or Xet keeps."""
    git_sha1: str | None = None
    """git's own hash of the content, for all others."""

    def to_model_file(self) -> ModelFile:
        """As the Hub would describe it."""
        lfs = None if self.sha256 is None else {"sha256": self.sha256, "size": self.size}
        return ModelFile(rfilename=self.path, size=self.size, blob_id=self.git_sha1, lfs=lfs)


@attrs.frozen(kw_only=True)
class LockedModel:
    """A model at one commit, as far as it is wanted."""

    model_id: str
    """As it was asked for, ``org/name``."""
    revision: str | None
    """As it was asked for; None: the default branch."""
    commit_hash: str
    """What the revision was when it was locked."""
    allow_patterns: tuple[str, ...] = ()
    ignore_patterns: tuple[str, ...] = ()
    files: tuple[LockedFile, ...] = attrs.field(repr=False)
    """In the order of their paths."""
    licenses: tuple[LicenseLink, ...] = attrs.field(repr=False)
    """Its own licence and those of its base models, as they were when it was locked; its own first."""
    license_problems: tuple[str, ...] = attrs.field(default=(), repr=False)
    """What kept that chain from being whole."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def license(self) -> str | None:
        """What the model itself states."""
        return ", ".join(stated.id for stated in self.licenses[0].licenses) or None


@attrs.frozen(kw_only=True)
class Lock:
    """What was locked, in the order of the models' ids."""

    models: tuple[LockedModel, ...] = ()

    @classmethod
    def of(cls, models: Iterable[LockedModel]) -> Lock:
        """Put in order."""
        return cls(models=tuple(sorted(models, key=lambda model: model.model_id)))

    def find(self, model_id: str) -> LockedModel | None:
        """A model of it."""
        return next((model for model in self.models if model.model_id == model_id), None)
