"""Real stores for the tests of the cache backends."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from redis_servers import start_server


@pytest.fixture
def prefix() -> str:
    """A prefix of this test's own, with characters that mean something in patterns."""
    return f"t[a-z]*?\\{os.urandom(8).hex()}:"


@pytest.fixture(scope="session")
def watched(redis_binary: str) -> Iterator:
    """A primary under a sentinel, for all tests that do them no harm."""
    from redis_groups import start_watched

    with ExitStack() as stack:
        yield start_watched(stack, redis_binary)


@pytest.fixture
def start_watched(redis_binary: str) -> Iterator[Callable]:
    """Starts a primary under sentinels that a test may harm."""
    from redis_groups import start_watched

    with ExitStack() as stack:
        yield lambda *options, **more: start_watched(stack, redis_binary, *options, **more)


@pytest.fixture(scope="session")
def cluster(redis_binary: str) -> Iterator:
    """A cluster of three, for all tests that do it no harm."""
    from redis_groups import start_cluster

    with ExitStack() as stack:
        yield start_cluster(stack, redis_binary)


@pytest.fixture
def start_cluster(redis_binary: str) -> Iterator[Callable]:
    """Starts clusters that a test may harm."""
    from redis_groups import start_cluster

    with ExitStack() as stack:
        yield lambda *options, **more: start_cluster(stack, redis_binary, *options, **more)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Certificates for loopback."""
    from redis_tls import make_certificates

    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def has_tls(redis_binary: str, certificates) -> bool:
    """Whether the server was built with TLS."""
    # It refuses options that it doesn't know before it does anything else.
    options = [option.format(port=0) for option in certificates.server_options]
    command = [redis_binary, *options, "--daemonize", "no", "--unknown-option", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return "tls-port" not in done.stdout + done.stderr


@pytest.fixture(scope="session")
def tls_port(redis_binary: str, certificates, has_tls: bool) -> Iterator[int]:
    """The port of a server that speaks TLS, by itself or through a relay."""
    from redis_tls import Relay

    with ExitStack() as stack:
        server = start_server(redis_binary, *(certificates.server_options if has_tls else ()))
        stack.callback(server.stop)
        if has_tls:
            yield server.port
            return
        relay = Relay(certificates.context(), server.port)
        stack.callback(relay.stop)
        yield relay.port
