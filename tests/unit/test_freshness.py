"""Verdicts on stored answers: whoever's clock was wrong, nothing lives for ever."""

from __future__ import annotations

import pytest

from hubkit.cache._freshness import RETENTION, Freshness, Policy, assess, is_stale, may_serve_on_error

NOW = 1_767_225_600.0
DAY = 86_400.0


@pytest.mark.parametrize(
    ("age", "ttl", "stale"),
    [
        (0.0, 60.0, False),
        (59.9, 60.0, False),
        (60.0, 60.0, True),
        (0.0, 0.0, True),
        (-299.0, 0.0, True),
        (-299.0, 60.0, False),
        (-301.0, 60.0, True),
        (-301.0, None, True),
        (1e9, None, False),
        (-1e9, None, True),
    ],
)
def test_staleness(age, ttl, stale) -> None:
    """Past its ttl, always with a ttl of 0, and when from the future: stale."""
    assert is_stale(NOW - age, ttl, now=NOW) is stale


@pytest.mark.parametrize(
    ("age", "policy", "verdict"),
    [
        (1.0, Policy(), Freshness.HIT),
        (DAY, Policy(), Freshness.REVALIDATE),
        (DAY, Policy(stale_while_revalidate=60.0), Freshness.STALE_OK),
        (DAY + 60.0, Policy(stale_while_revalidate=60.0), Freshness.REVALIDATE),
        (3_600.0, Policy(ttl=60.0), Freshness.REVALIDATE),
        (3_600.0, Policy(ttl=7 * DAY), Freshness.HIT),
        (2 * DAY, Policy(ttl=7 * DAY), Freshness.REVALIDATE),
        (RETENTION, Policy(stale_while_revalidate=1e9), Freshness.MISS),
        (-301.0, Policy(), Freshness.MISS),
        (-299.0, Policy(), Freshness.HIT),
        (0.0, Policy(ttl=0.0), Freshness.REVALIDATE),
        (-299.0, Policy(ttl=0.0), Freshness.REVALIDATE),
        (-299.0, Policy(ttl=0.0, stale_while_revalidate=1.0), Freshness.STALE_OK),
    ],
)
def test_verdicts(age, policy, verdict) -> None:
    """The stricter of writer and reader decides; a writer gave a day."""
    assert assess(NOW - age, DAY, negative=False, now=NOW, policy=policy) is verdict


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(0.0, Freshness.HIT), (299.0, Freshness.HIT), (300.0, Freshness.MISS), (-301.0, Freshness.MISS)],
)
def test_negative_answers(age, verdict) -> None:
    """That there is nothing is believed for five minutes, and never beyond."""
    policy = Policy(stale_while_revalidate=1e6, stale_if_error=1e6)

    assert assess(NOW - age, 1e6, negative=True, now=NOW, policy=policy) is verdict


def test_what_cannot_change_never_expires() -> None:
    """An answer about a commit is good whatever its age, unless its date is wrong."""
    ages = [0.0, DAY, 10 * RETENTION]

    assert {assess(NOW - age, None, negative=False, now=NOW, policy=Policy(ttl=0.0)) for age in ages} == {
        Freshness.HIT
    }
    assert assess(NOW + 400.0, None, negative=False, now=NOW, policy=Policy()) is Freshness.MISS


@pytest.mark.parametrize(
    ("age", "policy", "allowed"),
    [
        (DAY - 1, Policy(), True),
        (DAY, Policy(), False),
        (DAY, Policy(stale_if_error=60.0), True),
        (DAY + 60.0, Policy(stale_if_error=60.0), False),
        (100.0, Policy(ttl=60.0), False),
        (-10.0, Policy(ttl=0.0), False),
        (-400.0, Policy(stale_if_error=1e9), False),
        (5 * DAY, Policy(ttl=7 * DAY), True),
    ],
)
def test_standing_in(age, policy, allowed) -> None:
    """A stale answer stands in as long as the reader allows; by default an expired one doesn't."""
    assert may_serve_on_error(NOW - age, now=NOW, policy=policy) is allowed


def test_verdict_needs_no_clock() -> None:
    """The same question has the same answer, however often it is put."""
    verdicts = {assess(NOW - 5, DAY, negative=False, now=NOW, policy=Policy()) for _ in range(50)}

    assert verdicts == {Freshness.HIT}
