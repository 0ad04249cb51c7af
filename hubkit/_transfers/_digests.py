"""What the bytes of a file have to hash to."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import attrs

from hubkit._local_paths import shown_path
from hubkit.errors import TransferError
from hubkit.models import ModelFile

__all__ = ["Digest"]

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_SHA1 = re.compile(r"[0-9a-f]{40}\Z")

# Large enough that reading is as quick as the disk, small enough to stop soon.
_CHUNK = 4 * 1024 * 1024


@attrs.frozen
class Digest:
    """The digest of a file's content: SHA-256 for what Git LFS keeps, git's own SHA-1 for all else."""

    value: str
    """Hex digits; also the name of the blob."""

    @classmethod
    def of(cls, file: ModelFile) -> Digest | None:
        """What the Hub said of a file; None when it said nothing of use."""
        if file.lfs:
            # The blob id of such a file is that of git's pointer to it.
            sha256 = file.sha256
            return cls(sha256) if sha256 is not None and _SHA256.match(sha256) else None
        return cls(file.blob_id) if file.blob_id is not None and _SHA1.match(file.blob_id) else None

    def fits(self, path: Path, advance: Callable[[int], None]) -> bool:
        """Whether a file has this digest, read whole in pieces.

        Args:
            path: The file.
            advance: Told of every piece; may raise to end it.

        Raises:
            TransferError: The system doesn't let it be read, which says nothing about its bytes.
        """
        try:
            with path.open("rb", buffering=0) as file:
                size = path.stat().st_size
                digest = self._begun(size)
                buffer = memoryview(bytearray(min(_CHUNK, size + 1)))
                while count := file.readinto(buffer):
                    digest.update(buffer[:count])
                    advance(count)
        except OSError as error:
            if error.errno in (errno.EIO, errno.ENOENT):
                return False
            raise TransferError(f"{shown_path(path)} can't be checked: {error.strerror}") from error
        return digest.hexdigest() == self.value

    def _begun(self, size: int) -> hashlib._Hash:
        if len(self.value) == 64:
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
