"""A small hostile server on loopback, and the way to it."""

from __future__ import annotations

import pytest
from hostile_server import HostileServer

from hubkit import HubConfig
from hubkit._secrets import Secret
from hubkit._transport import Transport
from hubkit.testing import FakeClock


@pytest.fixture
def hostile():
    """A server that does whatever a test tells it to."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def start_server():
    """Starts further servers."""
    servers = []

    def start(context=None):
        servers.append(HostileServer(context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def clock():
    """A clock that only pauses move."""
    return FakeClock()


@pytest.fixture
def make_transport(hostile, clock):
    """Builds transports to the hostile server; settings may be changed by name."""
    transports = []

    def make(token=None, *, clock=clock, **settings):
        settings = {"endpoint": hostile.endpoint, "cache": "none://", **settings}
        secret = None if token is None else Secret(token)
        transports.append(Transport(HubConfig(**settings), token=secret, clock=clock))
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture
def transport(make_transport):
    """An anonymous way to the hostile server."""
    return make_transport()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
