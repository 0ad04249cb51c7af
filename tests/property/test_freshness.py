"""Verdicts: pure, monotonous, and nothing is immortal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubkit.cache._freshness import RETENTION, Freshness, Policy, assess, is_stale, may_serve_on_error

MOMENTS = st.floats(-1e10, 1e11)
SPANS = st.floats(0.0, 1e8)
POLICIES = st.builds(
    Policy, ttl=SPANS, stale_while_revalidate=SPANS, stale_if_error=SPANS, negative_ttl=st.floats(0.0, 1e4)
)
ORDER = [Freshness.HIT, Freshness.STALE_OK, Freshness.REVALIDATE, Freshness.MISS]


@given(MOMENTS, SPANS, st.booleans(), MOMENTS, POLICIES)
def test_old_and_future_answers_are_no_hits(stored_at, ttl, negative, now, policy) -> None:
    """A hit is younger than both ttls; one from the future is a miss; a stale negative one too."""
    verdict = assess(stored_at, ttl, negative=negative, now=now, policy=policy)
    age = now - stored_at
    limit = min(ttl, policy.negative_ttl if negative else policy.ttl)

    assert verdict is not Freshness.HIT or max(age, 0.0) < limit
    assert age >= -300 or verdict is Freshness.MISS
    assert not negative or verdict in (Freshness.HIT, Freshness.MISS)
    assert verdict is not Freshness.STALE_OK or age < limit + policy.stale_while_revalidate


@given(MOMENTS, SPANS, POLICIES, st.lists(st.floats(0.0, 1e8), min_size=2, max_size=5))
def test_answers_only_get_worse(stored_at, ttl, policy, ages) -> None:
    """As time goes on, a verdict never improves."""
    verdicts = [
        ORDER.index(assess(stored_at, ttl, negative=False, now=stored_at + age, policy=policy))
        for age in sorted(ages)
    ]

    assert verdicts == sorted(verdicts)


@given(MOMENTS, st.none() | SPANS, MOMENTS, POLICIES)
def test_nothing_outlives_its_retention(stored_at, ttl, now, policy) -> None:
    """Beyond 30 days, or with a date that can't be, only what can't change is used."""
    verdict = assess(stored_at, ttl, negative=False, now=now, policy=policy)
    impossible = now - stored_at < -300

    assert not impossible or verdict is Freshness.MISS
    assert not impossible or not may_serve_on_error(stored_at, now=now, policy=policy)
    if ttl is not None and now - stored_at >= RETENTION and not now - stored_at < min(ttl, policy.ttl):
        assert verdict is Freshness.MISS


@given(MOMENTS, st.floats(-300.0, 1e9))
def test_zero_ttl_is_always_stale(stored_at, age) -> None:
    """A ttl of 0 has every answer asked anew, also when the writer's clock was ahead."""
    assert is_stale(stored_at, 0.0, now=stored_at + age)
    assert assess(stored_at, 1e6, negative=False, now=stored_at + age, policy=Policy(ttl=0.0)) in (
        Freshness.REVALIDATE,
        Freshness.MISS,
    )


@given(MOMENTS, SPANS, MOMENTS, POLICIES)
def test_hits_may_stand_in(stored_at, ttl, now, policy) -> None:
    """What may be used without asking may be used when nobody can be asked."""
    if assess(stored_at, ttl, negative=False, now=now, policy=policy) is Freshness.HIT:
        assert may_serve_on_error(stored_at, now=now, policy=policy)
