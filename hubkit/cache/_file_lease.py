"""Leases as small files, for processes that share a folder.

A lease file names its owner and its end. It is read and rewritten under the
system's file lock, which is held for microseconds and never while anybody works.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from hubkit._clock import Clock
from hubkit.cache._folder import check_owner, make_private_folder, remove, scan
from hubkit.cache._forks import ForkSafeLock
from hubkit.errors import CacheUnavailableError

__all__ = ["FileLease", "FileLeases", "still_held"]

_RECORD: Final = struct.Struct(">8sdd")
_FREE: Final = b""
_NAME: Final = re.compile(r"[0-9a-f]{64}\Z")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
# A fifth of a second: where more is to be done than there are CPUs, a holder may wait that long for its turn.
_ATTEMPTS: Final = 400
_PAUSE: Final = 0.0005
_PATIENCE: Final = 1.0
_KEEP: Final = 3_600.0

_turns = ForkSafeLock()


def still_held(expires_at: float, seconds: float, *, now: float) -> bool:
    """Whether a lease counts.

    Args:
        expires_at: Its end, in epoch seconds.
        seconds: How long it was taken for.
        now: Epoch seconds.

    >>> still_held(1_005.0, 5.0, now=1_001.0), still_held(1_005.0, 5.0, now=1_005.0)
    (True, False)
    """
    # One that ends later than it possibly could was written before somebody set
    # the clock back: honouring it might block everybody for days.
    return now < expires_at <= now + seconds + 1.0


class FileLeases:
    """The leases of one folder.

    Args:
        folder: Where their files are; made when the first lease is taken.
        clock: Where the time comes from.
    """

    def __init__(self, folder: str, *, clock: Clock) -> None:
        self._folder = folder
        self._trusted = False
        self.clock = clock

    def take(self, key: str, seconds: float) -> FileLease | None:
        """Take the lease unless somebody holds it.

        Raises:
            OSError: The folder can't be written to.
        """
        path = os.path.join(self._folder, sha256(key.encode("utf-8", "surrogatepass")).hexdigest())
        owner = os.urandom(8)
        return FileLease(self, path, owner, seconds) if self.change(path, None, owner, seconds) else None

    def change(self, path: str, expected: bytes | None, owner: bytes, seconds: float) -> bool:
        """Give a lease to an owner, or free it, if it stands as expected.

        Args:
            path: The lease's file.
            expected: Whose it must be now; None: nobody's.
            owner: Whose it becomes; empty: nobody's.
            seconds: For how long.

        Returns:
            Whether it stood as expected.
        """
        with self._locked(path) as descriptor:
            now = self.clock.now()
            if self._holder(descriptor, now) != expected:
                return False
            if owner == _FREE:
                # Still under the lock: who waits for it notices that the name is gone. Where an
                # open file can't be removed, the empty one says the same.
                os.ftruncate(descriptor, 0)
                remove(path)
            else:
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, _RECORD.pack(owner, now + seconds, seconds))
            return True

    def sweep(self) -> None:
        """Remove the files of leases that nobody freed.

        Raises:
            CacheUnavailableError: The folder is another user's.
        """
        if not self._is_there():
            return
        oldest = self.clock.now() - _KEEP
        for entry in scan(self._folder):
            if _NAME.match(entry.name) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                with self._locked(entry.path) as descriptor:
                    if self._holder(descriptor, self.clock.now()) is None:
                        remove(entry.path)

    def _is_there(self) -> bool:
        """Whether there is a folder, which then is not another user's, nor a link of his to one of ours."""
        if not self._trusted:
            try:
                check_owner(self._folder)
            except FileNotFoundError:
                return False
            self._trusted = True
        return True

    def _holder(self, descriptor: int, now: float) -> bytes | None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        record = os.read(descriptor, _RECORD.size)
        if len(record) < _RECORD.size:
            return None
        owner: bytes
        owner, expires_at, seconds = _RECORD.unpack(record)
        return owner if still_held(expires_at, seconds, now=now) else None

    @contextmanager
    def _locked(self, path: str) -> Iterator[int]:
        # Threads of one process take turns here, where the next is woken at once.
        if not _turns.lock.acquire(timeout=_PATIENCE):
            raise CacheUnavailableError(f"the lock of {path} stays taken")
        try:
            descriptor = self._open_locked(path)
            try:
                yield descriptor
            finally:
                _close_unlocked(descriptor)
        finally:
            _turns.lock.release()

    def _open_locked(self, path: str) -> int:
        for _ in range(_ATTEMPTS):
            descriptor = self._open(path)
            try:
                if _lock(descriptor) and _is_named(descriptor, path):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
            self.clock.sleep(_PAUSE)
        # Its holder was stopped in the middle. Never wait for such a one.
        raise CacheUnavailableError(f"the lock of {path} stays taken")

    def _open(self, path: str) -> int:
        try:
            self._is_there()
            return os.open(path, _FLAGS, 0o600)
        except FileNotFoundError:
            make_private_folder(self._folder)
            self._is_there()
            return os.open(path, _FLAGS, 0o600)


class FileLease:
    """A lease on a key of a folder."""

    def __init__(self, leases: FileLeases, path: str, owner: bytes, seconds: float) -> None:
        self._leases = leases
        self._path = path
        self._owner = owner
        self._seconds = seconds

    def renew(self) -> bool:
        """Start the seconds anew; False when the lease had run out."""
        return self._change(self._owner)

    def release(self) -> None:
        """End the lease now."""
        self._change(_FREE)

    def _change(self, owner: bytes) -> bool:
        try:
            return self._leases.change(self._path, self._owner, owner, self._seconds)
        except OSError as error:
            raise CacheUnavailableError(f"the lease {self._path} can't be changed: {error}") from error


def _close_unlocked(descriptor: int) -> None:
    # Closing alone isn't enough: a child that was forked meanwhile has a copy of the
    # descriptor, and would keep the lock for as long as it lives.
    try:
        _unlock(descriptor)
    finally:
        os.close(descriptor)


def _is_named(descriptor: int, path: str) -> bool:
    """Whether the open file is still the one under that name."""
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
