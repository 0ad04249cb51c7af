"""A small server on loopback that does whatever a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass, field

from hubkit._clock import SYSTEM_CLOCK

__all__ = ["PATIENCE", "HostileServer", "Request"]

# After this nothing in a test waits any longer.
PATIENCE = 20.0


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class HostileServer:
    """Answers each request with what `behave` gives: bytes, or None to hang up.

    Attributes:
        context: To speak TLS.
        behave: Called with the request and the socket, on which it may send for itself.
        requests: All that arrived.
        connections: How many were made.
    """

    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.behave = lambda request, sock: self.reply(200, b"{}")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @staticmethod
    def reply(status=200, body=b"", *, length=True, content_type="application/json", **headers) -> bytes:
        """An answer; the underscores of header names become hyphens."""
        lines = [f"HTTP/1.1 {status} Whatever"]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        if length:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def play(self, *answers: bytes) -> None:
        """Give these answers in turn, the last one over and over."""
        self.behave = lambda request, sock: answers[min(len(self.requests), len(answers)) - 1]

    def trickle(self, *, first: bytes, pause: float, byte: bytes = b"x") -> None:
        """Send the first bytes, then one more after each pause until somebody hangs up."""

        def behave(request, sock):
            sock.sendall(first)
            for _ in range(int(PATIENCE / pause)):
                SYSTEM_CLOCK.sleep(pause)
                sock.sendall(byte)

        self.behave = behave

    def close(self) -> None:
        """Hang up on everybody."""
        self._listener.close()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(sock)
            threading.Thread(target=self._converse, args=(sock, self.connections), daemon=True).start()

    def _converse(self, sock: socket.socket, number: int) -> None:
        try:
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as lines:
                while (request := _read_request(lines, number)) is not None:
                    self.requests.append(request)
                    answer = self.behave(request, sock)
                    if answer is None:
                        return
                    sock.sendall(answer)
        except (OSError, ValueError):
            return


def _read_request(lines, number: int) -> Request | None:
    first = lines.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = lines.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body, number)
