"""What the driver raises, sorted by what to do about it."""

from __future__ import annotations

from typing import Any

import attrs

__all__ = ["Faults", "GarbledError", "RouteError"]


class RouteError(Exception):
    """Which server to ask can't be found out just now."""


class GarbledError(Exception):
    """What came is no answer to what was asked: bytes were lost or altered on the way."""

    def __init__(self) -> None:
        super().__init__("its answer is none to what was asked")


@attrs.frozen
class Faults:
    """The classes of a driver's errors.

    Args:
        driver: The ``redis`` package, which is imported by those who use it only.
    """

    driver: Any = attrs.field(repr=False)
    every: tuple[type[Exception], ...] = attrs.field(init=False)
    """All that a command may raise."""

    @every.default
    def _every(self) -> tuple[type[Exception], ...]:
        return (self.driver.RedisError, OSError, RouteError, GarbledError)

    def is_moved(self, error: Exception) -> bool:
        """Whether a server of a cluster says that another has the key."""
        return isinstance(error, self.driver.exceptions.MovedError)

    def is_ask(self, error: Exception) -> bool:
        """Whether a key is on its way from one server of a cluster to another, which can be asked for it."""
        # The driver derives the one from the other.
        return isinstance(error, self.driver.exceptions.AskError) and not self.is_moved(error)

    def is_lost(self, error: Exception) -> bool:
        """Whether another server may have taken this one's place."""
        known = self.driver.exceptions
        gone = (known.ConnectionError, known.TimeoutError, known.ReadOnlyError, known.ClusterDownError)
        # To the driver a refused login is a broken connection.
        return isinstance(error, (*gone, OSError)) and not isinstance(error, known.AuthenticationError)

    def is_timeout(self, error: Exception) -> bool:
        """Whether a server didn't answer."""
        return isinstance(error, self.driver.TimeoutError)

    def is_wrong_type(self, error: Exception) -> bool:
        """Whether what lies under a key isn't a string."""
        return isinstance(error, self.driver.ResponseError) and str(error).startswith("WRONGTYPE")

    def explain(self, error: Exception) -> str:
        """What happened, in words for the one who set the cache up."""
        if isinstance(error, (self.driver.exceptions.AskError, self.driver.exceptions.ClusterCrossSlotError)):
            return "it is part of a cluster, whose URL begins with redis+cluster://"
        text = str(error) or type(error).__name__
        if isinstance(error, self.driver.exceptions.ReadOnlyError):
            return f"it is a replica; name its primary, or use redis+sentinel:// ({text})"
        return text
