"""What can be wrong with a Hub, or with who poses as one: each fault arranges a hostile server."""

from __future__ import annotations

import functools
import gzip
import json
import socket
import time
import zlib
from contextlib import ExitStack
from functools import partial

from hostile_server import HostileServer

__all__ = ["FAULTS", "TOKEN", "Origin", "SkippingClock"]

TOKEN = "hf_0123456789abcdefghijABCDEFGHIJ0123"

_PORTAL = b"<html><title>Welcome to our hotel</title><form action='/login'></form></html>"
_RECORD = {"id": "org/name", "private": False, "tags": [], "siblings": []}
_BUSY = {"X_Error_Message": "Too many requests"}


class SkippingClock:
    """A clock that doesn't wait: what is slept has passed at once, and real time passes too."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def now(self) -> float:
        """Epoch seconds, and all that was skipped."""
        return time.time() + self.skipped

    def monotonic(self) -> float:
        """Seconds, and all that was skipped."""
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float, /) -> None:
        """Have it behind one."""
        self.skipped += seconds


class Origin:
    """A Hub that is harmed, and a server of somebody else's to which it may send its readers."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.hub = HostileServer()
        self.elsewhere = HostileServer()
        self.endpoint = self.hub.endpoint
        for server in (self.hub, self.elsewhere):
            self._stack.callback(server.close)

    @property
    def leaks(self) -> list[str]:
        """What the other server was told of who asks."""
        sent = [request.headers for request in self.elsewhere.requests]
        return [headers["authorization"] for headers in sent if "authorization" in headers]

    def always(self, *arguments, **options) -> None:
        """Give one answer to every request."""
        answer = self.hub.reply(*arguments, **options)
        self.hub.behave = lambda request, sock: answer

    def fill(self, listener: socket.socket) -> None:
        """Take up all room for connections that nobody accepts."""
        self._stack.enter_context(listener)
        for _ in range(4):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())

    def taken_port(self) -> int:
        """A port at which nobody listens, and nobody else will."""
        taken = self._stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

    def close(self) -> None:
        """Hang up on everybody."""
        self._stack.close()


def _unknown_host(origin: Origin) -> None:
    # Names under .invalid are nobody's (RFC 6761).
    origin.endpoint = "https://hub.invalid"


def _refused(origin: Origin) -> None:
    origin.endpoint = f"http://127.0.0.1:{origin.taken_port()}"


def _black_hole(origin: Origin) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    origin.fill(listener)
    origin.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"


def _hang_up(origin: Origin) -> None:
    origin.hub.behave = lambda request, sock: None


def _trickle(first: bytes, origin: Origin) -> None:
    origin.hub.trickle(first=first, pause=0.05)


def _cut(origin: Origin) -> None:
    def behave(request, sock):
        sock.sendall(HostileServer.reply(200, b'{"id": "org', length=False, Content_Length="500"))

    origin.hub.behave = behave


def _answer(*arguments, **options):
    return lambda origin: origin.always(*arguments, **options)


@functools.cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()


def _gzip_bomb(origin: Origin) -> None:
    origin.always(200, _bomb(), Content_Encoding="gzip")


def _cut_gzip(origin: Origin) -> None:
    origin.always(200, gzip.compress(json.dumps(_RECORD).encode())[:-12], Content_Encoding="gzip")


def _away(status: int, origin: Origin) -> None:
    origin.hub.behave = lambda request, sock: HostileServer.reply(
        status, Location=origin.elsewhere.endpoint + request.target
    )


def _chain(last: bytes, origin: Origin) -> None:
    """Redirects to ever new places, and then something else."""

    def behave(request, sock):
        number = (
            int(request.target.rpartition("step")[2].partition("?")[0] or 0)
            if "step" in request.target
            else 0
        )
        return last if number == 4 else HostileServer.reply(302, Location=f"/api/step{number + 1}")

    origin.hub.behave = behave


def _listing(link: str, body: bytes, origin: Origin) -> None:
    """A listing that goes on somewhere; to those who ask for anything else it fails."""

    def behave(request, sock):
        if not _is_listing(request.target):
            return HostileServer.reply(503, b"{}")
        where = link.format(
            hub=origin.endpoint, elsewhere=origin.elsewhere.endpoint, number=len(origin.hub.requests)
        )
        return HostileServer.reply(200, body, Link=f'<{where}>; rel="next"')

    origin.hub.behave = behave


def _is_listing(target: str) -> bool:
    path = target.partition("?")[0]
    return path == "/api/models" or "/tree/" in path or "/commits/" in path or path.startswith("/more")


def _echo(status: int, header: str | None, origin: Origin) -> None:
    def behave(request, sock):
        told = request.headers.get("authorization", "nobody")
        more = {header: told} if header else {}
        return HostileServer.reply(
            status, json.dumps({"error": f"who is {told}?", "id": told}).encode(), **more
        )

    origin.hub.behave = behave


def _other(record: object):
    return _answer(200, json.dumps(record).encode())


_ENTRY = json.dumps([{**_RECORD, "path": "a", "type": "file", "oid": "a" * 40, "size": 1}]).encode()

FAULTS = {
    "DNS failure": _unknown_host,
    "refused": _refused,
    "black hole: not accepted": _black_hole,
    "black hole: never answered": partial(_trickle, b""),
    "hangs up": _hang_up,
    "slow headers": partial(_trickle, b"HTTP/1.1 200 OK\r\nX-A: "),
    "slow body": partial(_trickle, HostileServer.reply(200, b"", length=False, Content_Length="5000")),
    "truncated body": _cut,
    "wrong length: too much": _answer(200, b"[]", length=False, Content_Length="1"),
    "truncated gzip": _cut_gzip,
    "no gzip": _answer(200, b"{}", Content_Encoding="gzip"),
    "portal: page": _answer(200, _PORTAL, content_type="text/html; charset=utf-8"),
    "portal: page posing as JSON": _answer(200, _PORTAL),
    "portal: page without a type": _answer(200, _PORTAL, content_type=None),
    "portal: redirect": partial(_away, 302),
    "portal: 511": _answer(511, _PORTAL, content_type="text/html"),
    "portal: 403": _answer(403, _PORTAL, content_type="text/html"),
    "invalid JSON": _answer(200, b'{"id": "org/name", "tags": ['),
    "empty body": _answer(200, b""),
    "204": _answer(204, length=False),
    "304 to nobody's etag": _answer(304, length=False),
    "deep JSON": _answer(200, b"[" * 100_000),
    "no UTF-8": _answer(200, b'{"id": "\xff\xfe"}'),
    "another type of JSON": _other("org/name"),
    "JSON that is null": _other(None),
    "fields of other types": _other({"id": 7, "siblings": "none", "tags": {"a": 1}, "sha": []}),
    "list of nonsense": _other([1, None, "x"]),
    "gzip bomb": _gzip_bomb,
    "429: no header": _answer(429, b"{}", **_BUSY),
    "429: Retry-After in seconds": _answer(429, b"{}", Retry_After="1", **_BUSY),
    "429: Retry-After 0": _answer(429, b"{}", Retry_After="0", **_BUSY),
    "429: Retry-After of years": _answer(429, b"{}", Retry_After="999999999", **_BUSY),
    "429: Retry-After negative": _answer(429, b"{}", Retry_After="-5", **_BUSY),
    "429: Retry-After a fraction": _answer(429, b"{}", Retry_After="1e9", **_BUSY),
    "429: Retry-After nonsense": _answer(429, b"{}", Retry_After="soon \x9b2J", **_BUSY),
    "429: Retry-After a date": _answer(429, b"{}", Retry_After="Fri, 11 Sep 2099 15:58:46 GMT", **_BUSY),
    "429: Retry-After a past date": _answer(429, b"{}", Retry_After="Fri, 11 Sep 2009 15:58:46 GMT", **_BUSY),
    "429: Retry-After the year 99999": _answer(
        429, b"{}", Retry_After="Fri, 11 Sep 99999 1:1:1 GMT", **_BUSY
    ),
    "429: RateLimit": _answer(429, b"{}", RateLimit='"api";r=0;t=55', **_BUSY),
    "429: RateLimit of 1e9": _answer(429, b"{}", RateLimit='"api";r=0;t=1000000000', **_BUSY),
    "429: RateLimit nonsense": _answer(429, b"{}", RateLimit=";;t=,r", **_BUSY),
    **{str(status): _answer(status, b"{}") for status in (500, 502, 503, 504)},
    "503 with Retry-After": _answer(503, b"{}", Retry_After="1"),
    "502: page of a proxy": _answer(502, _PORTAL, content_type="text/html"),
    "401: the token is refused": _answer(
        401, b"{}", X_Error_Message="Invalid credentials in Authorization header"
    ),
    "redirect loop": _answer(302, Location="/api/models/org/name"),
    "redirects, then 503": partial(_chain, HostileServer.reply(503, b"{}")),
    **{f"redirect to another host: {status}": partial(_away, status) for status in (301, 303, 307, 308)},
    "Link to another host": partial(_listing, "{elsewhere}/more", _ENTRY),
    "Link to another host, empty page": partial(_listing, "{elsewhere}/more", b"[]"),
    "Link with a login": partial(_listing, "http://me:pw@hub.invalid/more", b"[]"),
    "Link in a circle": partial(_listing, "{hub}/more", b"[]"),
    "empty pages without end": partial(_listing, "{hub}/more{number}", b"[]"),
    "the same page without end": partial(_listing, "{hub}/more{number}", _ENTRY),
    "about another repository": _other({**_RECORD, "id": "mallory/other", "sha": "a" * 40}),
    "token echoed: 400": partial(_echo, 400, None),
    "token echoed: 403": partial(_echo, 403, "X_Error_Message"),
    "token echoed: 404": partial(_echo, 404, "X_Error_Message"),
    "token echoed: 500": partial(_echo, 500, "X_Request_Id"),
    "token echoed: 429": partial(_echo, 429, "RateLimit"),
    "token echoed: 200": partial(_echo, 200, None),
    "token echoed: redirect": partial(_echo, 302, "Location"),
    "not HTTP": lambda origin: origin.hub.play(f"SSH-2.0-{TOKEN}\r\n".encode()),
}
"""By name; each is called with the `Origin` that it is to harm."""
