"""The peers, each as its own documentation says to use it. One that isn't installed raises ImportError."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from _bench import Contender, Place, Store

__all__ = ["READS", "STORES"]

_DAY = 86_400


def _requests_cache(backend: str) -> Callable[[Place], Contender]:
    def opened(place: Place) -> Contender:
        session = _cached_session(backend, place)
        return Contender(
            get=lambda name: session.get(place.url(name)).json(),
            get_many=lambda names: [session.get(place.url(name)).json() for name in names],
            stored_bytes=lambda: _requests_cache_bytes(session),
            close=session.close,
        )

    return opened


def _cached_session(backend: str, place: Place) -> Any:
    import requests_cache

    if backend == "sqlite":
        store: Any = requests_cache.SQLiteCache(place.path("requests-cache.db"), wal=True)
    elif backend == "file":
        store = requests_cache.FileCache(place.path("requests-cache-files"))
    elif backend == "redis":
        store = requests_cache.RedisCache(connection=_redis(place))
    else:
        store = "memory"
    return requests_cache.CachedSession(backend=store, expire_after=_DAY)


def _requests_cache_bytes(session: Any) -> int:
    responses = session.cache.responses
    with responses.connection() as connection:
        total: int = connection.execute("SELECT sum(length(value)) FROM responses").fetchone()[0]
        return total


def _hishel(backend: str) -> Callable[[Place], Contender]:
    def opened(place: Place) -> Contender:
        import hishel
        import requests
        from hishel.requests import CacheAdapter

        path = place.path("hishel.db")
        if backend == "redis":
            storage: Any = hishel.RedisStorage(_redis(place), default_ttl=_DAY)
        else:
            storage = hishel.SqliteStorage(database_path=path, default_ttl=_DAY)
        session = requests.Session()
        session.mount("http://", CacheAdapter(storage=storage))
        return Contender(
            get=lambda name: session.get(place.url(name)).json(),
            get_many=lambda names: [session.get(place.url(name)).json() for name in names],
            close=session.close,
        )

    return opened


def _diskcache(place: Place) -> Contender:
    import diskcache

    ask, cache = _asker(place), diskcache.Cache(place.path("diskcache"))

    def get(name: str) -> Any:
        known = cache.get(name)
        if known is None:
            known = ask(name)
            cache.set(name, known, expire=_DAY)
        return known

    return Contender(
        get=get,
        get_many=lambda names: [get(name) for name in names],
        stored_bytes=lambda: _folder_bytes(cache.directory),
        close=cache.close,
    )


def _dogpile(backend: str) -> Callable[[Place], Contender]:
    def opened(place: Place) -> Contender:
        region, ask = _region(backend, place), _asker(place)

        def get(name: str) -> Any:
            return region.get_or_create(name, lambda: ask(name))

        def get_many(names: Sequence[str]) -> Any:
            return region.get_multi(list(names))

        return Contender(get=get, get_many=get_many)

    return opened


def _region(backend: str, place: Place) -> Any:
    from dogpile.cache import make_region

    arguments: dict[str, Any] = {}
    if backend == "redis":
        url = f"unix://{place.redis_socket}"
        arguments = {"url": url, "distributed_lock": True, "thread_local_lock": False, "lock_timeout": 30}
    elif backend == "dbm":
        arguments = {"filename": place.path("dogpile.dbm")}
    return make_region().configure(f"dogpile.cache.{backend}", expiration_time=_DAY, arguments=arguments)


def _hf_api(place: Place) -> Contender:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=place.origin, token=False)
    return Contender(get=lambda name: api.model_info(name, files_metadata=True))


READS: dict[str, Callable[[Place], Contender]] = {
    "requests-cache memory": _requests_cache("memory"),
    "requests-cache file": _requests_cache("file"),
    "requests-cache sqlite": _requests_cache("sqlite"),
    "requests-cache redis": _requests_cache("redis"),
    "hishel sqlite": _hishel("sqlite"),
    "hishel redis": _hishel("redis"),
    "diskcache": _diskcache,
    "dogpile.cache memory": _dogpile("memory"),
    "dogpile.cache dbm": _dogpile("dbm"),
    "dogpile.cache redis": _dogpile("redis"),
    "HfApi, uncached": _hf_api,
}
"""Readers of models, by name."""


def _diskcache_store(place: Place) -> Store:
    import diskcache

    cache = diskcache.Cache(place.path("diskcache-load"))
    return Store(get=cache.get, set=lambda key, value: cache.set(key, value, expire=_DAY), close=cache.close)


def _dogpile_store(place: Place) -> Store:
    region = _region("redis", place)
    return Store(get=region.get, set=region.set)


def _requests_cache_store(backend: str) -> Callable[[Place], Store]:
    """Reads as users read; a write stores that answer again."""

    def opened(place: Place) -> Store:
        session = _cached_session(backend, place)

        def get(key: str) -> Any:
            return session.get(place.url(key)).content

        def put(key: str, _value: bytes) -> None:
            session.cache.save_response(session.get(place.url(key)))

        return Store(get=get, set=put, close=session.close)

    return opened


STORES: dict[str, Callable[[Place], Store]] = {
    "diskcache": _diskcache_store,
    "dogpile.cache redis": _dogpile_store,
    "requests-cache sqlite": _requests_cache_store("sqlite"),
    "requests-cache redis": _requests_cache_store("redis"),
}
"""Stores of values, by name."""


def _asker(place: Place) -> Callable[[str], Any]:
    import requests

    session = requests.Session()

    def ask(name: str) -> Any:
        response = session.get(place.url(name), timeout=30)
        response.raise_for_status()
        return response.json()

    return ask


def _redis(place: Place) -> Any:
    import redis

    return redis.Redis(unix_socket_path=place.redis_socket)


def _folder_bytes(folder: str) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
