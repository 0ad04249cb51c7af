"""Time as an argument: everything in hubkit that waits or dates asks a Clock."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["CLOCK_SKEW", "SYSTEM_CLOCK", "Clock", "Deadline", "SystemClock"]

CLOCK_SKEW = 300.0
"""Seconds by which two machines' clocks may differ before a date counts as wrong."""


class Clock(Protocol):
    """Where a component reads the time.

    - ``now`` dates what is stored; it may jump when somebody sets the clock.
    - ``monotonic`` measures durations; it never goes back.
    - ``sleep`` is the only way hubkit waits.
    """

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment of this process."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait that many seconds."""
        ...


class SystemClock:
    """The machine's own clocks."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


SYSTEM_CLOCK: Clock = SystemClock()


class Deadline:
    """The moment by which a call has to be over, whatever it does until then.

    Args:
        seconds: How long it may take from now.
        clock: Measures them.
    """

    __slots__ = ("_clock", "_ends_at", "seconds")

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds: float = seconds
        self._clock = clock
        self._ends_at = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self._ends_at - self._clock.monotonic())

    def passed(self) -> bool:
        """Whether it is over."""
        return self.remaining() == 0.0
