"""Proxies, as the environment names them and as requests understands it."""

from __future__ import annotations

import pytest

from hubkit import TransportError
from hubkit._clock import SYSTEM_CLOCK

HUB = "http://hub.example"


@pytest.fixture
def proxy(start_server):
    """A proxy that answers for everybody."""
    proxy = start_server()
    proxy.play(proxy.reply(200, b'"by proxy"'))
    return proxy


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_is_used(proxy, make_transport, monkeypatch, variable) -> None:
    """Requests go to the proxy, with the whole URL and the token."""
    monkeypatch.setenv(variable, proxy.endpoint)
    transport = make_transport("hf_token", endpoint=HUB, allow_insecure=True)

    assert transport.get("/api/models/a/b").json() == "by proxy"
    assert proxy.requests[0].target == f"{HUB}/api/models/a/b"
    assert proxy.requests[0].headers["authorization"] == "Bearer hf_token"


def test_proxy_keeps_its_connection(proxy, make_transport, monkeypatch) -> None:
    """Over a proxy too, one connection serves many requests."""
    monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
    transport = make_transport(endpoint=HUB)
    for _ in range(5):
        transport.get("/")

    assert (5, 1) == (len(proxy.requests), proxy.connections)


@pytest.mark.parametrize("exceptions", ["127.0.0.1", "*", "localhost,127.0.0.0/8"])
def test_exceptions_are_kept(hostile, proxy, make_transport, monkeypatch, exceptions) -> None:
    """What NO_PROXY names is asked directly."""
    monkeypatch.setenv("HTTP_PROXY", proxy.endpoint)
    monkeypatch.setenv("NO_PROXY", exceptions)
    make_transport().get("/")

    assert (1, 0) == (len(hostile.requests), proxy.connections)


def test_password_of_a_proxy_goes_to_the_proxy_alone(proxy, make_transport, monkeypatch) -> None:
    """The proxy gets its password in its own header; errors don't repeat it."""
    monkeypatch.setenv("HTTP_PROXY", proxy.endpoint.replace("://", "://me:s3cret@"))
    make_transport("hf_token", endpoint=HUB, allow_insecure=True).get("/")
    sent = proxy.requests[0].headers
    proxy.behave = lambda request, sock: None
    with pytest.raises(TransportError) as caught:
        make_transport(endpoint=HUB).get("/")

    assert sent["proxy-authorization"].startswith("Basic ")
    assert sent["authorization"] == "Bearer hf_token"
    assert "s3cret" not in f"{caught.value}"


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200", b""],
)
def test_failing_tunnel(proxy, make_transport, monkeypatch, answer) -> None:
    """A proxy that makes no tunnel to the Hub is a transport error, and never sees the token."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
    proxy.behave = lambda request, sock: sock.sendall(answer)
    with pytest.raises(TransportError):
        make_transport("hf_token", endpoint="https://hub.example").get("/")

    assert {request.method for request in proxy.requests} == {"CONNECT"}
    assert all("authorization" not in request.headers for request in proxy.requests)
    assert len(proxy.requests) <= 6


def test_slow_tunnel_ends(proxy, make_transport, monkeypatch) -> None:
    """A proxy that answers a byte now and then holds nobody beyond the deadline."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.endpoint)
    proxy.trickle(first=b"HTTP/1.1 200 OK\r\nX-Slow: ", pause=0.05)
    transport = make_transport(endpoint="https://hub.example", clock=SYSTEM_CLOCK, deadline=0.5, retries=0)
    start = SYSTEM_CLOCK.monotonic()
    with pytest.raises(TransportError):
        transport.get("/")

    assert SYSTEM_CLOCK.monotonic() - start < 0.9
