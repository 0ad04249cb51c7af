"""The backend on a Redis server, with real servers."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit.cache._freshness import RETENTION
from hubkit.errors import CacheUnavailableError, ConfigError
from hubkit.testing import BackendContract
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

import hubkit_redis  # noqa: E402
from hubkit_redis import RedisCache, open_redis  # noqa: E402
from hubkit_redis._address import parse_address  # noqa: E402


@pytest.fixture
def prefix() -> str:
    """A prefix of this test's own, with characters that mean something in patterns."""
    return f"t[a-z]*?\\{os.urandom(8).hex()}:"


class RedisContract(BackendContract):
    """The contract on a server whose clock is its own."""

    def open(self, url: str, prefix: str) -> OpenBackend:
        """Opens caches, with more patience than usual: the machine of a test may be busy."""
        return lambda: RedisCache(url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)


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


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    with pytest.raises(CacheUnavailableError):
        work()
    return time.perf_counter() - began


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


def test_server_that_is_gone(start_redis) -> None:
    """A server that goes away costs each call little, and is used again when it is back."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    lease = cache.lease("lease", 60.0)
    server.kill()

    assert lease is not None
    for use in (
        lambda: cache.get("key"),
        lambda: cache.get_many(["key"]),
        lambda: cache.set("key", b"value", expires_in=60.0),
        lambda: cache.set_many({"key": b"value"}, expires_in=60.0),
        lambda: cache.delete("key"),
        cache.clear,
        cache.stats,
        lambda: cache.lease("other", 60.0),
        lease.renew,
        lease.release,
        lambda: list(cache.keys()),
    ):
        assert _seconds(use) < 0.5


def test_server_that_restarts(start_redis) -> None:
    """After a restart the next call works: a dead connection is noticed before it is used."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    server.restart()

    assert cache.get("key") is None
    cache.set("key", b"value", expires_in=60.0)
    assert cache.get("key") == b"value"


@pytest.mark.parametrize("connected", [True, False])
def test_server_that_hangs(start_redis, connected: bool) -> None:
    """A server that accepts connections and answers nothing costs little, and its late answer is nobody's."""
    server = start_redis()
    cache = RedisCache(server.url)
    if connected:
        cache.set("key", b"value", expires_in=60.0)
        cache.set("other", b"another", expires_in=60.0)
    server.freeze()
    lost = [_seconds(lambda: cache.get("other")), _seconds(lambda: cache.set("third", b"x", expires_in=60.0))]
    server.thaw()

    assert max(lost) < 0.5
    assert cache.get("key") == (b"value" if connected else None)


def test_unroutable_socket_path(tmp_path) -> None:
    """A socket that isn't there is one clear line."""
    cache = RedisCache(f"redis+unix://{tmp_path}/none.sock")

    with pytest.raises(CacheUnavailableError) as caught:
        cache.get("key")
    assert f"{tmp_path}/none.sock db 0" in str(caught.value)


@pytest.mark.parametrize(
    "address", ["redis://:hunter2%21@127.0.0.1:{port}", "redis+unix://me:hunter2%21@{folder}/redis.sock"]
)
def test_wrong_password_is_one_line_without_it(start_redis, address: str) -> None:
    """Who gives the wrong password reads so, at once, and reads no password."""
    server = start_redis("--requirepass", "right")
    cache = RedisCache(address.format(port=server.port, folder=server.folder))
    began = time.perf_counter()
    with pytest.raises(CacheUnavailableError) as caught:
        cache.get("key")

    assert time.perf_counter() - began < 0.5
    assert "\n" not in str(caught.value)
    assert "WRONGPASS" in str(caught.value) or "invalid" in str(caught.value)
    for text in (str(caught.value), str(caught.value.__cause__), repr(cache)):
        assert "hunter2" not in text


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


def test_full_server_still_reads(start_redis) -> None:
    """Out of memory, writes fail one by one and reads go on."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    with redis.Redis(port=server.port) as admin:
        admin.config_set("maxmemory", "1")

    with pytest.raises(CacheUnavailableError, match="memory"):
        cache.set("other", b"value", expires_in=60.0)
    with pytest.raises(CacheUnavailableError, match="memory"):
        cache.set_many({"other": b"value"}, expires_in=60.0)
    assert cache.get("key") == b"value"


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


def test_dribbling_server_costs_no_second() -> None:
    """A server that talks nonsense is one error, as any other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        seconds = _seconds(lambda: RedisCache(f"redis://127.0.0.1:{port}").get("key"))
        thread.join()

    assert seconds < 0.5


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://", "localhost:6379 db 0"),
        ("redis://host", "host:6379 db 0"),
        ("redis://me:pw@host:1/2", "host:1 db 2"),
        ("redis://[::1]:1/2", "[::1]:1 db 2"),
        ("redis://host?db=4", "host:6379 db 4"),
        ("rediss://host/1?ssl_cert_reqs=none", "host:6379 db 1"),
        ("redis+unix:///a%20b.sock?db=2", "/a b.sock db 2"),
        ("redis+unix://me:pw@/a.sock", "/a.sock db 0"),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    """Every form of a URL leads where it says."""
    assert str(parse_address(url)) == shown
    assert repr(RedisCache(url)) == f"RedisCache({shown!r})"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2@host:port/0",
        "redis://:hunter2@host:99999/0",
        "redis://:hunter2@[host/0",
        "redis://:hunter2@host/first",
        "redis://:hunter2@host/-1",
        "redis://:hunter2@host/0?socket_timeout=5",
        "redis://:hunter2@host/0?hunter2=5",
        "redis://:hunter2@host/0#x",
        "redis://:hunter2#@host/0",
        "redis+unix://:hunter2@/",
        "redis+unix://:hunter2@host/a.sock",
        "rediss://:hunter2@host/0?ssl_cert_reqs=maybe",
        "other://:hunter2@host/0",
    ],
)
def test_malformed_addresses_show_no_password(url: str) -> None:
    """What is wrong with a URL is said without repeating it."""
    with pytest.raises(ConfigError) as caught:
        RedisCache(url)

    assert "hunter2" not in str(caught.value)


def test_misspelt_options_fail() -> None:
    """An option that there is not is an error, not silence."""
    with pytest.raises(TypeError):
        RedisCache("redis://host", timeout=5)  # type: ignore[call-arg]
