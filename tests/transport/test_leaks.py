"""A server that repeats the token, or a call that fails: nowhere does the token show."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from hubkit import HubkitError

TOKEN = "s3lf-hosted-Token.42"


def _hang_up(server):
    server.behave = lambda request, sock: None


def _break_off(server):
    server.behave = lambda request, sock: sock.sendall(
        server.reply(200, b"x", length=False, Content_Length="5")
    )


def _echo(status, **fields):
    def arrange(server):
        server.behave = lambda request, sock: server.reply(
            status,
            b'{"error": "' + request.headers["authorization"].encode() + b'"}',
            **{name: value.format(request.headers["authorization"][7:]) for name, value in fields.items()},
        )

    return arrange


FAULTS = {
    "body": _echo(400),
    "header": _echo(403, X_Error_Message="bad token {}"),
    "request id": _echo(500, X_Request_Id="{}"),
    "location": _echo(302, Location="https://evil.example/?{}"),
    "host of location": _echo(302, Location="https://{}.example/"),
    "path of location": _echo(307, Location="//evil.example/{}"),
    "link": _echo(200, Link='<https://evil.example/{}>; rel="next"'),
    "quota": _echo(429, RateLimit="{}", Retry_After="{}"),
    "encoding": _echo(200, Content_Encoding="{}"),
    "hang up": _hang_up,
    "truncated": _break_off,
    "foreign protocol": lambda server: server.play(f"{TOKEN}\r\n\r\n".encode()),
    "bad status": lambda server: server.play(f"HTTP/1.1 {TOKEN} OK\r\n\r\n".encode()),
    "bad chunk": lambda server: server.play(
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}\r\n".encode()
    ),
    "web page": lambda server: server.play(server.reply(200, TOKEN.encode(), content_type="text/html")),
    "no json": lambda server: server.play(server.reply(200, TOKEN.encode())),
}


def _crash_report(error: BaseException) -> str:
    """What a crash reporter would send: all causes, with the variables of each frame that isn't the test's."""
    lines = []
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += (one.__cause__, one.__context__)
        lines += [repr(one), str(one), repr(vars(one)), repr(getattr(one, "request", None))]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                lines += [repr(value) for value in frame.f_locals.values()]
    return "\n".join(lines)


def _read(transport) -> None:
    for page in transport.pages("/api/models/a/b"):
        page.json()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_token_shows_nowhere(hostile, make_transport, caplog, fault) -> None:
    """Neither in the error, its repr, its pickle and its traceback, nor in a log record of any level."""
    caplog.set_level(logging.DEBUG)
    fault(hostile)
    with pytest.raises(HubkitError) as caught:
        _read(make_transport(TOKEN))
    error = caught.value

    assert hostile.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in f"{error} {error!r} {vars(error)}"
    assert TOKEN.encode() not in pickle.dumps(error)
    assert TOKEN not in caplog.text
    assert not any(TOKEN in repr(vars(record)) for record in caplog.records)
    assert TOKEN not in "".join(traceback.format_exception(error))
    assert len(hostile.requests) <= 6


@pytest.mark.parametrize(
    "fault", ["hang up", "truncated", "header", "body", "quota", "encoding", "request id"]
)
@pytest.mark.parametrize(
    "work", [_read, lambda transport: transport.write("POST", "/x", json={})], ids=["get", "post"]
)
def test_frames_hold_no_token(hostile, make_transport, fault, work) -> None:
    """Nor do the variables of the frames that a crash reporter sends, and those of the errors behind."""
    FAULTS[fault](hostile)
    with pytest.raises(HubkitError) as caught:
        work(make_transport(TOKEN))

    assert TOKEN not in _crash_report(caught.value)


def test_escapes_of_the_server_reach_no_log(hostile, make_transport, caplog) -> None:
    """What the server says is logged without what a terminal would obey."""
    caplog.set_level(logging.DEBUG, "hubkit")
    hostile.play(hostile.reply(503, X_Error_Message="\x1b]0;owned\x07bad\x9b2J"), hostile.reply(200, b"5"))
    make_transport().get("/")

    assert "bad" in caplog.text
    assert not any(character in caplog.text for character in "\x1b\x07\x9b")


def test_transport_shows_no_token(make_transport) -> None:
    """Printing the objects of a transport prints no token."""
    transport = make_transport(TOKEN)
    transport.get("/")

    assert TOKEN not in f"{transport!r} {vars(transport)} {vars(transport._exchange)}"
