"""The circuit breaker."""

from __future__ import annotations

import pytest

from hubkit.cache._breaker import Breaker


@pytest.fixture
def breaker(clock):
    """One with a pause of ten seconds."""
    return Breaker(clock, pause=10.0)


def test_closed_until_something_fails(breaker):
    """What works is used, and saying so is no news."""
    assert breaker.allows()
    assert not breaker.succeeded()
    assert not breaker.is_open


def test_first_failure_opens(breaker):
    """One failure is enough, and only the first is news."""
    assert breaker.failed()
    assert not breaker.failed()
    assert not breaker.allows()


def test_after_the_pause_one_may_try(breaker, clock):
    """The others go on without until that one knows."""
    breaker.failed()
    clock.advance(seconds=10.0)

    assert [True, False, False] == [breaker.allows() for _ in range(3)]


def test_success_closes(breaker, clock):
    """When the one who tried succeeds, all may go."""
    breaker.failed()
    clock.advance(seconds=10.0)

    assert breaker.allows()
    assert breaker.succeeded()
    assert [True, True] == [breaker.allows() for _ in range(2)]


def test_failure_opens_for_another_pause(breaker, clock):
    """When it fails, everybody waits again."""
    breaker.failed()
    clock.advance(seconds=10.0)
    breaker.allows()
    breaker.failed()
    clock.advance(seconds=9.0)

    assert not breaker.allows()


def test_one_who_never_comes_back_blocks_nobody(breaker, clock):
    """If the one who tried dies, the next may try after another pause."""
    breaker.failed()
    for _ in range(2):
        clock.advance(seconds=10.0)

        assert breaker.allows()
