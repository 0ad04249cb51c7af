"""Whether a stored answer may be used: pure, from ages and policy to a verdict."""

from __future__ import annotations

import enum

import attrs

from hubkit._clock import CLOCK_SKEW

__all__ = ["RETENTION", "Freshness", "Policy", "assess", "is_stale", "may_serve_on_error"]

RETENTION = 30 * 86_400.0
"""Seconds after which nothing is kept, whatever its writer allowed."""


class Freshness(enum.Enum):
    """What to do with a stored answer."""

    HIT = "hit"
    """Use it; ask nobody."""
    STALE_OK = "stale-ok"
    """Use it now, and ask in the background."""
    REVALIDATE = "revalidate"
    """Ask, with its etag; it may stand in if the Hub can't answer."""
    MISS = "miss"
    """As if it were not there."""


@attrs.frozen(kw_only=True)
class Policy:
    """How old an answer may be; all in seconds."""

    ttl: float = 86_400.0
    """Age up to which an answer is used without asking."""
    stale_while_revalidate: float = 0.0
    """Age beyond the ttl up to which it is used while it is asked anew."""
    stale_if_error: float = 0.0
    """Age beyond the ttl up to which it stands in for an answer that can't be had."""
    negative_ttl: float = 300.0
    """Age up to which "there is no such model" is believed."""


def is_stale(stored_at: float, ttl: float | None, *, now: float) -> bool:
    """Whether an answer is past its time.

    Args:
        stored_at: Epoch seconds when the Hub gave or confirmed it.
        ttl: Seconds; None for an answer that can't change, 0 to ask always.
        now: Epoch seconds.

    >>> is_stale(1_000.0, 60.0, now=1_030.0), is_stale(1_000.0, 60.0, now=1_061.0)
    (False, True)
    """
    age = now - stored_at
    # A date from the future is a clock that was wrong: it would never age.
    if age < -CLOCK_SKEW:
        return True
    # Within the skew it is as new as can be: a ttl of 0 still has it asked anew.
    return ttl is not None and not (age if age > 0.0 else 0.0) < ttl


def assess(stored_at: float, ttl: float | None, *, negative: bool, now: float, policy: Policy) -> Freshness:
    """The verdict on one stored answer.

    Args:
        stored_at: Epoch seconds when the Hub gave or confirmed it.
        ttl: The seconds that its writer gave it; None: it can't change. A reader whose
            policy is stricter goes by its own.
        negative: Whether it says that there is nothing.
        now: Epoch seconds.
        policy: The reader's.
    """
    limit = policy.negative_ttl if negative else policy.ttl
    allowed = None if ttl is None else min(ttl, limit)
    if not is_stale(stored_at, allowed, now=now):
        return Freshness.HIT
    if negative or _is_beyond(stored_at, RETENTION, now):
        return Freshness.MISS
    if not _is_beyond(stored_at, (allowed or 0.0) + policy.stale_while_revalidate, now):
        return Freshness.STALE_OK
    return Freshness.REVALIDATE


def may_serve_on_error(stored_at: float, *, now: float, policy: Policy) -> bool:
    """Whether an answer may stand in when the Hub can't be asked.

    That is the reader's decision alone: who lives without a network may allow more than who filled the store.
    """
    return not _is_beyond(stored_at, policy.ttl + policy.stale_if_error, now)


def _is_beyond(stored_at: float, seconds: float, now: float) -> bool:
    age = now - stored_at
    return age < -CLOCK_SKEW or not max(age, 0.0) < seconds
