"""Files and folders that nobody else can read, swap or leave half-written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from hubkit._local_paths import parse_local_path
from hubkit.errors import CacheUnavailableError, ConfigError

__all__ = [
    "TEMPORARY",
    "check_owner",
    "is_abandoned",
    "make_private_folder",
    "parse_place",
    "read_start",
    "read_whole",
    "remove",
    "scan",
    "write_whole",
]

TEMPORARY = ".tmp"
"""How the names of unfinished files end."""

_ABANDONED = 3_600.0
"""Seconds after which whoever began a file must be dead: until then he may be slow."""

# O_NONBLOCK: a named pipe planted under one of our names must not make us wait.
# Windows has neither of the first two; there O_BINARY keeps line ends as they are.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _SAFELY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY

# A read allocates all it asks for, so asking for a megabyte costs more than the
# file; asking `fstat` first costs a call. Few entries are larger than this.
_CHUNK = 65_536

_open, _read, _close = os.open, os.read, os.close


def parse_place(path: str | os.PathLike[str]) -> str:
    """Where a store is to lie: absolute, a leading ``~`` being the home folder.

    Raises:
        ConfigError: It is a URL, or SQLite's word for memory: as a path it would make odd folders.
        InvalidArgumentError: It isn't text or a path.
        LocalPathError: It can't be a path.
    """
    if isinstance(path, str) and ("://" in path or path == ":memory:"):
        # The text itself may hold a password.
        raise ConfigError("a path is needed here: open_backend opens URLs, and MemoryCache is in memory")
    return os.path.abspath(parse_local_path(path, field="path"))


def read_whole(path: str) -> bytes:
    """The bytes of a file; never those behind a symbolic link.

    Raises:
        OSError: It isn't there, or can't be read.
    """
    descriptor = _open(path, _READ)
    try:
        data = _read(descriptor, _CHUNK)
        if len(data) < _CHUNK:
            return data
        size = os.fstat(descriptor).st_size
        chunks = [data]
        while chunk := _read(descriptor, max(size - _CHUNK, _CHUNK)):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        _close(descriptor)


def read_start(path: str, length: int) -> bytes:
    """The first bytes of a file, fewer when it is shorter; never those behind a symbolic link.

    Raises:
        OSError: It isn't there, or can't be read.
    """
    descriptor = _open(path, _READ)
    try:
        return _read(descriptor, length)
    finally:
        _close(descriptor)


def write_whole(path: str, data: bytes) -> None:
    """Replace a file in one step: readers see the old bytes or the new.

    Nothing is synced: after a power cut the file may be empty under its final name.

    Raises:
        OSError: It couldn't be written; the old file still stands.
    """
    # Beside the target, since a rename is one step only within one file system.
    temporary = f"{path}.{os.urandom(8).hex()}{TEMPORARY}"
    descriptor = os.open(temporary, _CREATE, 0o600)
    try:
        try:
            _write_all(descriptor, data)
            # A umask may have taken even the owner's own bits.
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        remove(temporary)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    # Large or interrupted writes may stop short.
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def remove(path: str) -> bool:
    """Remove a file; whether this call did it."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def make_private_folder(path: str) -> None:
    """Make a folder that only its owner may enter, whatever the umask.

    Raises:
        OSError: It can't be made.
    """
    parent = os.path.dirname(path)
    if parent and not os.path.isdir(parent):
        os.makedirs(parent, exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    os.chmod(path, 0o700)


def check_owner(path: str) -> None:
    """Refuse what another user could have prepared for us.

    Raises:
        CacheUnavailableError: The file or folder belongs to somebody else.
        OSError: It isn't there, or can't be looked at.
    """
    if not hasattr(os, "geteuid"):
        return
    user = os.geteuid()
    target, name = os.stat(path), os.lstat(path)
    # An administrator may have put a link here; another user may not.
    if target.st_uid != user or (stat.S_ISLNK(name.st_mode) and name.st_uid not in (0, user)):
        raise CacheUnavailableError(
            f"{path} belongs to another user (uid {target.st_uid}); choose a folder of your own"
        )


def is_abandoned(entry: os.DirEntry[str], *, now: float) -> bool:
    """Whether the writer of an unfinished file must be dead.

    Args:
        entry: The file.
        now: Epoch seconds.
    """
    try:
        return entry.stat(follow_symlinks=False).st_mtime < now - _ABANDONED
    except FileNotFoundError:
        return False


def scan(folder: str) -> Iterator[os.DirEntry[str]]:
    """What a folder holds; nothing when it isn't there."""
    try:
        with os.scandir(folder) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return
