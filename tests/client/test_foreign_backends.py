"""Stores of other people's, with the promised methods and nothing else, or less than that."""

# Their methods are the promised ones, and their names say what is wrong with the rest.
# ruff: noqa: D102

from __future__ import annotations

import pytest

from hubkit import HubClient, HubConfig, ModelCache, ModelMetadata
from hubkit.cache import CacheBackend, MemoryCache
from hubkit_redis import RedisCache

OPEN, PRIVATE = "alice/base", "alice/secret"


class Plain:
    """The promised methods alone, on a dictionary."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def get_many(self, keys):
        return {key: self.kept[key] for key in keys if key in self.kept}

    def set(self, key, value, *, expires_in):
        self.kept[key] = value

    def set_many(self, items, *, expires_in):
        self.kept.update(items)

    def delete(self, key):
        return self.kept.pop(key, None) is not None

    def clear(self, prefix=""):
        gone = [key for key in self.kept if key.startswith(prefix)]
        return len([self.kept.pop(key) for key in gone])

    def keys(self, prefix=""):
        return iter([key for key in self.kept if key.startswith(prefix)])

    def lease(self, key, seconds):
        return Granted()

    def stats(self):
        return {"entries": len(self.kept)}

    def close(self):
        pass


class Granted:
    """A lease that everybody gets."""

    def renew(self):
        return True

    def release(self):
        pass


class NoneForMissing(Plain):
    def get_many(self, keys):
        return {key: self.kept.get(key) for key in keys}


class NothingAtAll(Plain):
    def get_many(self, keys):
        return None


class Text(Plain):
    def get(self, key):
        value = self.kept.get(key)
        return None if value is None else value.decode("latin-1")

    def get_many(self, keys):
        return {key: self.get(key) for key in keys if key in self.kept}


class Views(Plain):
    def get(self, key):
        value = self.kept.get(key)
        return None if value is None else memoryview(value)


class NoStatistics(Plain):
    def stats(self):
        return None


@pytest.mark.parametrize("kind", [Plain, NoneForMissing, Views, NoStatistics])
def test_serves(hub, kind):
    """The methods are enough to keep answers, and the client asks once."""
    backend = kind()
    for _ in range(2):
        with HubClient(HubConfig(endpoint=hub.endpoint, memory_entries=0), backends=[backend]) as client:
            names = [client.require_model_metadata(OPEN).model_id, *client.get_many_metadata([OPEN])]

            assert [OPEN, OPEN] == names
    assert isinstance(backend, CacheBackend)
    assert 1 == hub.requests["model_info"]


@pytest.mark.parametrize("kind", [NothingAtAll, Text])
def test_wrong_answers_are_misses(hub, kind):
    """What is no bytes, or no dictionary, costs a request and never an exception."""
    backend = kind()
    with HubClient(HubConfig(endpoint=hub.endpoint, memory_entries=0), backends=[backend]) as client:
        client.cache.set(ModelMetadata(OPEN, private=False))
        found = [client.get_many_metadata([OPEN])[OPEN], client.get_model_metadata(OPEN)]
        searched = client.search_models("alice/base", limit=1)

        assert [OPEN, OPEN, OPEN] == [model.model_id for model in (*found, *searched)]


def test_private_answers_stay_out(hub, alice):
    """A store that doesn't say who can read it is taken for one that others can."""
    backend = Plain()
    with HubClient(HubConfig(endpoint=hub.endpoint, token=alice), backends=[backend]) as client:
        client.require_model_metadata(PRIVATE)
        client.require_model_metadata(OPEN)

    assert [True, False] == [any(name in key for key in backend.kept) for name in (OPEN, PRIVATE)]


@pytest.mark.parametrize(("kind", "entries"), [(Plain, 1), (NoStatistics, None)])
def test_statistics_of_any_kind(kind, entries):
    """Numbers are taken from what there is."""
    cache = ModelCache(kind())
    cache.set(ModelMetadata(OPEN, private=False))

    assert (entries, True) == (cache.stats().tiers[0].entries, cache.stats().tiers[0].reachable)


@pytest.mark.parametrize("kind", [MemoryCache, pytest.param(RedisCache, marks=pytest.mark.redis)])
def test_arguments_by_name(kind, request):
    """Ours take every argument by its name."""
    backend = kind(request.getfixturevalue("start_redis")().url) if kind is RedisCache else kind()
    backend.set(key="k", value=b"v", expires_in=60.0)
    backend.set_many(items={"l": b"v"}, expires_in=60.0)

    assert b"v" == backend.get(key="k")
    assert {"k": b"v"} == backend.get_many(keys=["k", "absent"])
    assert ["l"] == list(backend.keys(prefix="l"))
    assert backend.lease(key="k", seconds=5.0) is not None
    assert backend.delete(key="k")
    assert 1 == backend.clear(prefix="l")
