"""The backend on a primary that sentinels watch over."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit.errors import CacheUnavailableError
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis_contract import RedisContract, every_use, seconds_lost, seconds_of  # noqa: E402
from redis_groups import admin  # noqa: E402
from redis_servers import until  # noqa: E402

from hubkit_redis import RedisCache  # noqa: E402


class TestRedisCacheUnderSentinel(RedisContract):
    """Through a sentinel."""

    @pytest.fixture
    def open_backend(self, watched, prefix) -> OpenBackend:
        """A prefix that nobody uses."""
        return self.open(watched.url, prefix)


def answers(cache: RedisCache, value: bytes = b"value") -> bool:
    """Whether a cache can be written and read just now. No failure takes long."""
    began = time.perf_counter()
    try:
        cache.set("key", value, expires_in=60.0)
        return cache.get("key") == value
    except CacheUnavailableError:
        assert time.perf_counter() - began < 0.7
        return False


@pytest.mark.parametrize(("hard", "sentinels"), [(True, 1), (False, 3)])
def test_primary_dies(start_watched, hard: bool, sentinels: int) -> None:
    """When the primary is killed or hangs, calls fail soon, and go to its successor without being told."""
    watched = start_watched(sentinels=sentinels)
    cache, unused = RedisCache(watched.url), RedisCache(watched.url)
    assert answers(cache)
    (watched.primary.kill if hard else watched.primary.freeze)()

    assert [use for use in every_use(cache) if seconds_of(use) > 0.5] == []
    until(lambda: answers(cache), "a successor")
    assert watched.primary_port() == watched.replica.port
    assert answers(unused)
    assert cache.lease("lease", 60.0) is not None


def test_primary_steps_down(start_watched) -> None:
    """When primary and replica change places, no call fails: who hears that it is a replica asks at once."""
    watched = start_watched()
    cache = RedisCache(watched.url)
    lease = cache.lease("lease", 60.0)
    assert answers(cache)
    with admin(watched.replica) as replica, admin(watched.primary) as primary:
        until(lambda: replica.exists(b"hubkit:1:l:lease"), "the lease on the replica")
        with admin(watched.sentinels[0]) as sentinel:
            until(lambda: _swap(sentinel), "a sentinel that knows the replica well")
        until(lambda: watched.primary_port() == watched.replica.port, "the change of places")
        # A sentinel leaves the old primary alone for another eight seconds, and then does this.
        primary.execute_command("REPLICAOF", "127.0.0.1", watched.replica.port)
        primary.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    assert answers(cache)
    assert lease is not None
    assert lease.renew()


def test_sentinels_that_are_away(watched, start_redis) -> None:
    """A sentinel that is gone or hangs is passed over, and asked last from then on."""
    gone, frozen = start_redis(), start_redis()
    gone.kill()
    frozen.freeze()
    hosts = f"127.0.0.1:{gone.port},127.0.0.1:{frozen.port},"
    cache = RedisCache(watched.url.replace("//", f"//{hosts}"), connect_timeout=0.2, read_timeout=0.2)
    began = time.perf_counter()

    assert cache.get("missing") is None
    assert time.perf_counter() - began < 0.5


def test_all_sentinels_hang(start_redis) -> None:
    """When no sentinel answers, each call is over soon, for many threads too, and says why."""
    servers = [start_redis() for _ in range(3)]
    for server in servers:
        server.freeze()
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    cache = RedisCache(f"redis+sentinel://{hosts}/hub")

    with ThreadPoolExecutor(16) as pool:
        lost = list(pool.map(lambda _: seconds_lost(lambda: cache.get("key")), range(32)))

    assert max(lost) < 0.7
    assert [use for use in every_use(cache) if seconds_lost(use) > 0.5] == []
    with pytest.raises(CacheUnavailableError, match=r"127.0.0.1:.*(?i:timeout)"):
        cache.get("key")


def test_no_sentinel_is_there() -> None:
    """Failures in a row cost next to nothing, and later ones look again."""
    cache = RedisCache("redis+sentinel://127.0.0.1:1,127.0.0.1:2/hub")

    assert max(seconds_lost(lambda: cache.get("key")) for _ in range(100)) < 0.1


def test_unknown_service(watched) -> None:
    """A service that the sentinels don't know is one clear line."""
    cache = RedisCache(watched.url.replace("/hub/", "/typo/"))
    with pytest.raises(CacheUnavailableError, match="no sentinel of service 'typo'") as caught:
        cache.get("key")

    assert "\n" not in str(caught.value)


def test_not_a_sentinel(redis_server) -> None:
    """A server where a sentinel should be is one clear line."""
    cache = RedisCache(f"redis+sentinel://127.0.0.1:{redis_server.port}/hub")
    with pytest.raises(CacheUnavailableError, match="SENTINEL"):
        cache.get("key")


def test_sentinels_are_asked_once(watched) -> None:
    """A healthy primary is asked for once, however many threads begin at once."""
    with admin(watched.sentinels[0]) as sentinel:
        before = _commands(sentinel)
        cache = RedisCache(watched.url, connect_timeout=5.0, read_timeout=5.0)
        barrier = threading.Barrier(16)

        def begin(number: int) -> bytes | None:
            barrier.wait()
            return [cache.get(f"{number} {turn}") for turn in range(20)][-1]

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(begin, range(16))) == [None] * 16
        cache.close()
        cache.get("again")

        # The other one is the test's own.
        assert _commands(sentinel) - before == 2


def test_passwords(start_watched) -> None:
    """Sentinels get the servers' password when the URL says that it is theirs too, and not before."""
    watched = start_watched(password="p@ss")
    url = watched.url.replace("//", "//:p%40ss@")

    assert answers(RedisCache(f"{url}?sentinel_auth=yes"))
    for refused in (
        url,
        f"{watched.url}?sentinel_auth=yes",
        url.replace("p%40ss", "hunter2") + "?sentinel_auth=yes",
    ):
        with pytest.raises(CacheUnavailableError, match=r"(?i)auth|password") as caught:
            RedisCache(refused).get("key")
        assert "\n" not in str(caught.value)
        assert "p@ss" not in str(caught.value)
        assert "hunter2" not in str(caught.value)


def test_children(watched, prefix) -> None:
    """Children ask for themselves or go on with what their parent knew."""
    cache = RedisCache(watched.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    unused = RedisCache(watched.url, prefix=prefix, connect_timeout=5.0, read_timeout=5.0)
    cache.set("key", b"value", expires_in=60.0)

    for each in (cache, unused):
        assert exit_code_of(lambda each=each: int(each.get("key") != b"value")) == 0
        assert each.get("key") == b"value"


def _swap(sentinel: redis.Redis) -> bool:
    try:
        sentinel.execute_command("SENTINEL", "FAILOVER", "hub")
    except redis.ResponseError:
        return False
    return True


def _commands(sentinel: redis.Redis) -> int:
    return int(sentinel.info("stats")["total_commands_processed"])
