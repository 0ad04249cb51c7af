"""Stores of bytes for the answers of the Hub, and the way from a URL to one of them.

>>> from hubkit.cache import open_backend
>>> cache = open_backend("memory://")
>>> cache.set("key", b"value", expires_in=60.0)
>>> cache.get("key")
b'value'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubkit.cache._backend import BackendStats, CacheBackend, Lease
    from hubkit.cache._registry import open_backend
    from hubkit.cache.filesystem import FilesystemCache
    from hubkit.cache.memory import MemoryCache
    from hubkit.cache.sqlite import SQLiteCache

__all__ = [
    "BackendStats",
    "CacheBackend",
    "FilesystemCache",
    "Lease",
    "MemoryCache",
    "SQLiteCache",
    "open_backend",
]

# Imported when first named: who keeps files never pays for the `sqlite3` module.
_HOMES = {
    "BackendStats": "_backend",
    "CacheBackend": "_backend",
    "FilesystemCache": "filesystem",
    "Lease": "_backend",
    "MemoryCache": "memory",
    "SQLiteCache": "sqlite",
    "open_backend": "_registry",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
