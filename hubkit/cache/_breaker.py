"""A circuit breaker: what failed is left alone for a while, then tried by one caller at a time."""

from __future__ import annotations

from hubkit._clock import Clock
from hubkit.cache._forks import ForkSafeLock

__all__ = ["PAUSE", "Breaker"]

PAUSE = 10.0
"""Seconds for which something that failed is left alone."""


class Breaker:
    """Whether to use something that may be broken.

    Closed it costs a look at one attribute. The first failure opens it; after a pause
    one caller may try, and the others go on without until that one knows.

    Args:
        clock: Measures the pause.
        pause: Seconds.
    """

    def __init__(self, clock: Clock, *, pause: float = PAUSE) -> None:
        self._clock = clock
        self._pause = pause
        self._turns = ForkSafeLock()
        self._open_until: float | None = None

    def allows(self) -> bool:
        """Whether this caller may go; who may must say `succeeded` or `failed` afterwards."""
        if not self.is_open:
            return True
        with self._turns.lock:
            open_until = self._open_until
            if open_until is None:
                return True
            if self._clock.monotonic() < open_until:
                return False
            # This caller tries. The others wait for another pause, unless it succeeds sooner.
            self._open_until = self._clock.monotonic() + self._pause
            return True

    @property
    def is_open(self) -> bool:
        """Whether the last caller that knows found it broken."""
        return self._open_until is not None

    def succeeded(self) -> bool:
        """It works; whether it was thought broken."""
        if not self.is_open:
            return False
        with self._turns.lock:
            was_open, self._open_until = self.is_open, None
        return was_open

    def failed(self) -> bool:
        """It doesn't; whether that is news."""
        with self._turns.lock:
            is_news = not self.is_open
            self._open_until = self._clock.monotonic() + self._pause
        return is_news
