"""Faults of one Redis server: what is lost is little, and what is said is one line."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from hubkit.errors import CacheUnavailableError

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from faulty_proxy import FaultyProxy  # noqa: E402
from redis_contract import every_use, seconds_lost  # noqa: E402
from redis_servers import until  # noqa: E402

from hubkit_redis import RedisCache  # noqa: E402


def test_server_that_is_gone(start_redis) -> None:
    """A server that goes away costs each call little, and is used again when it is back."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    lease = cache.lease("lease", 60.0)
    server.kill()

    assert lease is not None
    for use in (*every_use(cache), lease.renew, lease.release):
        assert seconds_lost(use) < 0.5
    server.restart()
    assert cache.get("key") is None


def test_answer_with_too_few_values(start_redis) -> None:
    """Of a list that lost a part on its way nothing is believed, nor what comes behind it taken for another answer."""
    proxy = FaultyProxy(start_redis().port)
    cache = RedisCache(f"redis://127.0.0.1:{proxy.port}/0", connect_timeout=5.0, read_timeout=5.0)
    cache.set_many({"first": b"1", "second": b"2"}, expires_in=60.0)
    proxy.harm_answer = lambda piece: [piece.replace(b"*2", b"*1")]
    with pytest.raises(CacheUnavailableError):
        cache.get_many(["first", "second"])
    proxy.harm_answer = None

    assert [cache.get("first"), cache.get("first"), cache.get("second")] == [b"1", b"1", b"2"]
    proxy.stop()


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
    lost = [
        seconds_lost(lambda: cache.get("other")),
        seconds_lost(lambda: cache.set("third", b"x", expires_in=60.0)),
    ]
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


def test_full_server_still_reads(start_redis) -> None:
    """Out of memory, writes fail with one line that says so, and reads go on."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    lease = cache.lease("lease", 60.0)
    assert lease is not None
    cache.set_many({f"filling {number}": b"x" * 10_000 for number in range(200)}, expires_in=60.0)
    with redis.Redis(port=server.port) as admin:
        admin.config_set("maxmemory", "1mb")
        admin.config_set("maxmemory-policy", "noeviction")

    for write in (
        lambda: cache.set("other", b"secret value", expires_in=60.0),
        lambda: cache.set_many({"other": b"secret value", "third": b"secret value"}, expires_in=60.0),
        lambda: cache.lease("other", 60.0),
        # The server takes no transactions then, not even to delete something.
        lease.renew,
        lease.release,
    ):
        with pytest.raises(CacheUnavailableError, match="memory") as caught:
            write()
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)
    assert cache.get("key") == b"value"
    assert cache.get_many(["key"]) == {"key": b"value"}
    assert cache.delete("key")


def test_replica_can_be_read(start_redis) -> None:
    """A read-only replica answers reads; a write says whom to name instead."""
    primary = start_redis()
    RedisCache(primary.url).set("key", b"value", expires_in=60.0)
    replica = start_redis("--replicaof", "127.0.0.1", str(primary.port))
    cache = RedisCache(replica.url)
    until(lambda: cache.get("key") == b"value", "the replica")

    for write in (
        lambda: cache.set("key", b"other", expires_in=60.0),
        lambda: cache.set_many({"key": b"other"}, expires_in=60.0),
        lambda: cache.lease("key", 60.0),
        cache.clear,
    ):
        with pytest.raises(CacheUnavailableError, match=r"it is a replica; name its primary.*read only"):
            write()
    assert list(cache.keys()) == ["key"]


def test_user_who_may_only_read(start_redis) -> None:
    """Without the right to write, reads go on, and a write is one line."""
    server = start_redis()
    RedisCache(server.url).set("key", b"value", expires_in=60.0)
    with redis.Redis(port=server.port) as admin:
        admin.execute_command(
            "ACL", "SETUSER", "reader", "on", ">secret", "~hubkit:1:*", "+get", "+mget", "+scan"
        )
    cache = RedisCache(f"redis://reader:secret@127.0.0.1:{server.port}/0")

    assert cache.get_many(["key"]) == {"key": b"value"}
    assert list(cache.keys()) == ["key"]
    for write in (
        lambda: cache.set("key", b"other", expires_in=60.0),
        lambda: cache.set_many({"key": b"other"}, expires_in=60.0),
        lambda: cache.delete("key"),
        lambda: cache.lease("key", 60.0),
    ):
        with pytest.raises(CacheUnavailableError, match="no permissions") as caught:
            write()
        assert "\n" not in str(caught.value)
    assert cache.get("key") == b"value"


def test_restarted_empty(start_redis) -> None:
    """After a restart of a server that keeps nothing, entries are misses and old leases are nobody's."""
    server = start_redis()
    cache = RedisCache(server.url)
    cache.set("key", b"value", expires_in=60.0)
    lease = cache.lease("lease", 60.0)
    server.restart()

    assert lease is not None
    assert not lease.renew()
    assert cache.get_many(["key"]) == {}
    assert cache.lease("lease", 60.0) is not None
    assert cache.stats().entries == 0


def test_every_use_of_a_server_that_hangs(start_redis) -> None:
    """Whatever is asked of a server that hangs is over soon, on old connections and on new ones."""
    server = start_redis()
    cache = RedisCache(server.url)
    lease = cache.lease("lease", 60.0)
    server.freeze()

    assert lease is not None
    assert [use for use in (*every_use(cache), lease.renew, lease.release) if seconds_lost(use) > 0.5] == []


@pytest.mark.parametrize("answers", [0, 1])
def test_server_that_hangs_in_the_middle_of_a_release(start_redis, answers: int) -> None:
    """At whichever of its steps a lease's end is waited for in vain, that is once, and the lease isn't harmed."""
    relay = FaultyProxy(start_redis().port)
    cache = RedisCache(f"redis://127.0.0.1:{relay.port}/0")
    lease = cache.lease("lease", 60.0)
    assert lease is not None
    relay.prompt, relay.delay = answers, 5.0
    seconds = seconds_lost(lease.release)
    relay.stop()

    assert 0.2 <= seconds < 0.35


def test_member_of_a_cluster(cluster) -> None:
    """Who names a member of a cluster as a server by itself reads how to name the cluster."""
    cache = RedisCache(cluster.primaries[0].url)
    with pytest.raises(
        CacheUnavailableError, match=r"part of a cluster, whose URL begins with redis\+cluster://"
    ):
        cache.get_many(["a", "b", "c", "d", "e", "f"])
    for server in cluster.primaries[:2]:
        with pytest.raises(CacheUnavailableError, match=r"redis\+cluster://"):
            RedisCache(server.url).set("on the third", b"value", expires_in=60.0)


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
        seconds = seconds_lost(lambda: RedisCache(f"redis://127.0.0.1:{port}").get("key"))
        thread.join()

    assert seconds < 0.5
