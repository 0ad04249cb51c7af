"""The same over TLS: certificates are checked, connections kept, deadlines held."""

from __future__ import annotations

import ssl

import pytest
import trustme

from hubkit import TransportError, TransportTimeoutError, UnexpectedAnswerError
from hubkit._clock import SYSTEM_CLOCK


@pytest.fixture(scope="module")
def authority():
    """Somebody who signs certificates."""
    return trustme.CA()


@pytest.fixture
def secure(start_server, authority):
    """A server whose certificate that authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return start_server(context)


@pytest.fixture
def trusting(authority, monkeypatch, tmp_path):
    """An environment that trusts the authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


def test_authority_of_the_environment(secure, trusting, make_transport) -> None:
    """REQUESTS_CA_BUNDLE names whom to trust; one connection serves many requests."""
    secure.play(secure.reply(200, b"[1]" + b" " * 100_000))
    transport = make_transport("hf_token", endpoint=secure.endpoint)

    assert [transport.get("/").json() for _ in range(5)] == [[1]] * 5
    assert secure.connections == 1
    assert secure.requests[4].headers["authorization"] == "Bearer hf_token"


def test_stranger_is_not_trusted(secure, make_transport) -> None:
    """A certificate of nobody known is refused before anything is sent."""
    with pytest.raises(TransportError, match="certificate verify failed"):
        make_transport("hf_token", endpoint=secure.endpoint, retries=0).get("/")

    assert secure.requests == []


def test_missing_bundle(secure, make_transport, monkeypatch, tmp_path) -> None:
    """A bundle that doesn't exist fails the call without a crash, and isn't gone without."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(TransportError):
        make_transport("hf_token", endpoint=secure.endpoint, retries=0).get("/")

    assert secure.requests == []


def test_redirect_to_plain_http(secure, hostile, trusting, make_transport) -> None:
    """A redirect out of TLS is refused, on the same host and port too."""
    for location in (f"http://127.0.0.1:{secure.port}/", hostile.endpoint):
        secure.play(secure.reply(302, Location=location))
        with pytest.raises(UnexpectedAnswerError):
            make_transport("hf_token", endpoint=secure.endpoint).get("/")

    assert hostile.connections == 0


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"],
    ids=["header", "body"],
)
def test_trickle(secure, trusting, make_transport, first) -> None:
    """A byte each 50 ms holds nobody beyond the deadline."""
    secure.trickle(first=first, pause=0.05)
    transport = make_transport(
        endpoint=secure.endpoint, clock=SYSTEM_CLOCK, deadline=0.5, read_timeout=10.0, retries=0
    )
    start = SYSTEM_CLOCK.monotonic()
    with pytest.raises(TransportTimeoutError):
        transport.get("/")

    assert SYSTEM_CLOCK.monotonic() - start < 0.9


def test_silent_handshake(hostile, make_transport) -> None:
    """A server that never answers the greeting is left after the connect timeout."""
    hostile.trickle(first=b"", pause=5.0)
    transport = make_transport(
        endpoint=f"https://127.0.0.1:{hostile.port}", clock=SYSTEM_CLOCK, connect_timeout=0.2, retries=0
    )
    start = SYSTEM_CLOCK.monotonic()
    with pytest.raises(TransportError):
        transport.get("/")

    assert SYSTEM_CLOCK.monotonic() - start < 0.6


def test_server_that_speaks_no_tls(hostile, make_transport) -> None:
    """A plain server under an https address is a transport error, and learns nothing."""
    hostile.behave = lambda request, sock: None
    with pytest.raises(TransportError):
        make_transport("hf_token", endpoint=f"https://127.0.0.1:{hostile.port}", retries=0).get("/")

    assert all("authorization" not in request.headers for request in hostile.requests)
