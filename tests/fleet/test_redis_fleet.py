"""A build server with one Redis: many processes, one question to the Hub."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter

import pytest
from faulty_proxy import FaultyProxy
from members import is_connected, results
from redis_servers import until

from hubkit import HubClient, HubConfig, RateLimitedError
from hubkit.cache._lease_keeper import LEASE_SECONDS

NAMES = [f"org/m{number}" for number in range(20)]

# Processes that fork eight each start in a quarter of the time.
FLEET = {"children": 8, "models": NAMES}

HARMED = int(os.environ.get("FLEET", "16"))
"""Processes that see their Redis fail; ``FLEET=64`` is a minute's work for two cores."""

PLUGIN = {
    "METADATA": "Metadata-Version: 2.1\nName: timed-redis\nVersion: 1.0\n",
    "entry_points.txt": "[hubkit.cache_backends]\ntimed+redis = timed_redis:open_timed\n",
}


@pytest.fixture
def redis(start_redis):
    """A Redis that a test may harm."""
    return start_redis()


@pytest.fixture
def relay(redis):
    """The way to it, which a test may make a slow one."""
    relay = FaultyProxy(redis.port)
    yield relay
    relay.stop()


def driver(redis):
    """The driver itself, to look at what lies there."""
    from redis import Redis

    return Redis(port=redis.port)


@pytest.fixture
def cache(request, redis, tmp_path):
    """The fleet's only store, directly or through a relay, and a stopwatch at it."""
    info = tmp_path / "timed_redis-1.0.dist-info"
    info.mkdir()
    for name, text in PLUGIN.items():
        (info / name).write_text(text)
    port = request.getfixturevalue("relay").port if hasattr(request, "param") else redis.port
    return f"timed+redis://127.0.0.1:{port}/0"


def test_limited_hub_is_asked_once(hub, fleet):
    """64 processes want 20 models of a hub that answers 30 requests: it counts 20, and nobody sees a 429."""
    hub.limit(30, window=300.0)
    got = results(fleet(8, **FLEET))

    assert [NAMES] * 64 == [member["got"] for member in got]
    assert {200: 20} == Counter(record.status for record in hub.log)


HARMS = {
    "killed": lambda redis: redis.kill(),
    "restarted empty": lambda redis: redis.restart(),
    "a replica": lambda redis: driver(redis).replicaof("127.0.0.1", "1"),
    "read-only": lambda redis: driver(redis).execute_command("ACL", "SETUSER", "default", "-@write"),
    "out of memory": lambda redis: driver(redis).config_set("maxmemory", "1"),
    "hanging": lambda redis: redis.freeze(),
}


def harmed_half_way(hub, members, harm):
    """What members got of a fleet whose Redis came to harm after some of the 20 questions."""
    until(lambda: hub.requests["model_info"] >= 7, "the fleet is half-way")
    harm()
    asked_by_then = hub.requests["model_info"]
    got = results(members)

    assert 0 < asked_by_then < 20
    return got


@pytest.mark.parametrize("harm", HARMS)
def test_redis_fails_half_way(hub, fleet, redis, harm):
    """Whatever becomes of Redis in the middle, each process gets everything and loses half a second at most."""
    got = harmed_half_way(hub, fleet(HARMED // 8, **FLEET), lambda: HARMS[harm](redis))

    assert [NAMES] * HARMED == [member["got"] for member in got]
    assert max(member["lost"] for member in got) < 0.5


def test_limited_hub_and_dead_redis(hub, redis, tmp_path):
    """Each machine serves what its own tier has; the rest is one error that says when the Hub will answer again."""
    machines = [[f"sqlite://{tmp_path}/machine{number}.db", redis.url] for number in range(3)]
    for cache in machines:
        with HubClient(HubConfig(endpoint=hub.endpoint, cache=cache)) as client:
            client.get_many_metadata(NAMES[:10])
    asked_while_redis_lived = hub.requests["model_info"]
    redis.kill()
    hub.limit(0, window=300.0)
    hub.reset_counts()
    met = [without_redis(HubConfig(endpoint=hub.endpoint, cache=cache)) for cache in machines for _ in "12"]

    assert 10 == asked_while_redis_lived
    assert [NAMES[:10]] * 6 == [known for known, _ in met]
    assert [] == [error for _, errors in met for error in errors if not 290.0 < error.retry_after <= 301.0]
    assert [] == [
        error for _, errors in met for error in errors if not re.search(r" (299|30[01]) s", str(error))
    ]
    # Who comes second on a machine finds the first one's note.
    assert len(machines) == hub.total_requests


def without_redis(config):
    """What a client knows of the models one by one, and how it is told that it can't know the rest."""
    with HubClient(config) as client:
        known = [client.get_model_metadata(name).model_id for name in NAMES[:10]]
        with pytest.raises(RateLimitedError) as one:
            client.get_model_metadata(NAMES[10])
        with pytest.raises(RateLimitedError) as many:
            client.get_many_metadata(NAMES)
    assert known == sorted(many.value.partial, key=NAMES.index)
    return known, [one.value, many.value]


@pytest.mark.parametrize("cache", ["relayed"], indirect=True)
def test_redis_slows_down_half_way(hub, fleet, relay):
    """Answers that take five seconds are waited for once, and then no more."""
    got = harmed_half_way(hub, fleet(HARMED // 8, **FLEET), lambda: setattr(relay, "delay", 5.0))

    assert [NAMES] * HARMED == [member["got"] for member in got]
    assert max(member["lost"] for member in got) < 0.5


def test_leader_killed_with_redis(hub, fleet, redis):
    """The lease of a killed leader ends in Redis as it does on disk."""
    hub.clear_faults()
    hub.fail("model_info", status=None, delay=60.0, times=None)
    (leader,) = fleet(1)
    until(lambda: is_connected(leader, hub), "the leader asks")
    leases = driver(redis).keys("hubkit:1:l:*")
    others = fleet(3)
    os.kill(leader.pid, signal.SIGKILL)
    hub.clear_faults()
    got = results(others)

    assert 1 == len(leases)
    assert [["org/m0"]] * 3 == [member["got"] for member in got]
    assert max(member["seconds"] for member in got) < LEASE_SECONDS + 3.0
    assert max(member["lost"] for member in got) < 0.5


def test_nothing_private_lies_in_redis(hub, redis):
    """After private questions Redis holds no entry about them, no token, and no trace of the name."""
    alice = hub.add_user("alice")
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=redis.url, token=alice)) as client:
        client.get_model_metadata("alice/secret")
        client.get_model_metadata("org/m0")
        client.search_models("secret")
    server = driver(redis)
    content = {name: server.get(name) for name in server.keys("*")}
    everything = b"".join(part or b"" for item in content.items() for part in item)

    assert b"org/m0" in everything
    assert b"secret" not in everything
    assert alice.encode() not in everything


def test_read_only_client_only_reads(hub, redis, clock):
    """What a read-only client sends are reads, also where a read-write one would clean up."""
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=redis.url), clock=clock) as client:
        client.get_model_metadata("org/m0")
    clock.advance(hours=25)
    server = driver(redis)
    server.config_resetstat()
    with HubClient(
        HubConfig(endpoint=hub.endpoint, cache=redis.url, cache_mode="read-only"), clock=clock
    ) as guest:
        for name in ("org/m0", "org/m1", "org/missing"):
            guest.get_model_metadata(name)
        guest.search_models("m")
        guest.cache.remove("org/m0")
        guest.cache.clear()
        guest.cache.stats()
    sent = {name.removeprefix("cmdstat_") for name in server.info("commandstats")}

    assert {"get", "mget", "scan"} == sent - {"config|resetstat", "config", "info"}


def test_compressed_in_redis(hub, redis):
    """A 10 KB record takes less than a third of its size there."""
    files = [
        {"rfilename": f"model-{n:05}-of-00040.safetensors", "size": 4_976_698_672 + n} for n in range(120)
    ]
    hub.add_model({"id": "org/large", "private": False, "sha": "a" * 40, "siblings": files})
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=redis.url)) as client:
        model = client.get_model_metadata("org/large")
    server = driver(redis)
    (name,) = server.keys("*|model|org/large")

    assert server.strlen(name) < 0.3 * len(model.siblings.to_raw())
