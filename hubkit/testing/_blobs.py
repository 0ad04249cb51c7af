"""Where the local hub keeps file contents: in memory, or in a folder, named by their sha256."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

__all__ = ["BlobStore", "FolderBlobs", "MemoryBlobs", "git_blob_id", "lfs_pointer"]


def git_blob_id(content: bytes) -> str:
    """Say how git names a file of that content.

    Args:
        content: The bytes of the file.

    Returns:
        40 hex digits.
    """
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def lfs_pointer(digest: str, size: int) -> bytes:
    """Write the text that git keeps in place of a large file.

    Args:
        digest: sha256 of the content, in hex.
        size: Bytes of the content.

    Returns:
        The pointer file.
    """
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n".encode()


class BlobStore(Protocol):
    """Contents by sha256.

    - A content that was never stored is a KeyError, and ``in`` says False.
    - Storing the same content twice is storing it once.
    - A half-received content is never visible.
    - Any number of threads may read and write at once.
    """

    def __contains__(self, digest: object, /) -> bool:
        """Whether the content is here."""
        ...

    def put(self, content: bytes, /) -> str:
        """Keep a content and name it."""
        ...

    def receive(self, chunks: Iterable[bytes], /) -> tuple[str, int]:
        """Keep a content that arrives in pieces; return its name and its size."""
        ...

    def open(self, digest: str, /) -> BinaryIO:
        """Open a content for reading."""
        ...

    def size(self, digest: str, /) -> int:
        """Count the bytes of a content."""
        ...


class MemoryBlobs:
    """Contents in a dict; gone with the process."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def __contains__(self, digest: object, /) -> bool:
        return digest in self._contents

    def put(self, content: bytes, /) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = bytes(content)
        return digest

    def receive(self, chunks: Iterable[bytes], /) -> tuple[str, int]:
        content = b"".join(chunks)
        return self.put(content), len(content)

    def open(self, digest: str, /) -> BinaryIO:
        return io.BytesIO(self._contents[digest])

    def size(self, digest: str, /) -> int:
        return len(self._contents[digest])


class FolderBlobs:
    """Contents as files below a folder, two levels deep.

    Args:
        folder: Where to keep them; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, digest: object, /) -> bool:
        return isinstance(digest, str) and self._path(digest).exists()

    def put(self, content: bytes, /) -> str:
        return self.receive([content])[0]

    def receive(self, chunks: Iterable[bytes], /) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        # Written beside its final place and renamed, so that a broken upload leaves no short content behind.
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="incoming-")
        try:
            with open(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += file.write(chunk)
            path = self._path(digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def open(self, digest: str, /) -> BinaryIO:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise KeyError(digest) from None

    def size(self, digest: str, /) -> int:
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            raise KeyError(digest) from None

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest
