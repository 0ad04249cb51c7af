"""A TCP proxy in front of a server, whose answers flow as slowly as a test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_PIECE = 65536


class SlowProxy:
    """Passes on what clients send at once, and what the server answers at a rate.

    Args:
        port: The server's, on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.rate: float | None = None
        """Bytes a second of each connection; None is full speed, 0 stands still."""
        self.passed = 0
        """Bytes that clients have got."""
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [client, server]
                threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, slowly: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                # Answers that fit into a piece are not what is to be slow.
                while slowly and self.rate == 0 and len(piece) == _PIECE:
                    time.sleep(0.02)
                if slowly and self.rate and len(piece) == _PIECE:
                    time.sleep(_PIECE / self.rate)
                target.sendall(piece)
                self.passed += len(piece) if slowly else 0
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
