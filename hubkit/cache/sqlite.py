"""A backend in one SQLite file: ``sqlite:///file.db``."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple, TypeVar

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache import _sqlite_statements as statements
from hubkit.cache._backend import BackendStats
from hubkit.cache._folder import parse_place
from hubkit.cache._limits import DEFAULT_MAX_BYTES, Allowance, expiry
from hubkit.cache._sqlite_file import connect, is_broken, put_aside, sweep
from hubkit.cache._sqlite_pool import Pool, identity_of
from hubkit.errors import CacheUnavailableError

__all__ = ["SQLiteCache"]

log: logging.Logger = logging.getLogger("hubkit")

R = TypeVar("R")

_NOTHING: Final = BackendStats(entries=0, size_bytes=0)


class _Damage(NamedTuple):
    """What is wrong with a file."""

    file: object
    """What tells it from a later one of the same name."""
    error: Exception


class SQLiteCache:
    """A database file that only its owner can read.

    Nothing is opened or made before it is needed. A broken file holds nothing, and the
    next write puts it aside and makes a new one; one of another user, another program or
    a newer hubkit is left alone.

    Args:
        path: The file.
        max_bytes: Bound on its size; what ends first goes first.
        clock: Where the time comes from.

    >>> cache = SQLiteCache("cache.db")
    >>> cache.set("key", b"value", expires_in=60.0)
    >>> cache.get("key")
    b'value'
    >>> cache.close()
    """

    shared = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._path = parse_place(path)
        self._allowance = Allowance(max_bytes)
        self._clock = clock
        self._damage: _Damage | None = None
        self._pool = Pool(partial(connect, self._path), partial(identity_of, self._path))

    def __repr__(self) -> str:
        return f"SQLiteCache({self._path!r})"

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None.

        Raises:
            CacheUnavailableError: The file can't be read.
        """
        return self._read(partial(statements.select_one, _encode(key), self._clock.now()), None)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What there is of several keys, in one statement for each 500."""
        wanted = {_encode(key): key for key in keys}
        nothing: list[tuple[bytes, bytes]] = []
        found = self._read(partial(statements.select_many, list(wanted), self._clock.now()), nothing)
        return {wanted[raw]: value for raw, value in found}

    def set(self, key: str, value: bytes, *, expires_in: float | None) -> None:
        """Store bytes, over what was there.

        Raises:
            CacheUnavailableError: The file can't be written.
        """
        self._store([(_encode(key), expiry(self._clock.now(), expires_in), value)])

    def set_many(self, items: Mapping[str, bytes], *, expires_in: float | None) -> None:
        """Store several values in one transaction."""
        ends = expiry(self._clock.now(), expires_in)
        self._store([(_encode(key), ends, value) for key, value in items.items()])

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        return self._remove(partial(statements.delete_one, _encode(key), self._clock.now())) > 0

    def clear(self, prefix: str = "") -> int:
        """Drop every key that starts with ``prefix``; how many."""
        count = self._in_batches(partial(statements.delete_prefix, _encode(prefix)))
        self._in_batches(statements.shrink)
        return count

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that starts with ``prefix``."""
        now, raw_prefix = self._clock.now(), _encode(prefix)
        after: bytes | None = None
        nothing: list[bytes] = []
        # In batches, each its own transaction: a reader who dawdles would keep the log growing.
        while batch := self._read(partial(statements.select_keys, raw_prefix, after, now), nothing):
            for raw in batch:
                yield raw.decode("utf-8", "surrogatepass")
            after = batch[-1]

    def prune(self) -> int:
        """Drop what expired or is too much, and what dead processes left; how many entries.

        Writes do this by themselves now and then.

        .. versionadded:: 0.1
        """
        count = self._make_room()
        self._in_batches(statements.shrink)
        return count

    def lease(self, key: str, seconds: float) -> SQLiteLease | None:
        """Try to take a lease; never blocks."""
        raw, now = _encode(key), self._clock.now()
        # Those who wait for it ask often, and reading disturbs nobody.
        if self._read(partial(statements.is_leased, raw, now), False):
            return None
        owner = os.urandom(8)
        taken = self._change(partial(statements.take_lease, raw, owner, now, seconds))
        return SQLiteLease(self, raw, owner, seconds) if taken else None

    def stats(self) -> BackendStats:
        """How many entries there are, and the bytes of the file that are in use."""
        return self._read(statements.measure, _NOTHING)

    def close(self) -> None:
        """Close the connections of every thread."""
        self._pool.close()

    def _store(self, rows: list[tuple[bytes, float, bytes]]) -> None:
        self._change(partial(statements.upsert, rows))
        if self._allowance.spend(sum(len(value) for _, _, value in rows)):
            # The file keeps its size: the next writes fill the pages that are free now.
            self._make_room()

    def _make_room(self) -> int:
        now = self._clock.now()
        # A courtesy: a folder that may not be listed is no reason to fail.
        with suppress(OSError):
            sweep(self._path, now=now)
        count = self._in_batches(partial(statements.delete_expired, now))
        self._remove(partial(statements.delete_ended_leases, now))
        if (self.stats().size_bytes or 0) > self._allowance.high:
            count += self._in_batches(partial(statements.delete_soonest, self._allowance.low))
        return count

    def _in_batches(self, delete_some: Callable[[sqlite3.Connection], int]) -> int:
        # So that nobody who waits to write waits for all of it.
        count = 0
        while gone := self._remove(delete_some):
            count += gone
        return count

    def _read(self, work: Callable[[sqlite3.Connection], R], default: R) -> R:
        """Read; an absent file holds nothing, nor does a broken one, and neither is made for that."""
        found = self._read_once(work, default)
        # Nothing there? Perhaps because another file has taken the name since we opened ours.
        if found == default and self._pool.drop_if_outdated():
            found = self._read_once(work, default)
        return found

    def _read_once(self, work: Callable[[sqlite3.Connection], R], default: R) -> R:
        try:
            return self._pool.read(work)
        except FileNotFoundError:
            return default
        except (sqlite3.Error, OSError) as error:
            if not is_broken(error):
                raise self._unavailable(error) from error
            self._note_damage(error)
            return default

    def _remove(self, work: Callable[[sqlite3.Connection], int]) -> int:
        """Remove something; from an absent file there is nothing to remove."""
        try:
            return self._run(work, False)
        except FileNotFoundError:
            return 0

    def _change(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Write; an absent file is made."""
        try:
            return self._run(work, True)
        except FileNotFoundError as error:
            raise self._unavailable(error) from error

    def _run(self, work: Callable[[sqlite3.Connection], R], create: bool) -> R:
        """Write, and once more when the file was broken; one that a reader found to be so is put aside first.

        Args:
            work: What to do with a connection.
            create: Whether an absent file is made.

        Raises:
            FileNotFoundError: There is no file.
            CacheUnavailableError: It failed.
        """
        try:
            self._begin_anew()
            try:
                return self._pool.write(work, create=create)
            except sqlite3.DatabaseError as error:
                if not is_broken(error):
                    raise
                self._note_damage(error)
            self._begin_anew()
            return self._pool.write(work, create=create)
        except FileNotFoundError:
            raise
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _note_damage(self, error: Exception) -> None:
        if self._damage is None:
            self._damage = _Damage(self._pool.identity, error)
            log.warning(
                "the cache %s is broken (%s): it counts as empty until a write begins anew", self._path, error
            )

    def _begin_anew(self) -> None:
        """Put aside what was found to be broken, if it still has the name.

        A write might not meet the damage, and readers would go on finding nothing.
        """
        damage = self._damage
        if damage is not None:
            self._pool.replace(damage.file, partial(put_aside, self._path, damage.error))
            self._damage = None

    def _unavailable(self, error: Exception) -> CacheUnavailableError:
        return CacheUnavailableError(f"the cache {self._path} can't be used: {error}")


class SQLiteLease:
    """A lease on a key of a database."""

    def __init__(self, cache: SQLiteCache, key: bytes, owner: bytes, seconds: float) -> None:
        self._cache = cache
        self._key = key
        self._owner = owner
        self._seconds = seconds

    def renew(self) -> bool:
        """Start the seconds anew; False when the lease had run out."""
        now = self._cache._clock.now()
        work = partial(statements.renew_lease, self._key, self._owner, now, self._seconds)
        return self._cache._remove(work) > 0

    def release(self) -> None:
        """End the lease now."""
        self._cache._remove(partial(statements.release_lease, self._key, self._owner))


def _encode(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
