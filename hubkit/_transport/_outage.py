"""A Hub that was away a moment ago: it is asked again, but not insisted upon."""

from __future__ import annotations

from hubkit._clock import Clock
from hubkit.errors import (
    HubkitError,
    ServerError,
    TransportError,
    TransportTimeoutError,
    UnexpectedAnswerError,
)

__all__ = ["NotAskedError", "Outage", "is_absence"]

PAUSE = 10.0
"""Seconds for which a silent Hub is left alone by callers who can do without it."""

MEMORY = 60.0
"""Seconds after which a failure tells nothing any more."""


class NotAskedError(TransportTimeoutError):
    """A Hub that gave no answer a moment ago was left alone: nothing that others would meet too."""


class Outage:
    """What one caller's failure tells the next: retries are paid for once, not by each.

    While it lasts, whoever needs the Hub asks it once. Whoever has an older answer asks only
    where that is quickly over; a Hub that lets its callers wait is tried by one of them
    each pause. The first answer, of whatever kind, ends it.

    It is this process's own: a member of a fleet whose network is broken must not
    keep the others from asking.

    Args:
        clock: Measures the pauses.
    """

    # Without a lock: at worst two callers try where one would do.

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_silent = False
        self._next_try = 0.0
        self._ends_at: float | None = None

    def lasts(self) -> bool:
        """Whether the last caller that knows found nobody."""
        ends_at = self._ends_at
        return ends_at is not None and self._clock.monotonic() < ends_at

    def check(self, url: str) -> None:
        """Let a caller who can do without ask, if that is quickly over or this pause's turn is still free.

        Raises:
            NotAskedError: It isn't.
        """
        if not self._is_silent or not self.lasts():
            return
        now = self._clock.monotonic()
        if now < self._next_try:
            raise NotAskedError(f"{url}: not asked, since the Hub gave no answer a moment ago")
        self._next_try = now + PAUSE

    def failed(self, error: HubkitError) -> None:
        """A question has failed for good: because there was nobody, or with an answer."""
        if is_absence(error):
            now = self._clock.monotonic()
            self._is_silent = isinstance(error, TransportTimeoutError)
            self._next_try, self._ends_at = now + PAUSE, now + MEMORY
        elif not isinstance(error, TransportError):
            self.ended()

    def ended(self) -> None:
        """Somebody answered."""
        self._ends_at = None


def is_absence(error: HubkitError) -> bool:
    """Whether there was nobody, as against an answer that isn't liked."""
    if isinstance(error, ServerError):
        return error.status_code in (502, 503, 504)
    return isinstance(error, TransportError) and not isinstance(error, UnexpectedAnswerError)
