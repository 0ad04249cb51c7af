"""The files of a folder cache as a whole: listing, clearing, keeping them within bounds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import attrs

from hubkit._clock import Clock
from hubkit.cache._folder import TEMPORARY, is_abandoned, read_start, remove, scan
from hubkit.cache._frame import HEAD, key_and_end
from hubkit.cache._freshness import RETENTION

__all__ = ["FoundEntry", "Shelves"]

_SHELF: Final = re.compile(r"[0-9a-f]{2}\Z")
_NAME: Final = re.compile(r"[0-9a-f]{62}\Z")

# Covers the head and nearly every key, in one read.
_START: Final = 512


@attrs.frozen
class FoundEntry:
    """An entry met while looking through the folder."""

    path: str
    key: str
    expires_at: float
    """Epoch seconds."""
    size: int
    """Bytes of the whole file."""
    modified: float
    """Epoch seconds of its last write, by the file system's clock."""


class Shelves:
    """The sub-folders in which a folder cache keeps its files.

    Args:
        folder: Their parent.
        clock: Where the time comes from.
    """

    def __init__(self, folder: str, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def files(self) -> Iterator[tuple[str, int, float]]:
        """Path, size and last write of every file under one of our names."""
        for entry in self._listing():
            if _NAME.match(entry.name):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield entry.path, status.st_size, status.st_mtime

    def entries(self) -> Iterator[FoundEntry]:
        """Every whole entry, expired ones included."""
        for path, size, modified in self.files():
            found = _read_head(path, size)
            if found is not None:
                yield FoundEntry(path, found[0], found[1], size, modified)

    def clear(self, prefix: str) -> int:
        """Remove the entries whose key starts with ``prefix``; how many."""
        count = sum(remove(entry.path) for entry in self.entries() if entry.key.startswith(prefix))
        if not prefix:
            # What is left under our names is torn: nobody can read it.
            for path, _, _ in self.files():
                remove(path)
        return count

    def sweep(self) -> None:
        """Remove unfinished files whose writer must be dead."""
        now = self._clock.now()
        for entry in self._listing():
            if entry.name.endswith(TEMPORARY) and is_abandoned(entry, now=now):
                remove(entry.path)

    def prune(self, high: int, low: int) -> int:
        """Remove expired entries, and the oldest ones when there is too much.

        Args:
            high: Bytes from which there is too much.
            low: Bytes that may then stay.

        Returns:
            How many entries went.
        """
        now = self._clock.now()
        count, total, kept = 0, 0, []
        for entry in self.entries():
            if not now < entry.expires_at:
                count += remove(entry.path)
            else:
                total += entry.size
                kept.append(entry)
        if total <= high:
            return count
        kept.sort(key=lambda entry: entry.modified)
        for entry in kept:
            if total <= low:
                break
            count += remove(entry.path)
            total -= entry.size
        return count

    def make_room(self, high: int, low: int) -> int:
        """As `prune`, but as long as there isn't too much without opening any file.

        Args:
            high: Bytes from which there is too much.
            low: Bytes that may then stay.

        Returns:
            How many files were met.
        """
        oldest = self._clock.now() - RETENTION
        count = total = 0
        for path, size, modified in self.files():
            count += 1
            if modified < oldest:
                remove(path)
            else:
                total += size
        if total > high:
            self.prune(high, low)
        return count

    def _listing(self) -> Iterator[os.DirEntry[str]]:
        for shelf in scan(self._folder):
            if _SHELF.match(shelf.name) and shelf.is_dir(follow_symlinks=False):
                yield from scan(shelf.path)


def _read_head(path: str, size: int) -> tuple[str, float] | None:
    try:
        start = read_start(path, _START)
        if len(start) >= HEAD.size and len(start) == _START:
            start = read_start(path, HEAD.size + HEAD.unpack_from(start)[1])
    except OSError:
        return None
    found = key_and_end(start, size)
    if found is None:
        return None
    raw, expires_at = found
    # A file copied to another name is nobody's entry.
    if not path.endswith(sha256(raw).hexdigest()[2:]):
        return None
    return raw.decode("utf-8", "surrogatepass"), expires_at
