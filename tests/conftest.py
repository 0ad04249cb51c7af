"""What every test gets: an environment that knows nothing of the machine it runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The tests are no package, so that they run on what is installed; their helpers lie here.
sys.path.insert(0, str(Path(__file__).parent / "support"))

from redis_servers import RedisServer, find_binary, keep_below, start_server

StartRedis = Callable[..., RedisServer]
DATA = Path(__file__).parent / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what asks for a redis-server, so that it can be left out where there is no driver."""
    for item in items:
        if "redis_binary" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.redis)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path_factory):
    for name in list(os.environ):
        if name.startswith(("HUBKIT_", "HF_", "HUGGING")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture
def payloads():
    """The folder of recorded answers of the Hub."""
    return DATA / "payloads"


@pytest.fixture
def adapters():
    """The folder of real trained adapters."""
    return DATA / "adapters"


@pytest.fixture(scope="session")
def redis_binary(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A redis-server."""
    keep_below(tmp_path_factory.getbasetemp())
    return find_binary()


@pytest.fixture(scope="session")
def redis_server(redis_binary: str) -> Iterator[RedisServer]:
    """One server for all tests that do it no harm."""
    server = start_server(redis_binary)
    yield server
    server.stop()


@pytest.fixture
def start_redis(redis_binary: str) -> Iterator[StartRedis]:
    """Starts servers, with further options, that a test may harm."""
    with ExitStack() as stack:

        def start(*options: str) -> RedisServer:
            server = start_server(redis_binary, *options)
            stack.callback(server.stop)
            return server

        yield start
