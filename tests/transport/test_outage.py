"""A Hub that was away a moment ago."""

from __future__ import annotations

import threading

import pytest

from hubkit import ResponseError, ServerError, TransportError, TransportTimeoutError
from hubkit._transport._outage import MEMORY, PAUSE

PATH = "/api/models/a/b"
FIRST = 4
"""Requests of one who knows of no outage."""


@pytest.fixture
def silence(hostile):
    """The server takes requests and never answers."""
    end = threading.Event()
    hostile.behave = lambda request, sock: end.wait() and None
    yield
    end.set()


def asked(hostile, transport, *, patient=True):
    """How many requests one question that fails takes."""
    before = len(hostile.requests)
    with pytest.raises((TransportError, ResponseError)):
        transport.get(PATH, patient=patient)
    return len(hostile.requests) - before


@pytest.mark.parametrize("status", [502, 503, 504])
def test_retries_are_paid_for_once(hostile, transport, clock, status):
    """The next who ask a Hub that is away ask once, and wait for nothing."""
    hostile.play(hostile.reply(status))

    assert [FIRST, 1, 1] == [asked(hostile, transport) for _ in range(3)]
    assert FIRST - 1 == len(clock.slept)


def test_hung_up_on(hostile, transport):
    """A server that hangs up is away too."""
    hostile.behave = lambda request, sock: None

    assert [FIRST, 1] == [asked(hostile, transport) for _ in range(2)]


@pytest.mark.parametrize("status", [200, 404])
def test_the_first_answer_ends_it(hostile, transport, status):
    """Whatever the Hub says, it is there again, and the next failure is tried again."""
    hostile.play(hostile.reply(503))
    asked(hostile, transport)
    hostile.behave = lambda request, sock: hostile.reply(status, b"{}")
    if status == 200:
        transport.get(PATH)
    else:
        asked(hostile, transport)
    hostile.behave = lambda request, sock: hostile.reply(503)

    assert FIRST == asked(hostile, transport)


def test_forgotten_after_a_minute(hostile, transport, clock):
    """What failed long ago says nothing about now."""
    hostile.play(hostile.reply(503))
    asked(hostile, transport)
    clock.advance(seconds=MEMORY)

    assert FIRST == asked(hostile, transport)


def test_a_question_that_breaks_the_hub_is_no_outage(hostile, transport):
    """A 500 is about one question: others are tried again."""
    hostile.play(hostile.reply(500))

    assert [FIRST, FIRST] == [asked(hostile, transport) for _ in range(2)]


def test_quick_failures_cost_a_caller_with_an_answer_nothing(hostile, transport):
    """Who has an older answer asks too, and so learns at once when the Hub is back."""
    hostile.play(hostile.reply(503))
    asked(hostile, transport)
    assert 1 == asked(hostile, transport, patient=False)
    hostile.behave = lambda request, sock: hostile.reply(200, b"5")

    assert 5 == transport.get(PATH, patient=False).json()


def test_silence_is_met_once_a_pause(hostile, make_transport, clock, silence):
    """Who has an older answer leaves a silent Hub alone; one tries after each pause."""
    transport = make_transport(read_timeout=0.5, retries=0)
    asked(hostile, transport)

    assert [0, 0, 0] == [asked(hostile, transport, patient=False) for _ in range(3)]
    clock.advance(seconds=PAUSE)
    assert [1, 0] == [asked(hostile, transport, patient=False) for _ in range(2)]


def test_silence_is_told_as_such(hostile, make_transport, silence):
    """The error says that nobody was asked, and why."""
    transport = make_transport(read_timeout=0.5, retries=0)
    asked(hostile, transport)
    with pytest.raises(TransportTimeoutError) as caught:
        transport.get(PATH, patient=False)

    assert "not asked, since the Hub gave no answer a moment ago" in str(caught.value)


def test_who_needs_a_silent_hub_asks_it(hostile, make_transport, silence):
    """Without an older answer there is nothing else to do."""
    transport = make_transport(read_timeout=0.5, retries=0)

    assert [1, 1] == [asked(hostile, transport) for _ in range(2)]


def test_an_outage_is_still_a_server_error(hostile, transport):
    """The second caller gets the same error as the first."""
    hostile.play(hostile.reply(503))
    asked(hostile, transport)

    with pytest.raises(ServerError):
        transport.get(PATH)
