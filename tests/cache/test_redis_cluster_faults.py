"""Faults of a cluster: what is lost is little, and no more than what the lost servers had."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit.errors import CacheUnavailableError

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis_contract import every_use, seconds_lost, seconds_of  # noqa: E402
from redis_groups import Cluster, admin  # noqa: E402
from redis_servers import until  # noqa: E402

import hubkit_redis  # noqa: E402
from hubkit_redis import RedisCache  # noqa: E402

KEYS = [f"key {number}" for number in range(100)]


def usable(cache: RedisCache) -> set[str]:
    """The keys that can be read just now. No failure takes long."""
    found = set()
    for key in KEYS:
        try:
            assert cache.get(key) in {b"value", None}
            found.add(key)
        except CacheUnavailableError:
            pass
    return found


def owned(cluster: Cluster, index: int) -> set[str]:
    """Those of the keys that one primary has."""
    with admin(cluster.primaries[index]) as client:
        names = {name.decode() for name in client.keys(b"hubkit:1:e:*")}
    return {key for key in KEYS if f"hubkit:1:e:{key}" in names}


def test_primary_without_replica_dies(start_cluster) -> None:
    """What a killed primary had is out of reach, at once; the rest goes on, and no storm of questions begins."""
    cluster = start_cluster()
    cache = RedisCache(cluster.url)
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    lost = owned(cluster, 0)
    before = cluster.calls("cluster", skip=1)
    cluster.primaries[0].kill()
    began = time.perf_counter()
    for _ in range(5):
        assert usable(cache) == set(KEYS) - lost
    seconds = time.perf_counter() - began
    asked = cluster.calls("cluster", skip=1)

    assert seconds < 2.0
    assert asked - before <= 2 + seconds / 0.25
    for use in (
        lambda: cache.get_many(KEYS),
        lambda: cache.set_many(dict.fromkeys(KEYS, b""), expires_in=60.0),
    ):
        assert seconds_lost(use) < 0.5


def test_primary_with_replica_dies(start_cluster) -> None:
    """A killed primary's replica takes its place, and callers find it by themselves."""
    cluster = start_cluster(replica=True)
    cache = RedisCache(cluster.url)
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    lost = sorted(owned(cluster, 0))
    lease = next(lease for lease in (cache.lease(key, 60.0) for key in lost) if lease is not None)
    with admin(cluster.primaries[0]) as client:
        client.wait(1, 1000)
    cluster.primaries[0].kill()
    assert max(seconds_of(lambda: cache.set(lost[0], b"value", expires_in=60.0)) for _ in range(20)) < 0.5

    until(lambda: usable(cache) == set(KEYS), "the replica's promotion")
    assert set(cache.get_many(KEYS)) == set(KEYS)
    cache.set(lost[0], b"new", expires_in=60.0)
    assert cache.get(lost[0]) == b"new"
    assert lease.renew() in {True, False}
    assert sorted(cache.keys()) == sorted(KEYS)


@pytest.mark.parametrize("connected", [True, False])
def test_all_servers_hang(start_cluster, connected: bool) -> None:
    """When nobody answers, each call is over soon, for many threads too; later answers are nobody's."""
    cluster = start_cluster()
    cache = RedisCache(cluster.url)
    leases = []
    if connected:
        cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
        leases = [lease for key in KEYS[:3] if (lease := cache.lease(key, 60.0)) is not None]
    for server in cluster.primaries:
        server.freeze()

    uses = [*every_use(cache), *(lease.renew for lease in leases), lambda: cache.get_many(KEYS)]
    assert [use for use in uses if seconds_lost(use) > 0.5] == []
    with ThreadPoolExecutor(16) as pool:
        assert max(pool.map(lambda key: seconds_lost(lambda: cache.get(key)), KEYS[:32])) < 0.7
    for server in cluster.primaries:
        server.thaw()
    until(lambda: usable(cache) == set(KEYS), "the cluster")
    cache.set_many({key: key.encode() for key in KEYS}, expires_in=60.0)
    assert cache.get_many(KEYS) == {key: key.encode() for key in KEYS}


def test_one_server_hangs(start_cluster) -> None:
    """When one hangs, the others' keys are as quick as ever, and a look at all is over soon."""
    cluster = start_cluster()
    cache, unused = RedisCache(cluster.url), RedisCache(cluster.url)
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    lost = sorted(owned(cluster, 1))
    cluster.primaries[1].freeze()

    assert max(seconds_lost(lambda key=key: cache.get(key)) for key in lost[:5]) < 0.5
    assert seconds_lost(lambda: cache.get_many(KEYS)) < 0.5
    assert max(seconds_of(lambda key=key: cache.get(key)) for key in KEYS if key not in lost) < 0.5
    # The one that hangs is the first that the URL names.
    assert seconds_of(lambda: unused.get(next(key for key in KEYS if key not in lost))) < 0.5
    cluster.primaries[1].thaw()
    assert cache.get(lost[0]) in {b"value", None}


def test_primary_restarts_empty(start_cluster) -> None:
    """A server that comes back with nothing, and has to join again, is no wrong answer."""
    cluster = start_cluster()
    cache = RedisCache(cluster.url)
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    lost = owned(cluster, 2)
    cluster.primaries[2].restart()

    until(lambda: usable(cache) == set(KEYS), "the server")
    assert set(cache.get_many(KEYS)) == set(KEYS) - lost


def test_limited_user(start_cluster) -> None:
    """The user that the documentation describes can do everything here too, and is told when he may not."""
    cluster = start_cluster(size=2)
    line = " ".join(hubkit_redis.__doc__.partition("ACL SETUSER")[2].split())
    name, on, _, *rules = line.split()
    for server in cluster.primaries:
        with admin(server) as client:
            client.execute_command("ACL", "SETUSER", name, on, ">hunter2", *rules)
    cache = RedisCache(cluster.url.replace("//", "//hubkit:hunter2@"))
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    lease = cache.lease("key", 60.0)

    assert lease is not None
    assert lease.renew()
    lease.release()
    assert cache.get(KEYS[0]) == b"value"
    assert len(cache.get_many(KEYS)) == cache.stats().entries == cache.clear() == len(KEYS)
    assert not cache.delete(KEYS[0])
    with pytest.raises(CacheUnavailableError, match=r"(?i)invalid|wrong") as caught:
        RedisCache(cluster.url.replace("//", "//hubkit:hunter3@")).get("key")
    assert "hunter3" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_full_server(start_cluster) -> None:
    """Writes to a server that is out of memory fail with one line; reads go on everywhere."""
    cluster = start_cluster(size=2)
    cache = RedisCache(cluster.url)
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    with admin(cluster.primaries[0]) as client:
        client.config_set("maxmemory", "1")

    with pytest.raises(CacheUnavailableError, match="memory") as caught:
        cache.set_many(dict.fromkeys(KEYS, b"secret"), expires_in=60.0)
    assert "secret" not in str(caught.value)
    assert len(cache.get_many(KEYS)) == len(KEYS)
