"""A clock that only tests move."""

from __future__ import annotations

import threading

__all__ = ["FakeClock"]


class FakeClock:
    """A `Clock` that stands still until `advance` or `sleep` moves it.

    Args:
        start: What `now` says first, in epoch seconds.

    >>> clock = FakeClock(start=1_000.0)
    >>> clock.advance(hours=25)
    >>> clock.now()
    91000.0
    """

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start
        self._monotonic = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Epoch seconds, as far as the test has let them come."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the clock was made; `set_wall` leaves it alone."""
        return self._monotonic

    def sleep(self, seconds: float, /) -> None:
        """Return at once, with both clocks moved on; `slept` remembers it."""
        self.slept.append(seconds)
        self.advance(seconds=seconds)

    def advance(self, *, seconds: float = 0.0, hours: float = 0.0) -> None:
        """Move both clocks on."""
        with self._lock:
            self._now += seconds + 3600.0 * hours
            self._monotonic += seconds + 3600.0 * hours

    def set_wall(self, now: float) -> None:
        """Set `now` alone, as an administrator or NTP would: forwards or back."""
        self._now = now
