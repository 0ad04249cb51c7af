"""The database file: making it, opening it with suspicion, putting a broken one aside."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import stat
from contextlib import closing
from typing import Final

from hubkit.cache._folder import TEMPORARY, check_owner, is_abandoned, make_private_folder, remove, scan
from hubkit.cache._sqlite_pool import BUSY_SECONDS
from hubkit.errors import CacheUnavailableError

__all__ = ["connect", "is_broken", "put_aside", "sweep"]

log = logging.getLogger("hubkit")

_VERSION: Final = 1
_APPLICATION: Final = 0x484B4331  # "HKC1"
_KEPT: Final = 3
_ATTEMPTS: Final = 4

_LOGS: Final = ("-wal", "-shm", "-journal")

# SQLite's smallest page.
_SMALLEST: Final = 512

# Values last: a look at the other columns then needn't walk over them. With a rowid,
# since rows of 10 KB inside the key's own tree made each read twice as slow.
_TABLES: Final = {
    "entries": "CREATE TABLE entries (key BLOB PRIMARY KEY NOT NULL, expires_at REAL NOT NULL, value BLOB NOT NULL)",
    "entries_by_end": "CREATE INDEX entries_by_end ON entries (expires_at)",
    "leases": "CREATE TABLE leases (key BLOB PRIMARY KEY NOT NULL, owner BLOB NOT NULL, "
    "expires_at REAL NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID",
}

_BROKEN_CODES: Final = {11, 26}  # SQLITE_CORRUPT, SQLITE_NOTADB
_BROKEN_WORDS: Final = ("malformed", "not a database", "file is encrypted")
# Of a code that many errors have: the head says that it is of a format that there is not.
_BROKEN_FORMAT: Final = "unsupported file format"


class _UnusableError(sqlite3.DatabaseError):
    """Ours, but not with our tables in it: to be treated as any other damage."""


def connect(path: str, *, create: bool) -> sqlite3.Connection:
    """Open the file.

    Args:
        path: The file.
        create: Whether one is made when there is none.

    Raises:
        FileNotFoundError: There is none, and none was to be made.
        CacheUnavailableError: It is another user's, another program's, or a newer hubkit's.
        sqlite3.Error: It can't be opened, or is broken.
        OSError: It can't be made.
    """
    for _ in range(_ATTEMPTS - 1):
        # Between two looks somebody else may put the file aside: then there will be a new one.
        try:
            return _connect(path, create=create)
        except FileNotFoundError:
            if not create:
                raise
        except sqlite3.OperationalError as error:
            if "unable to open" not in str(error):
                raise
    return _connect(path, create=create)


def _connect(path: str, *, create: bool) -> sqlite3.Connection:
    _ensure(path, create=create)
    # Never create it here: SQLite would do so with the umask's permissions.
    connection = sqlite3.connect(
        f"{_as_uri(path)}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # Ours are bytes. Text that somebody put there needn't be any, and trying to read it would fail.
        connection.text_factory = bytes
        _configure(connection)
        _inspect(connection, path)
    except UnicodeDecodeError as error:
        # Of SQLite's own message, when it quotes from a schema that is no text any more.
        connection.close()
        raise _UnusableError("its tables can't be read") from error
    except BaseException:
        connection.close()
        raise
    return connection


def is_broken(error: Exception) -> bool:
    """Whether an error says that the file itself is damaged."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    if isinstance(error, _UnusableError) or _BROKEN_FORMAT in str(error):
        return True
    # Python 3.10 doesn't tell the code, nor what SQLite says when that quotes what is no text.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return not str(error) or any(word in str(error) for word in _BROKEN_WORDS)
    return code & 0xFF in _BROKEN_CODES


def put_aside(path: str, reason: Exception) -> None:
    """Rename a broken file, and drop its logs, so that a new one can be made.

    Args:
        path: The file.
        reason: What is wrong with it.

    Raises:
        OSError: It can't be renamed.
    """
    names = [f"{path}.broken-{number}" for number in range(1, _KEPT + 1)]
    # A disk that breaks every file must not be filled with them.
    target = next((name for name in names if not os.path.lexists(name)), names[-1])
    # The logs first: once the name is free, logs beside it may be those of a new database.
    for ending in ("-wal", "-shm"):
        remove(path + ending)
    os.replace(path, target)
    log.info("the broken cache %s was moved to %s (%s)", path, os.path.basename(target), reason)


def sweep(path: str, *, now: float) -> None:
    """Remove the half-made databases of those who died as they made one.

    Args:
        path: The file that theirs were to become.
        now: Epoch seconds.

    Raises:
        OSError: Their folder can't be looked through.
    """
    folder, name = os.path.split(path)
    unfinished = re.compile(
        rf"{re.escape(name)}\.[0-9a-f]{{16}}{re.escape(TEMPORARY)}(?:{'|'.join(_LOGS)})?\Z"
    )
    for entry in scan(folder):
        if unfinished.match(entry.name) and is_abandoned(entry, now=now):
            remove(entry.path)


def _ensure(path: str, *, create: bool) -> None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if not create:
            raise
        _make(path)
        return
    if not stat.S_ISREG(status.st_mode):
        raise CacheUnavailableError(f"{path} is not a file")
    check_owner(path)
    _check_logs(path)
    if status.st_size < _SMALLEST:
        # To SQLite that is a database without tables; here it is what a power cut left.
        raise _UnusableError("it is too short")
    if stat.S_IMODE(status.st_mode) & 0o077 and os.name == "posix":
        os.chmod(path, 0o600)


def _check_logs(path: str) -> None:
    """Refuse logs of another user's: SQLite would take what they say for ours, without any question."""
    for ending in _LOGS:
        try:
            check_owner(path + ending)
        except FileNotFoundError:
            continue


def _make(path: str) -> None:
    """Make a complete database under another name, and only then give it its own.

    Nobody can meet one that is half made, and two who make it at once don't wait
    for each other.
    """
    make_private_folder(os.path.dirname(path))
    temporary = f"{path}.{os.urandom(8).hex()}{TEMPORARY}"
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if os.name == "posix":
            os.chmod(temporary, 0o600)
        with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            _create(connection)
        _remove_orphans(path)
        _give_name(temporary, path)
    finally:
        for ending in ("", *_LOGS):
            remove(temporary + ending)


def _create(connection: sqlite3.Connection) -> None:
    # So that the file shrinks again when it was emptied.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for statement in _TABLES.values():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")


def _remove_orphans(path: str) -> None:
    """Remove the logs of a database that somebody removed without them: they would be read into the new one."""
    orphans = [path + ending for ending in ("-wal", "-shm") if os.path.lexists(path + ending)]
    # In this order: logs that are there before their database isn't are nobody's.
    if orphans and not os.path.lexists(path):
        for orphan in orphans:
            remove(orphan)


def _give_name(temporary: str, path: str) -> None:
    try:
        # Unlike a rename it leaves alone what another process has put there meanwhile.
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:
        os.replace(temporary, path)


def _configure(connection: sqlite3.Connection) -> None:
    # A file that somebody else prepared must not run anything.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    # A mapped file that is truncated kills the process with SIGBUS.
    connection.execute("PRAGMA mmap_size = 0")
    # With a WAL this syncs at checkpoints only, some hundred writes apart; OFF would
    # gain little, and a power cut could then cost the whole file instead of its last writes.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA journal_size_limit = 16777216")
    # Negative: KiB. A thousand answers of 10 KB fit; with half of that reading them all took
    # 12.4 ms instead of 7.0, as each round drove out what the next one needed.
    connection.execute("PRAGMA cache_size = -16384")


def _inspect(connection: sqlite3.Connection, path: str) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION:
        raise CacheUnavailableError(f"{path} is another program's database; it is left alone")
    if version > _VERSION:
        raise CacheUnavailableError(
            f"{path} was written by a newer hubkit (schema {version}); it is left alone"
        )
    # Compared word by word, so that no view, trigger or generated column slips in.
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if found != {name.encode(): sql.encode() for name, sql in _TABLES.items()} or version != _VERSION:
        raise _UnusableError("its tables are not those of a cache")


def _as_uri(path: str) -> str:
    quoted = path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    return "file:" + (quoted if os.name == "posix" else "///" + quoted.replace("\\", "/"))
