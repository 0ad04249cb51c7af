"""The backend on one Redis server, over TCP and over a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit.cache._freshness import RETENTION
from hubkit.errors import CacheUnavailableError
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis_contract import RedisContract  # noqa: E402

import hubkit_redis  # noqa: E402
from hubkit_redis import RedisCache, open_redis  # noqa: E402


class TestRedisCacheOverTCP(RedisContract):
    """Over TCP."""

    @pytest.fixture
    def open_backend(self, redis_server, prefix) -> OpenBackend:
        """A prefix that nobody uses."""
        return self.open(redis_server.url, prefix)


class TestRedisCacheOverASocket(RedisContract):
    """Over a socket in the file system, in another database."""

    @pytest.fixture
    def open_backend(self, redis_server, prefix) -> OpenBackend:
        """A prefix that nobody uses."""
        return self.open(f"{redis_server.socket_url}?db=3", prefix)


@pytest.fixture
def cache(redis_server, prefix) -> Iterator[RedisCache]:
    """A cache on the common server."""
    cache = RedisCache(redis_server.url, prefix=prefix)
    yield cache
    cache.close()


@pytest.fixture
def driver(redis_server) -> Iterator[redis.Redis]:
    """The driver itself, to look behind the cache."""
    client = redis.Redis(port=redis_server.port)
    yield client
    client.close()


def test_other_prefixes_are_left_alone(redis_server, cache, driver) -> None:
    """Glob characters in a prefix are plain characters, and nobody else's keys are listed or cleared."""
    driver.set(b"ta:e:key", b"bystander")
    other = RedisCache(redis_server.url, prefix="ta*")
    cache.set("key", b"value", expires_in=60.0)

    assert list(cache.keys()) == ["key"]
    assert list(other.keys()) == []
    assert other.clear() == 0
    assert cache.clear() == 1
    assert driver.get(b"ta:e:key") == b"bystander"


def test_everything_ends(cache, driver, prefix) -> None:
    """No key stays for ever, whatever its writer asked for, and an end in the past removes what was there."""
    cache.set("default", b"value", expires_in=None)
    cache.set_many({"endless": b"value"}, expires_in=float("inf"))
    cache.set("short", b"value", expires_in=0.0004)
    cache.set("over", b"value", expires_in=60.0)
    cache.set("over", b"value", expires_in=0.0)
    cache.lease("lease", 5.0)
    left = [driver.pttl(prefix.encode() + name) for name in (b"e:default", b"e:endless", b"l:lease")]

    assert cache.get("over") is None
    assert all(RETENTION * 1_000 - 60_000 < milliseconds <= RETENTION * 1_000 for milliseconds in left[:2])
    assert 0 < left[2] <= 5_000


def test_one_command_a_read_and_a_write(cache, driver) -> None:
    """A get, a set, a look at many and a lease are one command each."""
    cache.get("warm the connection up")
    before = driver.info("commandstats")
    cache.get("key")
    cache.set("key", b"value", expires_in=60.0)
    cache.get_many([f"key {number}" for number in range(1_000)])
    cache.lease("key", 60.0)
    after = driver.info("commandstats")
    counts = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}

    assert {name: count for name, count in counts.items() if count and name != "cmdstat_info"} == {
        "cmdstat_get": 1,
        "cmdstat_set": 2,
        "cmdstat_mget": 1,
    }


def test_nothing_is_sent_before_it_is_needed() -> None:
    """Making a cache of a server that isn't there is no error, and takes no time."""
    began = time.perf_counter()
    cache = RedisCache("redis://127.0.0.1:1/0")
    cache.close()

    assert time.perf_counter() - began < 0.1


def test_right_password(start_redis) -> None:
    """A password with characters that URLs escape works, over TCP and over a socket."""
    server = start_redis("--requirepass", "p@ss/w:rd#%")
    quoted = "p%40ss%2Fw%3Ard%23%25"
    RedisCache(f"redis://default:{quoted}@127.0.0.1:{server.port}/1").set("key", b"value", expires_in=60.0)

    assert RedisCache(f"redis+unix://:{quoted}@{server.folder}/redis.sock?db=1").get("key") == b"value"
    assert "WRONG" not in repr(open_redis(server.url))


def test_limited_user(start_redis) -> None:
    """A user who may do what the documentation says, and no more, can do everything."""
    server = start_redis()
    line = " ".join(hubkit_redis.__doc__.partition("ACL SETUSER")[2].split())
    name, on, _, *rules = line.split()
    with redis.Redis(port=server.port) as admin:
        admin.execute_command("ACL", "SETUSER", name, on, ">secret", *rules)
        cache = RedisCache(f"redis://hubkit:secret@127.0.0.1:{server.port}/1")
        cache.set_many({"a": b"1", "b": b"2"}, expires_in=60.0)
        lease = cache.lease("lease", 60.0)

        assert cache.get("a") == b"1"
        assert cache.get_many(["a", "b"]) == {"a": b"1", "b": b"2"}
        assert lease is not None
        assert lease.renew()
        lease.release()
        assert not lease.renew()
        assert sorted(cache.keys()) == ["a", "b"]
        assert (cache.delete("a"), cache.clear(), cache.stats().entries) == (True, 1, 0)
        admin.execute_command("ACL", "SETUSER", "hubkit", "-set")
        with pytest.raises(CacheUnavailableError, match="permission"):
            cache.set("a", b"1", expires_in=60.0)
        assert cache.get("a") is None


def test_lease_changes_hands_during_a_renewal(cache, driver, prefix) -> None:
    """Who looks at his lease just before it becomes another's doesn't prolong the other's."""
    wrong = 0
    for _ in range(50):
        lease = cache.lease("key", 60.0)
        thief = threading.Thread(target=lambda: driver.set(prefix.encode() + b"l:key", b"thief", px=5_000))
        thief.start()
        assert lease is not None
        lease.renew()
        thief.join()
        lease.renew()
        wrong += driver.pttl(prefix.encode() + b"l:key") > 5_000
        driver.delete(prefix.encode() + b"l:key")

    assert wrong == 0


def test_children_use_connections_of_their_own(cache) -> None:
    """Children that inherit a cache in use read no answer of their parent's or each other's."""
    values = {f"key {number}": b"%04d" % number * 100 for number in range(50)}
    cache.set_many(values, expires_in=60.0)

    def child() -> int:
        return sum(cache.get(key) != value for key, value in values.items())

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: exit_code_of(child), range(8)))

    assert codes == [0] * 8
    assert child() == 0
