"""TLS: entries and passwords go to whom the certificate names, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hubkit.errors import CacheUnavailableError
from hubkit.testing.contract import OpenBackend

redis = pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis_contract import RedisContract, seconds_lost  # noqa: E402
from redis_servers import free_port, start_server  # noqa: E402
from redis_tls import Relay  # noqa: E402

from hubkit_redis import RedisCache  # noqa: E402


class TestRedisCacheOverTLS(RedisContract):
    """Over TLS."""

    sequences = 3  # Each opens several connections, and a handshake takes its time.

    @pytest.fixture
    def open_backend(self, tls_port, certificates, prefix) -> OpenBackend:
        """A prefix that nobody uses."""
        return self.open(f"rediss://localhost:{tls_port}/0?ssl_ca_certs={certificates.authority}", prefix)


@pytest.fixture
def impostor(redis_server, certificates) -> Iterator[int]:
    """The port of a server with a good certificate for another host."""
    relay = Relay(certificates.context("elsewhere.example"), redis_server.port)
    yield relay.port
    relay.stop()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_new_connections_are_at_rest(tls_port, certificates, host: str) -> None:
    """What a server sends after the handshake isn't mistaken for the rest of an old answer."""
    url = f"rediss://{host}:{tls_port}/0?ssl_ca_certs={certificates.authority}"

    assert [RedisCache(url, connect_timeout=5.0, read_timeout=5.0).get("key") for _ in range(20)] == [
        None
    ] * 20


@pytest.mark.parametrize("options", ["?ssl_ca_certs={0.stranger}", ""])
def test_unknown_authority(tls_port, certificates, options: str) -> None:
    """Whose certificate no known authority signed gets no password."""
    cache = RedisCache(f"rediss://:hunter2@localhost:{tls_port}/0{options.format(certificates)}")
    with pytest.raises(CacheUnavailableError, match=r"(?i)certificate") as caught:
        cache.get("key")

    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_certificate_for_another_host(impostor, certificates) -> None:
    """A good certificate for another host is none, unless the URL says that names don't matter."""
    url = f"rediss://localhost:{impostor}/0?ssl_ca_certs={certificates.authority}"
    with pytest.raises(CacheUnavailableError, match=r"(?i)certificate"):
        RedisCache(url).get("key")

    patient = RedisCache(f"{url}&ssl_check_hostname=no", connect_timeout=5.0, read_timeout=5.0)
    assert patient.get("missing") is None


def test_no_checks_at_all(impostor) -> None:
    """A certificate is checked unless the URL says not to."""
    cache = RedisCache(
        f"rediss://localhost:{impostor}/0?ssl_cert_reqs=none", connect_timeout=5.0, read_timeout=5.0
    )

    assert cache.get("missing") is None


def test_plain_caller_of_a_tls_port(tls_port) -> None:
    """Who forgets the s of rediss loses no time."""
    assert seconds_lost(lambda: RedisCache(f"redis://127.0.0.1:{tls_port}/0").get("key")) < 0.5


def test_tls_caller_of_a_plain_port(redis_server) -> None:
    """Who writes rediss where there is no TLS loses no time, and reads what to look at."""
    cache = RedisCache(f"rediss://127.0.0.1:{redis_server.port}/0")

    assert max(seconds_lost(lambda: cache.get("key")) for _ in range(3)) < 0.5
    with pytest.raises(CacheUnavailableError, match="does it speak TLS") as caught:
        cache.get("key")
    assert "\n" not in str(caught.value)


def test_missing_authority(tls_port, tmp_path) -> None:
    """A file of certificates that isn't there is one clear line."""
    cache = RedisCache(f"rediss://localhost:{tls_port}/0?ssl_ca_certs={tmp_path}/none.pem")
    with pytest.raises(CacheUnavailableError) as caught:
        cache.get("key")

    assert "\n" not in str(caught.value)
    assert "localhost" in str(caught.value)


@pytest.fixture
def tls_options(certificates, has_tls: bool) -> list[str]:
    """The options of a server with TLS of its own: a relay can't stand for it where servers name ports."""
    if not has_tls:
        pytest.skip("this redis-server was built without TLS, and knows no port of it")
    return certificates.server_options


def test_sentinel(redis_binary, tls_options, certificates) -> None:
    """The sentinel, and whom it names, are both spoken to over TLS."""
    with ExitStack() as stack:
        primary = start_server(redis_binary, *tls_options)
        stack.callback(primary.stop)
        config = f"sentinel monitor hub 127.0.0.1 {primary.port} 1\n"
        sentinel = start_server(redis_binary, *tls_options, "--tls-replication", "yes", config=config)
        stack.callback(sentinel.stop)
        cache = RedisCache(
            f"rediss+sentinel://127.0.0.1:{sentinel.port}/hub?ssl_ca_certs={certificates.authority}",
            connect_timeout=5.0,
            read_timeout=5.0,
        )
        cache.set("key", b"value", expires_in=60.0)

        assert cache.get("key") == b"value"
        assert list(cache.keys()) == ["key"]


def test_cluster(start_cluster, tls_options, certificates) -> None:
    """A cluster over TLS names its TLS ports, and those are spoken to."""
    port = free_port()
    plain = [option.replace("{port}", str(port)) for option in tls_options if option not in {"--port", "0"}]
    cluster = start_cluster(*plain, "--tls-cluster", "yes", size=1)
    cache = RedisCache(
        f"rediss+cluster://127.0.0.1:{port}?ssl_ca_certs={certificates.authority}",
        connect_timeout=5.0,
        read_timeout=5.0,
    )
    cache.set("key", b"value", expires_in=60.0)

    assert cache.get_many(["key"]) == {"key": b"value"}
    assert RedisCache(cluster.url).get("key") == b"value"
