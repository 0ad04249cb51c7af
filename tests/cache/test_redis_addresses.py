"""What Redis URLs say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubkit.errors import ConfigError

pytest.importorskip("redis", reason="the Redis backend needs its driver")

import hubkit_redis
from hubkit_redis import RedisCache
from hubkit_redis._address import Node, parse_address


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
        ("redis+sentinel://h1:1,h2/main/2", "h1:1,h2:26379 service main db 2"),
        ("redis+sentinel://me:p,w@h1/my%2Fmain", "h1:26379 service my/main db 0"),
        ("rediss+sentinel://h1:1,[::1]:2/main?sentinel_auth=yes", "h1:1,[::1]:2 service main db 0"),
        ("redis+cluster://h1,h2:2,h1:6379", "h1:6379,h2:2 cluster"),
        ("redis+cluster://me:pw@[::1],h2/0", "[::1]:6379,h2:6379 cluster"),
        ("rediss+cluster://h1/?ssl_ca_certs=/ca.pem", "h1:6379 cluster"),
        ("REDIS://h1", "h1:6379 db 0"),
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
        "redis://:hunter2@host,other/0",
        "redis://:hunter2@host:1:2/0",
        "redis+sentinel://:hunter2@host:1",
        "redis+sentinel://:hunter2@host:1/",
        "redis+sentinel://:hunter2@/main",
        "redis+sentinel://:hunter2@host:1,/main",
        "redis+sentinel://:hunter2@host:1/main/0/1",
        "redis+sentinel://:hunter2@host:1/main?db=1",
        "redis+sentinel://:hunter2@host:1/main?sentinel_auth=hunter2",
        "redis+cluster://:hunter2@host/1",
        "redis+cluster://:hunter2@host:70000",
        "redis+cluster://:hunter2@host?sentinel_auth=yes",
        "redis+cluster://:hunter2@",
        "redis+cluster:hunter2",
        "other://:hunter2@host/0",
    ],
)
def test_malformed_addresses_show_no_password(url: str) -> None:
    """What is wrong with a URL is said without repeating it."""
    with pytest.raises(ConfigError) as caught:
        RedisCache(url)

    assert "hunter2" not in str(caught.value)


def test_parts_of_a_long_address() -> None:
    """Commas part hosts, and in a password they are commas; escapes are read."""
    address = parse_address("rediss+sentinel://me:a%40,b@h1:1,h2/main?ssl_ca_certs=/ca.pem&sentinel_auth=yes")

    assert address.nodes == (Node("h1", 1), Node("h2", 26379))
    assert (address.username, address.password) == ("me", "a@,b")
    assert (address.tls, address.sentinel_auth) == ({"ssl_ca_certs": "/ca.pem"}, True)
    assert "b@h1" not in repr(address)


def test_documentation() -> None:
    """Every URL that the manual shows can be used, and its user may do what the package's docstring says."""
    root = Path(__file__).parents[2]
    manual = (root / "docs" / "redis.md").read_text(encoding="utf-8")
    shown = re.findall(r"\bredis[a-z+]*://hubkit:[^\s`]+", manual)
    rules = " ".join(hubkit_redis.__doc__.partition("ACL SETUSER")[2].split())

    assert len(shown) == 5
    assert all(parse_address(url).username == "hubkit" for url in shown)
    assert f"ACL SETUSER {rules}\n" in manual
    assert f"ACL SETUSER {rules}\n" in (root / "SECURITY.md").read_text(encoding="utf-8")


def test_misspelt_options_fail() -> None:
    """An option that there is not is an error, not silence."""
    with pytest.raises(TypeError):
        RedisCache("redis://host", timeout=5)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("rediss://h/0?ssl_ca_cert=/ca.pem", "did you mean ssl_ca_certs?"),
        ("redis://h/0?ssl_ca_certs=/ca.pem", "rediss://"),
        ("redis://me:se?cret@h/0", "it takes db"),
    ],
)
def test_options_that_there_are_not(url, told):
    """An error says what was meant, and never what was written, which may be part of a password."""
    with pytest.raises(ConfigError) as caught:
        parse_address(url)

    assert told in str(caught.value)
    assert "cret" not in str(caught.value)
