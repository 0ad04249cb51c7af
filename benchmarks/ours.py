"""hubkit, as its users call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from _bench import Contender, Place, Store

from hubkit import HubClient, HubConfig
from hubkit.cache import open_backend

__all__ = ["READS", "STORES", "cache_url"]


def cache_url(tier: str, place: Place) -> str:
    """The URL of a tier: ``memory``, ``file``, ``sqlite`` or ``redis``."""
    if tier == "redis":
        return f"redis+unix://{place.redis_socket}"
    if tier == "memory":
        return "memory://"
    path = Path(place.path(f"hubkit-{tier}"))
    return path.as_uri() if tier == "file" else f"sqlite://{path}.db"


def _client(tier: str, place: Place, **settings: Any) -> Contender:
    url = cache_url(tier, place)
    hub = HubClient(HubConfig(endpoint=place.origin, cache=url, **settings))
    return Contender(
        get=hub.get_model_metadata,
        get_many=hub.get_many_metadata,
        stored_bytes=lambda: _stored_bytes(url),
        close=hub.close,
    )


def _stored_bytes(url: str) -> int:
    backend = open_backend(url)
    values = [backend.get(key) for key in list(backend.keys())]
    backend.close()
    return sum(len(value) for value in values if value is not None)


def _without_memory(tier: str) -> Callable[[Place], Contender]:
    return lambda place: _client(tier, place, memory_entries=0)


READS: dict[str, Callable[[Place], Contender]] = {
    "hubkit memory": lambda place: _client("memory", place, memory_entries=4_096, memory_seconds=3_600),
    "hubkit file": _without_memory("file"),
    "hubkit sqlite": _without_memory("sqlite"),
    "hubkit redis": _without_memory("redis"),
}
"""Clients, by the tier that they read; but for the first each read goes to the tier."""


def _backend(tier: str) -> Callable[[Place], Store]:
    def opened(place: Place) -> Store:
        backend = open_backend(cache_url(tier, place))
        return Store(
            get=backend.get,
            set=lambda key, value: backend.set(key, value, expires_in=3_600),
            close=backend.close,
        )

    return opened


STORES: dict[str, Callable[[Place], Store]] = {
    "hubkit SQLiteCache": _backend("sqlite"),
    "hubkit RedisCache": _backend("redis"),
}
"""Backends, by name."""
