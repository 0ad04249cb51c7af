"""Every statement that the SQLite backend runs, each with its connection as last argument.

Keys are blobs, so that any text is one, lone surrogates too, and a prefix is a
range of the index: LIKE and GLOB know characters of their own.
"""

# What is put into the texts below is written below: values go as parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from hubkit.cache._backend import BackendStats

__all__ = [
    "delete_ended_leases",
    "delete_expired",
    "delete_one",
    "delete_prefix",
    "delete_soonest",
    "is_leased",
    "measure",
    "release_lease",
    "renew_lease",
    "select_keys",
    "select_many",
    "select_one",
    "shrink",
    "take_lease",
    "upsert",
]

# Older builds of SQLite take at most 999 parameters.
_CHUNK: Final = 500

# Removing that many takes a few milliseconds, in which nobody else can write.
_BATCH: Final = 500
_PAGES: Final = 4_000

_SELECT: Final = "SELECT value FROM entries WHERE key = ? AND expires_at > ?"
_UPSERT: Final = (
    "INSERT INTO entries (key, expires_at, value) VALUES (?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value"
)

# A lease that ends later than it possibly could was taken before the clock was set back.
_HELD: Final = "leases.expires_at > ? AND leases.expires_at <= ? + leases.seconds + 1"
_TAKE: Final = (
    "INSERT INTO leases (key, owner, expires_at, seconds) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at, "
    f"seconds = excluded.seconds WHERE NOT ({_HELD})"
)


def select_one(key: bytes, now: float, connection: sqlite3.Connection) -> bytes | None:
    """The value under a key."""
    row = connection.execute(_SELECT, (key, now)).fetchone()
    # To SQLite a column's type is a proposal: in a file that somebody prepared any may lie there.
    return row[0] if row is not None and type(row[0]) is bytes else None


def select_many(
    keys: Sequence[bytes], now: float, connection: sqlite3.Connection
) -> list[tuple[bytes, bytes]]:
    """Those of the keys that are there, with their values."""
    found: list[tuple[bytes, bytes]] = []
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = connection.execute(
            f"SELECT key, value FROM entries WHERE key IN ({marks}) AND expires_at > ?", (*chunk, now)
        )
        found += [row for row in rows if type(row[1]) is bytes]
    return found


def select_keys(
    prefix: bytes, after: bytes | None, now: float, connection: sqlite3.Connection
) -> list[bytes]:
    """The next keys with a prefix, in order.

    Args:
        prefix: What they start with.
        after: The last one known; None for the first ones.
        now: Epoch seconds; what ended before is left out.
        connection: Where to look.
    """
    where, parameters = _range(prefix)
    if after is not None:
        where, parameters = f"{where} AND key > ?", (*parameters, after)
    rows = connection.execute(
        f"SELECT key FROM entries WHERE {where} AND expires_at > ? ORDER BY key LIMIT {_BATCH}",
        (*parameters, now),
    )
    return [row[0] for row in rows]


def upsert(rows: Sequence[tuple[bytes, float, bytes]], connection: sqlite3.Connection) -> None:
    """Store keys, their ends and their values: all of them, or none."""
    if len(rows) == 1:
        connection.execute(_UPSERT, rows[0])
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_UPSERT, rows)
        connection.execute("COMMIT")
    except BaseException:
        # Some errors have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def delete_one(key: bytes, now: float, connection: sqlite3.Connection) -> int:
    """Remove a key that hasn't expired; how many there were."""
    return connection.execute("DELETE FROM entries WHERE key = ? AND expires_at > ?", (key, now)).rowcount


def delete_prefix(prefix: bytes, connection: sqlite3.Connection) -> int:
    """Remove some of the keys with a prefix; how many, 0 when none is left."""
    where, parameters = _range(prefix)
    return _delete_batch(f"WHERE {where} LIMIT {_BATCH}", parameters, connection)


def delete_expired(now: float, connection: sqlite3.Connection) -> int:
    """Remove some of the expired entries; how many, 0 when none is left."""
    return _delete_batch(f"WHERE expires_at <= ? LIMIT {_BATCH}", (now,), connection)


def delete_soonest(low: int, connection: sqlite3.Connection) -> int:
    """Remove some of the entries that would end first; how many.

    Args:
        low: Bytes that may stay; 0 entries are removed when there aren't more.
        connection: Where to remove them.
    """
    stats = measure(connection)
    used = stats.size_bytes or 0
    if used <= low:
        return 0
    surplus = min(_BATCH, 1 + stats.entries * (used - low) // used)
    return _delete_batch(f"ORDER BY expires_at, rowid LIMIT {surplus}", (), connection)


def measure(connection: sqlite3.Connection) -> BackendStats:
    """How many entries there are, and the bytes of the pages in use."""
    entries = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    # Adding up the values would read the whole table instead.
    pages, free, page_size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return BackendStats(entries=entries, size_bytes=(pages - free) * page_size)


def shrink(connection: sqlite3.Connection) -> int:
    """Give some of the free pages back to the file system; how many, 0 when none is left."""
    before = connection.execute("PRAGMA freelist_count").fetchone()[0]
    # As a script, since it works a page a row, and `execute` stops at the first.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
    after = connection.execute("PRAGMA freelist_count").fetchone()[0]
    return int(before - after)


def is_leased(key: bytes, now: float, connection: sqlite3.Connection) -> bool:
    """Whether somebody holds a lease."""
    return (
        connection.execute(f"SELECT 1 FROM leases WHERE key = ? AND {_HELD}", (key, now, now)).fetchone()
        is not None
    )


def take_lease(key: bytes, owner: bytes, now: float, seconds: float, connection: sqlite3.Connection) -> bool:
    """Take a lease unless somebody holds it; whether it was taken."""
    return connection.execute(_TAKE, (key, owner, now + seconds, seconds, now, now)).rowcount > 0


def renew_lease(key: bytes, owner: bytes, now: float, seconds: float, connection: sqlite3.Connection) -> int:
    """Start an owner's lease anew; 0 when it has run out."""
    return connection.execute(
        f"UPDATE leases SET expires_at = ? WHERE key = ? AND owner = ? AND {_HELD}",
        (now + seconds, key, owner, now, now),
    ).rowcount


def release_lease(key: bytes, owner: bytes, connection: sqlite3.Connection) -> int:
    """Remove an owner's lease; how many there were."""
    return connection.execute("DELETE FROM leases WHERE key = ? AND owner = ?", (key, owner)).rowcount


def delete_ended_leases(now: float, connection: sqlite3.Connection) -> int:
    """Remove the leases that nobody freed; how many."""
    return connection.execute(f"DELETE FROM leases WHERE NOT ({_HELD})", (now, now)).rowcount


def _range(prefix: bytes) -> tuple[str, tuple[bytes, ...]]:
    """The condition that a key starts with a prefix."""
    # The next text that doesn't: the last byte that can grow, grown by one.
    stem = prefix.rstrip(b"\xff")
    if not stem:
        return "key >= ?", (prefix,)
    return "key >= ? AND key < ?", (prefix, stem[:-1] + bytes([stem[-1] + 1]))


def _delete_batch(which: str, parameters: Sequence[object], connection: sqlite3.Connection) -> int:
    return connection.execute(
        f"DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries {which})", tuple(parameters)
    ).rowcount
