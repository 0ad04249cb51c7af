"""The backend on a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit.errors import CacheUnavailableError
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis.crc import key_slot  # noqa: E402
from redis_contract import RedisContract  # noqa: E402
from redis_groups import admin  # noqa: E402
from redis_servers import until  # noqa: E402

from hubkit_redis import RedisCache  # noqa: E402
from hubkit_redis._address import Node  # noqa: E402
from hubkit_redis._cluster import read_slots  # noqa: E402

KEYS = [f"key {number}" for number in range(300)]


class TestRedisCacheInACluster(RedisContract):
    """In a cluster of three."""

    @pytest.fixture
    def open_backend(self, cluster, prefix) -> OpenBackend:
        """A prefix that nobody uses."""
        return self.open(cluster.url, prefix)


@pytest.fixture
def cache(cluster, prefix) -> Iterator[RedisCache]:
    """A cache in the common cluster."""
    cache = RedisCache(cluster.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    yield cache
    cache.close()


def test_keys_are_spread(cluster, cache, prefix) -> None:
    """Each server has its share, and all are listed, counted and cleared."""
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    shares = []
    for server in cluster.primaries:
        with admin(server) as client:
            shares.append(sum(name.startswith(prefix.encode()) for name in client.keys("*")))

    assert sum(shares) == len(KEYS)
    assert min(shares) > 50
    assert sorted(cache.keys("key 1")) == sorted(key for key in KEYS if key.startswith("key 1"))
    assert cache.stats().entries == len(KEYS)
    assert cache.clear("key 1") == 111
    assert cache.clear() == len(KEYS) - 111


def test_each_server_is_asked_once(cluster, cache) -> None:
    """The slots are asked for once, and then every command goes where it belongs."""
    cache.set_many(dict.fromkeys(KEYS, b"value"), expires_in=60.0)
    before = [cluster.calls(name) for name in ("cluster", "get", "asking")]
    cache.get_many(KEYS)
    for key in KEYS:
        cache.get(key)
    after = [cluster.calls(name) for name in ("cluster", "get", "asking")]

    assert [later - earlier for earlier, later in zip(before, after, strict=True)] == [0, 2 * len(KEYS), 0]


def test_slots_are_asked_for_once(cluster, prefix) -> None:
    """However many threads begin at once, one asks."""
    cache = RedisCache(cluster.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    before = cluster.calls("cluster")
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(cache.get, KEYS)) == {None}
    cache.close()
    cache.get("again")

    assert cluster.calls("cluster") - before == 1


def test_children(cluster, prefix) -> None:
    """Children ask for themselves or go on with what their parent knew."""
    cache = RedisCache(cluster.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    unused = RedisCache(cluster.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    values = {key: key.encode() for key in KEYS}
    cache.set_many(values, expires_in=60.0)

    def child(inherited: RedisCache) -> int:
        wrong = inherited.get_many(KEYS) != values
        return wrong + sum(inherited.get(key) != value for key, value in values.items())

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda each: exit_code_of(lambda: child(each)), [cache, unused] * 4))
    assert codes == [0] * 8
    assert child(cache) == child(unused) == 0


def test_slot_that_moves(start_cluster) -> None:
    """While a slot moves and afterwards, everything under its keys is found, by caches that know the old place."""
    cluster = start_cluster(size=2)
    source, target = cluster.primaries
    cache = RedisCache(cluster.url, connect_timeout=5.0, read_timeout=5.0)
    slot = key_slot(b"hubkit:1:e:{0}")
    old, new = "{0} moves", "{0} is new"
    cache.set(old, b"value", expires_in=60.0)
    with admin(source) as giver, admin(target) as taker:
        if slot >= 8_192:
            giver, taker = taker, giver
        ids = [client.execute_command("CLUSTER", "MYID") for client in (giver, taker)]
        taker.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
        giver.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
        port = taker.connection_pool.connection_kwargs["port"]
        giver.execute_command("MIGRATE", "127.0.0.1", port, f"hubkit:1:e:{old}", 0, 5000)

        assert cache.get(old) == b"value"
        cache.set(new, b"first", expires_in=60.0)
        cache.set_many({old: b"1", new: b"2", "other": b"3"}, expires_in=60.0)
        assert cache.get_many([old, new, "other"]) == {old: b"1", new: b"2", "other": b"3"}
        lease = cache.lease("{0}", 60.0)
        assert lease is not None
        # A transaction can't be asked for at the new place yet: the lease ends by itself.
        with pytest.raises(CacheUnavailableError, match="on its way"):
            lease.renew()
        for client in (taker, giver):
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[1])

    assert lease.renew()
    assert cache.get_many([old, new, "other"]) == {old: b"1", new: b"2", "other": b"3"}
    assert cache.delete(new)
    assert sorted(cache.keys()) == sorted([old, "other"])


def test_slots_that_nobody_has(start_cluster) -> None:
    """A key whose slot no server has is out of reach, the others aren't, and it is found once somebody takes it."""
    cluster = start_cluster(size=1)
    cache = RedisCache(cluster.url, connect_timeout=5.0, read_timeout=5.0)
    slots = {key: key_slot(f"hubkit:1:e:{key}".encode()) for key in KEYS[:2]}
    lost, kept = slots
    with admin(cluster.primaries[0]) as server:
        server.execute_command("CLUSTER", "DELSLOTS", slots[lost])
        cache.set(kept, b"value", expires_in=60.0)
        with pytest.raises(CacheUnavailableError, match=f"no server of the cluster has slot {slots[lost]}"):
            cache.get(lost)
        assert cache.get(kept) == b"value"
        server.execute_command("CLUSTER", "ADDSLOTS", slots[lost])

        until(lambda: _is_stored(cache, lost), "the slot")
        assert cache.get_many([lost, kept]) == {lost: b"value", kept: b"value"}

        server.execute_command("FLUSHALL")
        server.execute_command("CLUSTER", "FLUSHSLOTS")
        with pytest.raises(CacheUnavailableError, match="it knows of no slots"):
            RedisCache(cluster.url, connect_timeout=5.0, read_timeout=5.0).get(kept)


def _is_stored(cache: RedisCache, key: str) -> bool:
    try:
        cache.set(key, b"value", expires_in=60.0)
    except CacheUnavailableError:
        return False
    return True


def test_other_servers(redis_server) -> None:
    """A server that is in no cluster, and one that is nowhere, are one clear line each."""
    with pytest.raises(CacheUnavailableError, match="cluster support disabled") as caught:
        RedisCache(f"redis+cluster://127.0.0.1:{redis_server.port}").get("key")
    assert "\n" not in str(caught.value)
    cache = RedisCache("redis+cluster://127.0.0.1:1,127.0.0.1:2")
    began = time.perf_counter()
    for _ in range(100):
        with pytest.raises(CacheUnavailableError, match="refused"):
            cache.get("key")

    assert time.perf_counter() - began < 1.0


def test_server_that_names_no_host() -> None:
    """A server that doesn't know its address is where it was asked; of slots that nobody has nothing is known."""
    asked = Node("10.0.0.1", 1)
    table = read_slots([[0, 1, [b"", 2, b"id"], [b"h3", 3]], [2, 9, [None, 4], [b"?", 5]]], asked)

    assert [table.owners[slot] for slot in (0, 1, 2, 9, 10)] == [
        Node("10.0.0.1", 2),
        Node("10.0.0.1", 2),
        Node("10.0.0.1", 4),
        Node("10.0.0.1", 4),
        None,
    ]
    assert table.members == (Node("10.0.0.1", 2), Node("h3", 3), Node("10.0.0.1", 4), Node("10.0.0.1", 5))
    assert table.primaries() == [Node("10.0.0.1", 2), Node("10.0.0.1", 4)]
