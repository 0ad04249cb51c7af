"""A build server with one Redis: many processes, one question to the Hub."""

from __future__ import annotations

import os
import signal
import time

import pytest
from members import results

from hubkit import HubClient, HubConfig

NAMES = [f"org/m{number}" for number in range(20)]


@pytest.fixture
def redis(start_redis):
    """A Redis that a test may harm."""
    return start_redis()


def driver(redis):
    """The driver itself, to look at what lies there."""
    from redis import Redis

    return Redis(port=redis.port)


@pytest.fixture
def cache(redis):
    """The fleet's only store."""
    return redis.socket_url


def test_limited_hub_is_asked_once(hub, fleet):
    """12 processes want 20 models of a hub that answers 30 requests: it counts 20, and nobody sees a 429."""
    hub.limit(30, window=300.0)
    got = results(fleet(12, models=NAMES))

    assert [NAMES] * 12 == [member["got"] for member in got]
    assert {200: 20} == {
        status: [r.status for r in hub.log].count(status) for status in {r.status for r in hub.log}
    }


@pytest.mark.parametrize("harm", ["kill", "freeze", "full", "empty"])
def test_redis_fails_half_way(hub, fleet, redis, harm):
    """Killed, hanging, out of memory or emptied: every process gets everything."""
    hub.clear_faults()
    members = fleet(6, models=NAMES)
    time.sleep(0.05)
    if harm == "full":
        driver(redis).config_set("maxmemory", "1mb")
    elif harm == "empty":
        redis.restart()
    else:
        getattr(redis, harm)()
    got = results(members)

    assert [NAMES] * 6 == [member["got"] for member in got]


def test_leader_killed_with_redis(hub, fleet, redis):
    """The lease of a killed leader ends in Redis as it does on disk."""
    hub.clear_faults()
    hub.fail("model_info", status=None, delay=60.0, times=1)
    (leader,) = fleet(1)
    server = driver(redis)
    give_up = time.monotonic() + 30
    while not server.keys("hubkit:1:l:*") and time.monotonic() < give_up:
        time.sleep(0.02)
    time.sleep(0.2)
    os.kill(leader.pid, signal.SIGKILL)
    got = results(fleet(3))

    assert [["org/m0"]] * 3 == [member["got"] for member in got]


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
