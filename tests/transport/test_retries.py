"""Which failures are tried again, how often, and after which pauses."""

from __future__ import annotations

import socket

import pytest

from hubkit import (
    AuthenticationError,
    RateLimitedError,
    RepoNotFoundError,
    ResponseError,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
)

PASSING = [429, 500, 502, 503, 504]
PATH = "/api/models/a/b"


@pytest.mark.parametrize("status", PASSING)
def test_passing_failures_are_tried_again(hostile, transport, clock, status) -> None:
    """Two failures that may pass, and the third attempt succeeds."""
    hostile.play(hostile.reply(status), hostile.reply(status), hostile.reply(200, b"5"))

    assert transport.get(PATH).json() == 5
    assert (3, 2) == (len(hostile.requests), len(clock.slept))
    assert all(0 <= pause <= 2 for pause in clock.slept)


@pytest.mark.parametrize("status", PASSING)
def test_lasting_failures_are_told(hostile, transport, clock, status) -> None:
    """What goes on failing is an error after four attempts."""
    hostile.play(hostile.reply(status))
    with pytest.raises(RateLimitedError if status == 429 else ServerError):
        transport.get(PATH)

    assert (4, 3) == (len(hostile.requests), len(clock.slept))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 418, 501, 505])
def test_final_answers_are_not_tried_again(hostile, transport, clock, status) -> None:
    """What another attempt would not change is told at once."""
    hostile.play(hostile.reply(status))
    with pytest.raises(ResponseError):
        transport.get(PATH)

    assert (1, []) == (len(hostile.requests), clock.slept)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", PASSING)
def test_writes_are_sent_once(hostile, transport, clock, method, status) -> None:
    """A change is never sent twice, whatever comes back."""
    hostile.play(hostile.reply(status))
    with pytest.raises(ResponseError):
        transport.write(method, PATH, json={})

    assert (1, []) == (len(hostile.requests), clock.slept)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_lost_writes_are_not_sent_again(hostile, transport, clock, method) -> None:
    """Nobody knows what became of a change whose answer was lost, so it is not repeated."""
    hostile.behave = lambda request, sock: None
    with pytest.raises(TransportError):
        transport.write(method, PATH, json={})

    assert (1, []) == (len(hostile.requests), clock.slept)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 307, "Location": "/elsewhere"},
        {"status": 302, "Location": "https://evil.example/"},
        {"status": 200, "content_type": "text/html"},
    ],
)
def test_writes_that_were_not_done(hostile, transport, answer) -> None:
    """A change is done where it was sent: a redirect isn't followed, and a login page is no success."""
    hostile.play(hostile.reply(**answer))
    with pytest.raises(UnexpectedAnswerError):
        transport.write("POST", PATH, json={})

    assert len(hostile.requests) == 1


def test_broken_connections_are_tried_again(hostile, transport, clock) -> None:
    """A server that hangs up is asked again."""
    hostile.behave = lambda request, sock: None if len(hostile.requests) < 3 else hostile.reply(200, b"5")

    assert transport.get(PATH).json() == 5
    assert len(clock.slept) == 2


def test_refused_connections_are_tried_again(make_transport, clock) -> None:
    """Where nobody listens four attempts are made, and the error says what is the matter."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TransportError, match="connection refused"):
        make_transport(endpoint=f"http://127.0.0.1:{port}").get(PATH)

    assert len(clock.slept) == 3


def test_impossible_host(make_transport, clock) -> None:
    """A name that can't be a host's is a transport error without a page of wrappers."""
    with pytest.raises(TransportError) as caught:
        make_transport(endpoint=f"http://{'x' * 64}.invalid", retries=1).get(PATH)

    assert len(str(caught.value)) < 200
    assert len(clock.slept) == 1


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_number_of_retries_is_a_setting(hostile, make_transport, retries) -> None:
    """So many attempts more are made, and no others by the layers below."""
    hostile.play(hostile.reply(503))
    with pytest.raises(ServerError):
        make_transport(retries=retries).get(PATH)

    assert len(hostile.requests) == retries + 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "pauses"),
    [
        ({"Retry-After": "7"}, [7.0]),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:09 GMT"}, [9.0]),
        ({"RateLimit": '"api";r=0;t=11'}, [11.0]),
        ({"Retry-After": "4", "RateLimit": '"api";r=0;t=11'}, [4.0]),
    ],
)
def test_named_pauses_are_kept(hostile, transport, clock, status, headers, pauses) -> None:
    """The Hub names the pause, in one of the forms that it has, and exactly so long is waited."""
    hostile.play(hostile.reply(status, **headers), hostile.reply(200, b"5"))

    assert transport.get(PATH).json() == 5
    assert clock.slept == pytest.approx(pauses)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "Thu, 01 Jan 2015 00:00:00 GMT",
        "-5",
        "soon",
        "1e300",
        "99999999999",
        "nan",
        "5.5.5",
        "\xff",
        ";" * 999,
    ],
)
def test_senseless_pauses_are_ignored(hostile, transport, clock, text) -> None:
    """No pause at all would make a storm, and garbage names none: the own pause is taken."""
    hostile.play(hostile.reply(429, **{"Retry-After": text}), hostile.reply(200, b"5"))

    assert transport.get(PATH).json() == 5
    assert len(clock.slept) == 1
    assert 0 <= clock.slept[0] <= 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("text", ["31", "3600", "999999999", "Fri, 01 Jan 2027 00:00:00 GMT"])
def test_pause_beyond_the_deadline_fails_at_once(hostile, transport, clock, status, text) -> None:
    """Who would have to wait too long is told at once for how long."""
    hostile.play(hostile.reply(status, **{"Retry-After": text}))
    with pytest.raises((RateLimitedError, ServerError)) as caught:
        transport.get(PATH)

    assert caught.value.retry_after >= 31
    assert (1, []) == (len(hostile.requests), clock.slept)


def test_pauses_end_by_the_deadline(hostile, transport, clock) -> None:
    """All pauses together stay within the deadline."""
    hostile.play(hostile.reply(429, **{"Retry-After": "14"}))
    with pytest.raises(RateLimitedError):
        transport.get(PATH)

    assert clock.slept == [14.0, 14.0]
    assert len(hostile.requests) == 3


def test_deadline_of_the_caller(hostile, transport, clock) -> None:
    """A deadline that the caller brought along counts, with what is already spent of it."""
    deadline = transport.new_deadline()
    clock.advance(seconds=25.0)
    hostile.play(hostile.reply(429, **{"Retry-After": "6"}))
    with pytest.raises(RateLimitedError):
        transport.get(PATH, deadline=deadline)

    assert clock.slept == []


def test_passed_deadline_asks_nobody(hostile, transport, clock) -> None:
    """When the time is up no request is made."""
    deadline = transport.new_deadline()
    clock.advance(seconds=30.0)
    with pytest.raises(TimeoutError, match="deadline of 30 s"):
        transport.get(PATH, deadline=deadline)

    assert hostile.requests == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 401}, RepoNotFoundError),
        (
            {"status": 401, "X-Error-Message": "Invalid credentials in Authorization header"},
            AuthenticationError,
        ),
        ({"status": 302, "Location": "http://evil.example/"}, UnexpectedAnswerError),
    ],
)
def test_what_will_not_pass(hostile, transport, clock, answer, error) -> None:
    """Refusals and misdirections are told after one request."""
    hostile.play(hostile.reply(**answer))
    with pytest.raises(error):
        transport.get(PATH)

    assert (1, []) == (len(hostile.requests), clock.slept)
