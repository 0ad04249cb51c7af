"""Planned misbehaviour of the local hub: failures, delays, and a rate limit with the Hub's own headers."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping

import attrs

__all__ = ["Failure", "Faults", "RateLimit"]


@attrs.frozen(kw_only=True)
class Failure:
    """How requests shall go wrong."""

    route: str | None
    """The only route that it hits; None hits all."""

    status: int | None
    """The answer's status; None answers normally, after the delay."""

    headers: Mapping[str, str] = attrs.field(factory=dict)
    """Headers of the answer."""

    body: bytes | None = None
    """Body of the answer; None writes an error of the Hub's shape."""

    delay: float = 0.0
    """Seconds that the answer waits first."""

    code: str | None = None
    """``X-Error-Code`` of the answer."""


class Faults:
    """The plans that are not used up yet. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[tuple[Failure, float]] = []

    def plan(self, failure: Failure, times: int | None) -> None:
        """Add a plan.

        Args:
            failure: What shall happen.
            times: How often; None for ever.
        """
        if times is not None and times < 1:
            return
        with self._lock:
            self._plans.append((failure, math.inf if times is None else times))

    def clear(self) -> None:
        """Forget every plan."""
        with self._lock:
            self._plans.clear()

    def next_for(self, route: str) -> tuple[float, Failure | None]:
        """Take what is planned for one request.

        Plans apply in the order in which they were made. Those that only delay add up; the first that
        answers ends the search.

        Args:
            route: The name of the request's route.

        Returns:
            Seconds to wait, and the failure to answer with, if any.
        """
        delay, answer = 0.0, None
        kept: list[tuple[Failure, float]] = []
        with self._lock:
            for failure, left in self._plans:
                if answer is None and failure.route in (None, route):
                    delay += failure.delay
                    answer = failure if failure.status is not None else None
                    left -= 1
                if left > 0:
                    kept.append((failure, left))
            self._plans = kept
        return delay, answer


@attrs.define
class _Window:
    ends: float
    used: int = 0


class RateLimit:
    """A quota per fixed window, counted for each user and for anonymous callers. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._quota: int | None = None
        self._seconds = 300.0
        self._windows: dict[str | None, _Window] = {}

    def set(self, quota: int | None, seconds: float) -> None:
        """Set or lift the limit; counting starts anew.

        Args:
            quota: Requests per window; None lifts the limit.
            seconds: Length of a window.
        """
        with self._lock:
            self._quota, self._seconds = quota, seconds
            self._windows.clear()

    def count(self, user: str | None, now: float) -> tuple[bool, dict[str, str]]:
        """Count one request.

        Args:
            user: Who asks; None for anonymous.
            now: Seconds of a clock that never goes back.

        Returns:
            Whether the request is within the quota, and the headers of the answer.
        """
        with self._lock:
            if self._quota is None:
                return True, {}
            window = self._windows.get(user)
            if window is None or now >= window.ends:
                window = self._windows[user] = _Window(now + self._seconds)
            window.used += 1
            left, resets = self._quota - window.used, math.ceil(window.ends - now)
            headers = {
                "RateLimit": f'"api";r={max(left, 0)};t={resets}',
                "RateLimit-Policy": f'"fixed window";"api";q={self._quota};w={self._seconds:g}',
            }
            return left >= 0, headers
