"""Floors: the least that a read can cost. Plain reads of 10 KB, and with the small part of the answer decoded.

A typed answer costs more than its bytes; so the floor of a typed read is the plain
read, one small JSON object decoded, and one attrs value of it, the big parts left raw.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import Struct
from typing import Any

import attrs
import orjson
from _bench import Contender, Place, Store
from _sample import model_id, record

__all__ = ["READS", "STORES"]

_LENGTH = Struct(">I")
_UPSERT = "INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_BIG = ("_id", "siblings", "cardData", "config", "safetensors", "transformersInfo", "spaces")


@attrs.frozen
class _Typed:
    """The scalars of a record, as cheap as attrs makes them, and the rest as bytes."""

    id: str
    model_id: str
    author: str
    sha: str
    last_modified: str
    created_at: str
    private: bool
    gated: bool
    disabled: bool
    downloads: int
    likes: int
    pipeline_tag: str
    library_name: str
    tags: list[str]
    used_storage: int
    rest: bytes


def _encoded(number: int) -> bytes:
    whole = record(number)
    head = {key: value for key, value in whole.items() if key not in _BIG}
    raw = orjson.dumps(head)
    return _LENGTH.pack(len(raw)) + raw + orjson.dumps({key: whole[key] for key in _BIG})


def _typed(value: bytes) -> _Typed:
    end = _LENGTH.size + _LENGTH.unpack_from(value)[0]
    head = orjson.loads(value[_LENGTH.size : end])
    return _Typed(*head.values(), value[end:])


def _memory(place: Place) -> Contender:
    ready = {model_id(number): record(number) for number in range(place.models)}
    return Contender(get=ready.__getitem__)


def _files(place: Place, decode: Callable[[bytes], Any]) -> Contender:
    folder = Path(place.path("floor files"))
    folder.mkdir(exist_ok=True)
    for number in range(place.models):
        (folder / model_id(number).replace("/", "--")).write_bytes(_encoded(number))
    prefix = f"{folder}/"

    def get(name: str) -> Any:
        descriptor = os.open(prefix + name.replace("/", "--"), os.O_RDONLY)
        try:
            return decode(os.read(descriptor, 65_536))
        finally:
            os.close(descriptor)

    return Contender(get=get)


def _sqlite(place: Place, decode: Callable[[bytes], Any]) -> Contender:
    connection = _connected(place.path("floor.db"))
    rows = [(model_id(number).encode(), _encoded(number)) for number in range(place.models)]
    connection.executemany(_UPSERT, rows)

    def get(name: str) -> Any:
        query = "SELECT value FROM entries WHERE key = ?"
        return decode(connection.execute(query, (name.encode(),)).fetchone()[0])

    def get_many(names: Sequence[str]) -> Any:
        values: list[Any] = []
        for start in range(0, len(names), 500):
            keys = [name.encode() for name in names[start : start + 500]]
            marks = ",".join("?" * len(keys))
            rows = connection.execute(f"SELECT value FROM entries WHERE key IN ({marks})", keys)
            values += [decode(row[0]) for row in rows]
        return values

    return Contender(get=get, get_many=get_many, close=connection.close)


def _redis(place: Place, decode: Callable[[bytes], Any]) -> Contender:
    client = _redis_client(place)
    client.mset({f"floor:{model_id(number)}": _encoded(number) for number in range(place.models)})

    def get_many(names: Sequence[str]) -> Any:
        return [decode(value) for value in client.mget([f"floor:{name}" for name in names])]

    return Contender(
        get=lambda name: decode(client.get(f"floor:{name}")), get_many=get_many, close=client.close
    )


def _plain(value: bytes) -> bytes:
    return value


READS: dict[str, Callable[[Place], Contender]] = {
    "dict look-up": _memory,
    "open, read, close": lambda place: _files(place, _plain),
    "open, read, close + head": lambda place: _files(place, _typed),
    "SELECT by key": lambda place: _sqlite(place, _plain),
    "SELECT by key + head": lambda place: _sqlite(place, _typed),
    "GET": lambda place: _redis(place, _plain),
    "GET + head": lambda place: _redis(place, _typed),
}
"""Reads of stored records, by name."""


def _sqlite_store(place: Place) -> Store:
    path, local, writing = place.path("floor-load.db"), threading.local(), threading.Lock()

    def connection() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = _connected(path)
        found: sqlite3.Connection = local.connection
        return found

    def put(key: str, value: bytes) -> None:
        with writing:
            connection().execute(_UPSERT, (key.encode(), value))

    def get(key: str) -> Any:
        return connection().execute("SELECT value FROM entries WHERE key = ?", (key.encode(),)).fetchone()

    return Store(get=get, set=put)


def _redis_store(place: Place) -> Store:
    client = _redis_client(place)
    return Store(
        get=lambda key: client.get(f"floor-load:{key}"),
        set=lambda key, value: client.set(f"floor-load:{key}", value, px=3_600_000),
        close=client.close,
    )


STORES: dict[str, Callable[[Place], Store]] = {
    "sqlite3, a connection a thread": _sqlite_store,
    "redis-py": _redis_store,
}
"""Stores of bytes, by name."""


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB)")
    return connection


def _redis_client(place: Place) -> Any:
    import redis

    return redis.Redis(unix_socket_path=place.redis_socket, protocol=2)
