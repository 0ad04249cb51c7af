"""What all clauses of the backend contract need: a way to let time pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache._backend import CacheBackend

__all__ = ["Clauses", "OpenBackend"]

OpenBackend: TypeAlias = Callable[[], CacheBackend]
"""Opens a backend. Every call of one test opens the same store."""


class Clauses:
    """Some clauses of the contract."""

    instant: ClassVar[float] = 0.05
    """Seconds after which the tests let entries and leases end."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the backend.

        Args:
            seconds: How much; really, unless a backend with a clock overrides this.
        """
        SYSTEM_CLOCK.sleep(seconds)
