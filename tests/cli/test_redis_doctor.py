"""``hubkit doctor`` on Redis servers with something to say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from redis_servers import RedisServer

redis = pytest.importorskip("redis", reason="needs the Redis driver")

Run = Callable[..., Result]

DOCUMENTED = [
    "+get",
    "+mget",
    "+set",
    "+del",
    "+pexpire",
    "+scan",
    "+watch",
    "+unwatch",
    "+multi",
    "+exec",
    "+discard",
    "+select",
]


def _tiers(run: Run, url: str) -> list[dict[str, Any]]:
    findings = json.loads(run("--offline", "--cache", url, "doctor", "--json").stdout)["findings"]
    return [each for each in findings if each["check"] == "cache"]


def _with_user(server: RedisServer, name: str, *rights: str) -> str:
    with redis.Redis(port=server.port) as client:
        client.execute_command("ACL", "SETUSER", name, "on", ">pw", "~hubkit:1:*", *rights)
    return server.url.replace("redis://", f"redis://{name}:pw@")


def test_a_good_server(run: Run, redis_server: RedisServer) -> None:
    """Its version and memory are told, and no key is left."""
    trip, memory = _tiers(run, redis_server.url)

    assert [("ok", True), "ok"] == [(trip["status"], 0 < trip["seconds"] < 1), memory["status"]]
    assert memory["message"].startswith("Redis ")
    with redis.Redis(port=redis_server.port) as client:
        assert [] == client.keys("*doctor*")


def test_a_bounded_server_that_evicts_nothing(run: Run, start_redis: Callable[..., RedisServer]) -> None:
    """It will refuse writes when it is full; the remedy is a command of its own."""
    server = start_redis("--maxmemory", "50mb")
    refusing = _tiers(run, server.url)[1]
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    evicting = _tiers(run, server.url)[1]

    assert ["warn", "ok"] == [refusing["status"], evicting["status"]]
    assert "CONFIG SET maxmemory-policy allkeys-lru" in refusing["remedy"]


@pytest.mark.parametrize(
    ("login", "said", "remedy"),
    [
        ("", "Authentication required", "user and password into the URL"),
        (":wrong@", "invalid username-password pair", "check user and password"),
    ],
)
def test_a_wrong_login(
    run: Run, start_redis: Callable[..., RedisServer], login: str, said: str, remedy: str
) -> None:
    """What is missing is told from what is wrong."""
    server = start_redis("--requirepass", "sesame")
    (found,) = _tiers(run, server.url.replace("redis://", f"redis://{login}"))

    assert ("fail", True, True) == (found["status"], said in found["message"], remedy in found["remedy"])


def test_a_user_who_may_not_write(run: Run, start_redis: Callable[..., RedisServer]) -> None:
    """Reading works, which is said, and where the rights are listed."""
    url = _with_user(start_redis(), "reader", "+get", "+mget", "+scan", "+select")
    (found,) = _tiers(run, url)

    assert "fail" == found["status"]
    assert found["message"].startswith("can't be written: ")
    assert "docs/redis.md" in found["remedy"]


def test_the_documented_user_may_not_ask_for_its_memory(
    run: Run, start_redis: Callable[..., RedisServer]
) -> None:
    """That is no fault."""
    trip, memory = _tiers(run, _with_user(start_redis(), "hubkit", *DOCUMENTED))

    assert ["ok", "skip"] == [trip["status"], memory["status"]]
    assert "+info" in memory["message"]


def test_a_full_server(run: Run, start_redis: Callable[..., RedisServer]) -> None:
    """It still answers reads."""
    (found,) = _tiers(
        run, start_redis("--maxmemory", "1mb", "--maxmemory-policy", "noeviction", "--maxmemory", "1").url
    )

    assert "fail" == found["status"]
    assert "maxmemory" in found["remedy"]


def test_a_server_that_hangs_costs_its_timeouts(run: Run, start_redis: Callable[..., RedisServer]) -> None:
    """And no more: it isn't asked again."""
    server = start_redis()
    server.freeze()
    began = time.perf_counter()
    (found,) = _tiers(run, server.url)
    took = time.perf_counter() - began
    server.thaw()

    assert "fail" == found["status"]
    assert 3.0 > took
    assert "see whether it runs" in found["remedy"]
