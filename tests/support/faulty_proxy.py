"""A TCP proxy in front of a server, which harms what passes as a test tells it to."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

__all__ = ["FaultyProxy", "cut", "flipped", "in_bytes", "twice"]

_PIECE = 65_536


class FaultyProxy:
    """Carries what is said on its port to a server, and the answers back.

    Args:
        target: The server's port, on loopback.
    """

    def __init__(self, target):
        self.delay = 0.0
        """Seconds that each piece of an answer waits."""
        self.prompt = 0
        """So many pieces don't."""
        self.rate = None
        """Bytes a second of long answers; None is full speed, 0 stands still."""
        self.silent = False
        """Whether connections are taken, and nobody answers on them."""
        self.harm_answer = None
        """What becomes of each piece of an answer: the pieces that are sent instead; None hangs up."""
        self.harm_question = None
        """Likewise of what callers send."""
        self.passed = 0
        """Bytes that callers have got."""
        self.connections = 0
        """How many were made."""
        self._target = target
        self._over = threading.Event()
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_all(self):
        """Hang up on everybody; who comes anew is welcome."""
        for one in list(self._sockets):
            _end(one)

    def stop(self):
        """Take no more callers, and hang up on those that there are."""
        self._over.set()
        # Closing alone wouldn't wake who waits for callers.
        _end(self._listener)
        self._listener.close()
        self.cut_all()

    def _accept(self):
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller):
        with suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._target)) as server:
            for one in (caller, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets |= {caller, server}
            back = threading.Thread(target=self._carry, args=(server, caller, True), daemon=True)
            back.start()
            self._carry(caller, server, False)
            back.join()
            self._sockets -= {caller, server}

    def _carry(self, source, target, is_answer):
        with suppress(OSError):
            while data := source.recv(_PIECE):
                if is_answer:
                    self._wait(data)
                harm = self.harm_answer if is_answer else self.harm_question
                pieces = [data] if harm is None else harm(data)
                if pieces is None:
                    break
                for piece in pieces:
                    target.sendall(piece)
                self.passed += len(data) if is_answer else 0
        # The other direction ends too.
        for one in (source, target):
            _end(one)

    def _wait(self, data):
        while self.silent and not self._over.wait(0.02):
            continue
        if self.prompt:
            self.prompt -= 1
        elif self.delay:
            self._over.wait(self.delay)
        # Answers that fit into a piece are not what is to be slow.
        while self.rate == 0 and len(data) == _PIECE and not self._over.wait(0.02):
            continue
        if self.rate and len(data) == _PIECE:
            time.sleep(_PIECE / self.rate)


def _end(one):
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def flipped(data, at, mask):
    """The data with some bits of one byte turned round."""
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def cut(data, at):
    """The beginning of the data."""
    return data[:at]


def in_bytes(data):
    """The data, a byte at a time."""
    return [data[index : index + 1] for index in range(len(data))]


def twice(data):
    """The data, and once more."""
    return [data, data]
