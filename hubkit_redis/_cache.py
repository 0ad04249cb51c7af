"""A cache backend on a Redis server, shared by a whole fleet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from hubkit.cache._backend import BackendStats
from hubkit.cache._freshness import RETENTION
from hubkit.errors import CacheUnavailableError
from hubkit_redis._address import parse_address
from hubkit_redis._lease import RedisLease, milliseconds
from hubkit_redis._open import open_route
from hubkit_redis._route import Command

__all__ = ["RedisCache", "open_redis"]

DEFAULT_PREFIX: Final = "hubkit:1:"
"""What keys start with. The number is the layout's: a later one leaves these alone."""

TIMEOUT: Final = 0.2
"""Seconds to connect, and for an answer."""

_GLOB: Final = b"*?[]\\"
_SCAN: Final = 1_000
_MGET: Final = 1_000

# What is sent at once must be through within the timeout, on a slow network too.
_BATCH_ITEMS: Final = 500
_BATCH_BYTES: Final = 1_000_000


def open_redis(url: str) -> RedisCache:
    """The cache that a Redis URL names; what the entry points lead to.

    Args:
        url: The URL.

    .. versionadded:: 0.1
    """
    return RedisCache(url)


class RedisCache:
    """Entries as plain keys with an expiry.

    Nothing is sent before it is needed, and no server is asked twice: one that is gone
    or hangs costs the timeouts and no more. Sentinels and clusters are asked for its
    successor, then and there if that is quick, else by one of the next calls.

    Args:
        url: Which servers: ``redis://host:6379/0``, ``redis+unix:///path/of/socket?db=0``,
            ``redis+sentinel://host:26379,host:26379/service/0`` or ``redis+cluster://host:6379,host:6379``;
            ``rediss``, ``rediss+sentinel`` and ``rediss+cluster`` for TLS.
        prefix: What this cache's keys start with. Other keys are left alone.
        connect_timeout: Seconds.
        read_timeout: Seconds for each answer.

    Raises:
        ConfigError: The URL is malformed.
        BackendUnavailableError: The driver isn't installed.

    >>> RedisCache("redis://me:secret@cache.example/2")
    RedisCache('cache.example:6379 db 2')

    .. versionadded:: 0.1
    """

    shared = True

    def __init__(
        self,
        url: str,
        *,
        prefix: str = DEFAULT_PREFIX,
        connect_timeout: float = TIMEOUT,
        read_timeout: float = TIMEOUT,
    ) -> None:
        self._address = parse_address(url)
        self._route, self._faults = open_route(
            self._address, connect_timeout=connect_timeout, read_timeout=read_timeout
        )
        raw = _encode(prefix)
        self._entries = raw + b"e:"
        self._leases = raw + b"l:"

    def __repr__(self) -> str:
        return f"RedisCache({str(self._address)!r})"

    def get(self, key: str) -> bytes | None:
        """The bytes under a key, or None.

        Raises:
            CacheUnavailableError: The server didn't answer in time, or refused.
        """
        try:
            return self._route.get(self._entries + _encode(key))
        except self._faults.every as error:
            if self._faults.is_wrong_type(error):
                # Whoever put a list or a hash there must not thereby turn the whole cache off.
                return None
            raise self._unavailable(error) from error

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What there is of several keys, in one round trip for each 1,000 and server."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        with self._guard():
            for start in range(0, len(wanted), _MGET):
                chunk = wanted[start : start + _MGET]
                values = self._route.fetch([self._entries + _encode(key) for key in chunk])
                found.update(
                    (key, value) for key, value in zip(chunk, values, strict=False) if value is not None
                )
        return found

    def set(self, key: str, value: bytes, *, expires_in: float | None) -> None:
        """Store bytes, over what was there.

        Raises:
            CacheUnavailableError: The server didn't answer in time, or refused.
        """
        with self._guard():
            self._route.execute(*self._set_command(key, value, expires_in))

    def set_many(self, items: Mapping[str, bytes], *, expires_in: float | None) -> None:
        """Store several values, in as few round trips as the timeout allows."""
        commands = (self._set_command(key, value, expires_in) for key, value in items.items())
        for batch in _batches(commands):
            self._send(batch)

    def delete(self, key: str) -> bool:
        """Drop a key; whether there was one."""
        with self._guard():
            return bool(self._route.execute("DEL", self._entries + _encode(key)))

    def clear(self, prefix: str = "") -> int:
        """Drop every key that starts with ``prefix``; how many."""
        names = self._names(prefix)
        count = 0
        while chunk := list(islice(names, _BATCH_ITEMS)):
            # One command a key: a cluster's server refuses keys of different slots in one.
            count += sum(self._send([("DEL", name) for name in chunk]))
        return count

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Every key that starts with ``prefix``."""
        for name in self._names(prefix):
            yield name[len(self._entries) :].decode("utf-8", "surrogatepass")

    def lease(self, key: str, seconds: float) -> RedisLease | None:
        """Try to take a lease; never blocks."""
        name, owner = self._leases + _encode(key), os.urandom(8).hex().encode()
        with self._guard():
            taken = self._route.execute("SET", name, owner, "NX", "PX", milliseconds(seconds))
        return RedisLease(self._route, name, owner, seconds, self._guard) if taken else None

    def stats(self) -> BackendStats:
        """How many entries there are. Their bytes could only be had by asking for each."""
        return BackendStats(entries=sum(1 for _ in self._names("")), size_bytes=None)

    def server_info(self) -> list[dict[str, Any]]:
        """What each server with entries says of itself, as Redis's own ``INFO`` has it.

        Raises:
            CacheUnavailableError: One didn't answer in time, or this user may not ask.

        .. versionadded:: 0.1
        """
        with self._guard():
            return [dict(send("INFO")) for send in self._route.each()]

    def reconnect(self) -> None:
        """Leave the connections that nobody uses just now; the next command opens new ones.

        For who was given another key's answer: a connection that is an answer behind stays so.
        """
        with self._guard():
            self._route.reconnect()

    def close(self) -> None:
        """Close the connections; the next command opens new ones."""
        with self._guard():
            self._route.close()

    def _set_command(self, key: str, value: bytes, expires_in: float | None) -> Command:
        name = self._entries + _encode(key)
        if expires_in is None or not expires_in < RETENTION:
            expires_in = RETENTION
        if expires_in <= 0:
            # The server refuses a time that is over.
            return ("DEL", name)
        # Value and expiry in one command: a writer killed between two left keys for ever.
        return ("SET", name, value, "PX", milliseconds(expires_in))

    def _send(self, commands: list[Command]) -> list[Any]:
        with self._guard():
            return self._route.execute_many(commands)

    def _names(self, prefix: str) -> Iterator[bytes]:
        pattern = _escape(self._entries + _encode(prefix)) + b"*"
        # A server that rehashes meanwhile tells some names twice, and so do two when one moves.
        seen: set[bytes] = set()
        with self._guard():
            servers = self._route.each()
        for send in servers:
            for name in self._scan(send, pattern):
                if name not in seen:
                    seen.add(name)
                    yield name

    def _scan(self, send: Callable[..., Any], pattern: bytes) -> Iterator[bytes]:
        cursor: Any = 0
        while True:
            with self._guard():
                cursor, names = send("SCAN", cursor, "MATCH", pattern, "COUNT", _SCAN)
            yield from names
            if not int(cursor):
                return

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except self._faults.every as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> CacheUnavailableError:
        text = self._address.hide_secrets(self._faults.explain(error))
        if self._address.tls is not None and self._faults.is_timeout(error):
            # A server without TLS waits for the end of what it takes for a command.
            text += " (does it speak TLS?)"
        return CacheUnavailableError(f"Redis at {self._address} can't be used: {text}")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _escape(text: bytes) -> bytes:
    """A pattern that matches the text and nothing else."""
    return b"".join(b"\\" + bytes([byte]) if byte in _GLOB else bytes([byte]) for byte in text)


def _batches(commands: Iterable[Command]) -> Iterator[list[Command]]:
    batch: list[Command] = []
    size = 0
    for command in commands:
        batch.append(command)
        size += sum(len(part) for part in command if isinstance(part, bytes))
        if len(batch) >= _BATCH_ITEMS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
