"""A backend of plain files, one an entry: ``file:///dir``."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._backend import BackendStats
from hubkit.cache._file_lease import FileLease, FileLeases
from hubkit.cache._folder import check_owner, make_private_folder, parse_place, read_whole, write_whole
from hubkit.cache._frame import HEAD, MAGIC, frame
from hubkit.cache._limits import DEFAULT_MAX_BYTES, Allowance, expiry
from hubkit.cache._shelves import Shelves
from hubkit.errors import CacheUnavailableError

__all__ = ["FilesystemCache"]

# A version of hubkit that lays files out otherwise takes folders of other names.
_ENTRIES = "entries-1"
_LEASES = "leases-1"

_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FilesystemCache:
    """A folder of files that only its owner can read.

    Nothing is opened or made before it is needed. A folder of another user is
    refused; one that isn't there is empty.

    Args:
        folder: Where the files go.
        max_bytes: Bound on all files together; the oldest go first.
        clock: Where the time comes from.

    >>> cache = FilesystemCache("cache")
    >>> cache.set("key", b"value", expires_in=60.0)
    >>> cache.get("key")
    b'value'
    """

    shared = False

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._folder = parse_place(folder)
        entries = os.path.join(self._folder, _ENTRIES)
        # Put together once: a get is a few microseconds, and joining paths is one of them.
        self._prefix = entries + os.sep
        self._allowance = Allowance(max_bytes)
        self._clock = clock
        self._shelves = Shelves(entries, clock=clock)
        self._leases = FileLeases(os.path.join(self._folder, _LEASES), clock=clock)
        self._trusted = False

    def __repr__(self) -> str:
        return f"FilesystemCache({self._folder!r})"

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None.

        Raises:
            CacheUnavailableError: The file can't be read, or the folder is another user's.
        """
        raw = key.encode("utf-8", "surrogatepass")
        name = sha256(raw).hexdigest()
        path = f"{self._prefix}{name[:2]}{os.sep}{name[2:]}"
        try:
            if not self._trusted:
                self._trust()
            data = read_whole(path)
        except OSError as error:
            self._excuse(path, error)
            return None
        return self._unframe(raw, data)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What there is of several keys."""
        found = ((key, self.get(key)) for key in keys)
        return {key: value for key, value in found if value is not None}

    def set(self, key: str, value: bytes, *, expires_in: float | None) -> None:
        """Store bytes, over what was there.

        Raises:
            CacheUnavailableError: The file can't be written.
        """
        raw = key.encode("utf-8", "surrogatepass")
        data = frame(raw, value, expiry(self._clock.now(), expires_in))
        path = self._path(raw)
        try:
            self._write(path, data)
            if self._allowance.spend(len(data)):
                self._make_room()
        except OSError as error:
            raise self._unavailable(error) from error

    def set_many(self, items: Mapping[str, bytes], *, expires_in: float | None) -> None:
        """Store several values, one after the other."""
        for key, value in items.items():
            self.set(key, value, expires_in=expires_in)

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        there = self.get(key) is not None
        try:
            # A torn file counts as nothing, and goes all the same.
            os.unlink(self._path(key.encode("utf-8", "surrogatepass")))
        except _ABSENT:
            return False
        except OSError as error:
            raise self._unavailable(error) from error
        return there

    def clear(self, prefix: str = "") -> int:
        """Drop every key that starts with ``prefix``; how many."""
        try:
            if not self._is_there():
                return 0
            self._sweep()
            return self._shelves.clear(prefix)
        except OSError as error:
            raise self._unavailable(error) from error

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that starts with ``prefix``."""
        try:
            if not self._is_there():
                return
            now = self._clock.now()
            for entry in self._shelves.entries():
                if now < entry.expires_at and entry.key.startswith(prefix):
                    yield entry.key
        except OSError as error:
            raise self._unavailable(error) from error

    def prune(self) -> int:
        """Drop what expired or is too much, and what dead processes left; how many entries.

        Writes do this by themselves now and then.

        .. versionadded:: 0.1
        """
        try:
            if not self._is_there():
                return 0
            self._sweep()
            return self._shelves.prune(self._allowance.high, self._allowance.low)
        except OSError as error:
            raise self._unavailable(error) from error

    def lease(self, key: str, seconds: float) -> FileLease | None:
        """Try to take a lease; never blocks."""
        try:
            if not self._is_there():
                self._make()
            return self._leases.take(key, seconds)
        except OSError as error:
            raise self._unavailable(error) from error

    def stats(self) -> BackendStats:
        """How many entries there are, and their bytes."""
        try:
            sizes = [size for _, size, _ in self._shelves.files()] if self._is_there() else []
        except OSError as error:
            raise self._unavailable(error) from error
        return BackendStats(entries=len(sizes), size_bytes=sum(sizes))

    def close(self) -> None:
        """Nothing to give back: no file stays open between calls."""

    def _path(self, raw: bytes) -> str:
        name = sha256(raw).hexdigest()
        return f"{self._prefix}{name[:2]}{os.sep}{name[2:]}"

    def _sweep(self) -> None:
        self._shelves.sweep()
        self._leases.sweep()

    def _make_room(self) -> None:
        self._sweep()
        self._allowance.allow(self._shelves.make_room(self._allowance.high, self._allowance.low))

    def _unframe(self, raw: bytes, data: bytes) -> bytes | None:
        try:
            magic, key_length, value_length, expires_at = HEAD.unpack_from(data)
        except struct.error:
            return None
        start = HEAD.size + key_length
        if magic != MAGIC or len(data) != start + value_length or data[HEAD.size : start] != raw:
            return None
        # An expired file is left for writers to remove: who only reads changes nothing.
        return data[start:] if self._clock.now() < expires_at else None

    def _excuse(self, path: str, error: OSError) -> None:
        # A link under one of our names isn't ours, so it is nothing.
        if not isinstance(error, _ABSENT) and not os.path.islink(path):
            raise self._unavailable(error) from error

    def _trust(self) -> None:
        """Check whose folder it is.

        Raises:
            FileNotFoundError: There is none yet.
        """
        check_owner(self._folder)
        # Not what a link leads to: where all may write to the folder, somebody else may have put it there.
        check_owner(self._prefix.rstrip(os.sep))
        self._trusted = True

    def _is_there(self) -> bool:
        try:
            self._trust()
        except _ABSENT:
            return False
        return True

    def _write(self, path: str, data: bytes) -> None:
        try:
            if not self._trusted:
                self._trust()
            write_whole(path, data)
        except FileNotFoundError:
            # The usual case is that folders exist, so their absence is found out by failing.
            self._make()
            make_private_folder(os.path.dirname(path))
            write_whole(path, data)

    def _make(self) -> None:
        make_private_folder(self._folder)
        check_owner(self._folder)
        make_private_folder(self._prefix.rstrip(os.sep))
        self._trust()

    def _unavailable(self, error: OSError) -> CacheUnavailableError:
        return CacheUnavailableError(f"the cache folder {self._folder} can't be used: {error}")
