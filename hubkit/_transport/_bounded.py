"""Connections of which every read ends by the deadline of its call.

A socket's timeout starts anew with each packet: a server that sends a byte now and
then, were it only of the headers, would hold its caller for ever. Here each read
gets what is left of the call, so no thread has to watch.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError

from hubkit._clock import Deadline

if TYPE_CHECKING:
    from concurrent import futures

__all__ = ["BoundedAdapter", "reads_within"]

_bounds: ContextVar[tuple[Deadline, float]] = ContextVar("hubkit reads")


@contextmanager
def reads_within(deadline: Deadline, read_timeout: float) -> Iterator[None]:
    """Bound the reads of the answers that begin inside: each, and all of them together."""
    before = _bounds.set((deadline, read_timeout))
    try:
        yield
    finally:
        _bounds.reset(before)


class BoundedAdapter(HTTPAdapter):
    """The adapter of `requests` over such connections, directly or through a proxy."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = _bounded(type(pool).ConnectionCls)
        return pool


@functools.cache
def _bounded(connection: type) -> type:
    bases = (_Connecting, connection)
    return type(connection.__name__, bases, {"response_class": _Response})


class _Connecting:
    """How a connection is made by the deadline: the look-up of a name has no timeout of its own."""

    host: str
    timeout: float

    def _new_conn(self) -> socket.socket:
        connect: Callable[[], socket.socket] = super()._new_conn  # type: ignore[misc]
        if _is_address(self.host):
            return connect()
        deadline, _ = _bounds.get()
        return _within(deadline.remaining(), connect)


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def _within(seconds: float, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect in a thread, which is left alone when it takes too long: nothing else ends a look-up."""
    from concurrent import futures

    made: futures.Future[socket.socket] = futures.Future()

    def run() -> None:
        try:
            made.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            made.set_exception(error)

    threading.Thread(target=run, name="hubkit connect", daemon=True).start()
    try:
        return made.result(seconds)
    except BaseException as error:
        # After Ctrl-C too, what may yet come of it is nobody's.
        made.add_done_callback(_hang_up)
        if isinstance(error, futures.TimeoutError) and not (made.done() and made.exception() is error):
            raise ConnectTimeoutError("the host's name was not found in time") from None
        raise


def _hang_up(made: futures.Future[socket.socket]) -> None:
    if made.exception() is None:
        made.result().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        self._reader = _Reader(sock, *_bounds.get())
        super().__init__(self._reader, *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        # Headers that broke off are whole to http.client: half a 404 would be a "no such model".
        if self._reader.ended:
            raise http.client.IncompleteRead(b"")


class _Reader(io.RawIOBase):
    """A socket, as far as `http.client` reads an answer from it."""

    def __init__(self, sock: Any, deadline: Deadline, read_timeout: float) -> None:
        self.ended = False
        self._sock = sock
        # Keeps the socket open: a connection that ends with its answer lets go of it before.
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self._read_timeout = read_timeout

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline.remaining()
        if left == 0:
            raise TimeoutError("the deadline passed")
        # Otherwise the read timeout is the socket's already.
        if left < self._read_timeout:
            self._sock.settimeout(left)
        size: int = self._sock.recv_into(buffer)
        self.ended = size == 0
        return size

    def close(self) -> None:
        self._file.close()
        super().close()
