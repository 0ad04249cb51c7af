"""Whatever a server does, a call is over by its deadline; measured on the real clock."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from hubkit import TransportError, TransportTimeoutError
from hubkit._clock import SYSTEM_CLOCK

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEADLINE = 0.5
SLACK = 0.4


@pytest.fixture
def hurried(make_transport):
    """A transport whose calls have half a second, and that would wait 10 s for each packet."""
    return make_transport(clock=SYSTEM_CLOCK, deadline=DEADLINE, read_timeout=10.0, retries=3)


def _seconds(work) -> float:
    start = SYSTEM_CLOCK.monotonic()
    with pytest.raises(TransportError) as caught:
        work()
    assert isinstance(caught.value, TransportTimeoutError)
    return SYSTEM_CLOCK.monotonic() - start


SLOW = {
    "body": HEAD + b"Content-Length: 1000\r\n\r\n",
    "endless body": HEAD + b"\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0",
    "header": HEAD + b"X-Slow: ",
    "status line": b"HTTP/1.1 200 ",
    "redirect body": b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 1000\r\n\r\n",
    "error body": b"HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\n",
}


@pytest.mark.parametrize("first", SLOW.values(), ids=SLOW)
def test_trickle(hostile, hurried, first) -> None:
    """A byte each 50 ms, in whichever part of an answer, holds nobody beyond the deadline."""
    hostile.trickle(first=first, pause=0.05, byte=b"0")

    assert _seconds(lambda: hurried.get("/")) < DEADLINE + SLACK


def test_endless_informational_answers(hostile, hurried) -> None:
    """A server that says "100 Continue" for ever is left at the deadline."""
    hostile.trickle(first=b"", pause=0.02, byte=b"HTTP/1.1 100 Continue\r\n\r\n")

    assert _seconds(lambda: hurried.get("/")) < DEADLINE + SLACK


def test_endless_headers(hostile, hurried) -> None:
    """Header after header is no way to hold a caller either."""
    hostile.trickle(first=HEAD, pause=0.02, byte=b"X-More: 1\r\n")

    assert _seconds(lambda: hurried.get("/")) < DEADLINE + SLACK


def test_stall_after_a_slow_start(hostile, hurried) -> None:
    """A server that falls silent late gets no new read timeout, only what is left of the call."""

    def behave(request, sock):
        sock.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        SYSTEM_CLOCK.sleep(0.3)
        sock.sendall(b"xxx")
        SYSTEM_CLOCK.sleep(2.0)

    hostile.behave = behave

    assert _seconds(lambda: hurried.get("/")) < DEADLINE + SLACK


def test_silence(hostile, make_transport) -> None:
    """A server that says nothing is left after the read timeout, when that is the shorter."""
    hostile.trickle(first=b"", pause=5.0)
    transport = make_transport(clock=SYSTEM_CLOCK, deadline=5.0, read_timeout=0.2, retries=0)

    assert _seconds(lambda: transport.get("/")) < 0.2 + SLACK


def test_slow_writes_end_too(hostile, hurried) -> None:
    """A change's answer has the same deadline."""
    hostile.trickle(first=HEAD + b"X-Slow: ", pause=0.05)

    assert _seconds(lambda: hurried.write("POST", "/", json={})) < DEADLINE + SLACK


def test_slow_but_in_time(hostile, make_transport) -> None:
    """A slow answer that comes within the deadline is an answer, and its connection is used again."""

    def behave(request, sock):
        answer = hostile.reply(200, b"[1]")
        for start in range(0, len(answer), 10):
            SYSTEM_CLOCK.sleep(0.01)
            sock.sendall(answer[start : start + 10])
        return b""

    hostile.behave = behave
    transport = make_transport(clock=SYSTEM_CLOCK, deadline=5.0, read_timeout=1.0)

    assert [transport.get("/").json() for _ in range(3)] == [[1]] * 3
    assert hostile.connections == 1


def test_retries_share_the_deadline(hostile, make_transport) -> None:
    """Attempts and the pauses between them have one deadline together."""
    hostile.trickle(first=b"", pause=5.0)
    transport = make_transport(clock=SYSTEM_CLOCK, deadline=0.6, read_timeout=0.1, retries=100)

    assert _seconds(lambda: transport.get("/")) < 0.6 + SLACK


def test_full_listener_is_left(make_transport) -> None:
    """A machine that never takes up the connection is left after the connect timeout."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        transport = make_transport(
            clock=SYSTEM_CLOCK, endpoint=endpoint, connect_timeout=0.2, deadline=5.0, retries=0
        )

        assert _seconds(lambda: transport.get("/")) < 0.2 + SLACK
