"""The HTTP server beneath a local hub: cheroot, made quick to stop and silent."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import threading
import weakref
from typing import Any

from cheroot import makefile, wsgi
from cheroot import server as cheroot_server

__all__ = ["HttpServer"]

_LOG = logging.getLogger("hubkit.testing")
_BACKLOG = 256
_CONNECTIONS = 10_000
_IDLE_SECONDS = 60
_POLL_SECONDS = 0.05
_START_SECONDS = 10.0


class HttpServer:
    """Serves a WSGI application on one address, from start to stop.

    Keeps connections alive without limit, as clients hold a pool of them, and sends without delay.

    Args:
        app: The WSGI application.
        host: The address to bind.
        port: The port; 0 takes a free one.
        threads: How many requests are answered at once.
    """

    def __init__(self, app: Any, host: str, port: int, threads: int) -> None:
        self._server: Any = _Server((host, port), app, threads)
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._process = os.getpid()
        # Workers are made by this thread and inherit that it is a daemon: a forgotten stop() must not keep the
        # process from ending.
        self._thread = threading.Thread(target=self._serve, name="local-hub", daemon=True)

    def start(self) -> int:
        """Serve in the background.

        Returns:
            The port.

        Raises:
            OSError: The address is taken.
        """
        self._thread.start()
        self._started.wait(_START_SECONDS)
        if self._failure is not None:
            raise self._failure
        return int(self._server.bind_addr[1])

    def stop(self) -> None:
        """Refuse connections, drop those that are open, and wait for the workers.

        In a forked child, which has copies of the sockets and none of the threads, it does nothing.
        """
        if os.getpid() != self._process:
            return
        listener = self._server.socket.dup()
        self._server.drop_connections()
        self._server.stop()
        self._thread.join(_START_SECONDS)
        # Forked children may hold the socket open; shutting it down makes it refuse connections all the same.
        with contextlib.suppress(OSError), listener:
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        try:
            self._server.prepare()
        except BaseException as failure:  # noqa: BLE001 - raised again where start() waits
            self._failure = failure
            return
        finally:
            self._started.set()
        self._server.serve()


class _Writer(makefile.StreamWriter):
    """The sending side of a connection."""

    def __del__(self) -> None:
        """Send nothing more: what a vanished client did not take would only raise once again."""


def _open_side(sock: socket.socket, mode: str = "r", bufsize: int = io.DEFAULT_BUFFER_SIZE) -> Any:
    side = makefile.StreamReader if "r" in mode else _Writer
    return side(sock, mode, bufsize)


class _Connection(cheroot_server.HTTPConnection):
    """A connection that its server can find again."""

    def __init__(self, server: Any, sock: socket.socket, *_: Any) -> None:
        super().__init__(server, sock, _open_side)
        server.connections_made.add(self)


class _Server(wsgi.Server):
    """cheroot with other defaults."""

    ConnectionClass = _Connection
    keep_alive_conn_limit = _CONNECTIONS
    expiration_interval = _POLL_SECONDS

    def __init__(self, address: tuple[str, int], app: Any, threads: int) -> None:
        self.connections_made: weakref.WeakSet[Any] = weakref.WeakSet()
        super().__init__(
            address,
            app,
            numthreads=threads,
            server_name="local-hub",
            request_queue_size=_BACKLOG,
            timeout=_IDLE_SECONDS,
            shutdown_timeout=1,
        )

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: Any) -> socket.socket:
        """Bind so that the same port can be bound again at once, while old connections still linger."""
        if os.name == "posix":
            socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket_.bind(bind_addr)
        return socket_

    def drop_connections(self) -> None:
        """End every connection at once, so that no worker waits for a client that says nothing."""
        for connection in list(self.connections_made):
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log what cheroot would print; clients that hang up are nothing to talk about."""
        _LOG.log(min(level, logging.WARNING) if not traceback else level, "%s", msg, exc_info=traceback)
