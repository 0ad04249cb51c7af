"""How long a store keeps things, and when it looks whether it has grown too big."""

from __future__ import annotations

import os

from hubkit.cache._freshness import RETENTION

__all__ = ["DEFAULT_MAX_BYTES", "Allowance", "expiry"]

DEFAULT_MAX_BYTES = 1024**3
"""Bound of a store on disk when nobody named another."""

_HIGH = 7 / 8
_LOW = 3 / 4
_STEP = 1 / 16
_WRITES = 1_000


def expiry(now: float, expires_in: float | None) -> float:
    """When a store drops an entry.

    Args:
        now: Epoch seconds.
        expires_in: What the writer asked for; None leaves it to the store.

    Returns:
        Epoch seconds, 30 days ahead at most.

    >>> expiry(1_000.0, 60.0)
    1060.0
    """
    # `not x < y` so that NaN, which compares false, is bounded too.
    if expires_in is None or not expires_in < RETENTION:
        return now + RETENTION
    return now + expires_in


class Allowance:
    """What may be written before the store's size is looked at again.

    Looking costs time that grows with the store, so it is shared out over many
    writes. Each process begins somewhere at random in its allowance: thousands of
    short ones, none of which writes much, then still look often enough together.

    Args:
        max_bytes: The store's bound.

    >>> allowance = Allowance(1_000)
    >>> allowance.high, allowance.low
    (875, 750)
    """

    def __init__(self, max_bytes: int) -> None:
        self.high = int(max_bytes * _HIGH)
        """Size from which entries are dropped: room is left for what other processes write meanwhile."""
        self.low = int(max_bytes * _LOW)
        """Size down to which they are dropped, so that it isn't necessary at every write."""
        self._step = max_bytes * _STEP
        self._pid = 0
        self._bytes = 0.0
        self._writes = 0.0

    def spend(self, size: int) -> bool:
        """Count one write; whether it is time to look, which begins a new allowance.

        Args:
            size: Bytes written.
        """
        if self._pid != os.getpid():
            self._begin(_fraction())
        # Two threads may lose a count to each other; a lock would cost more than that is worth.
        self._bytes -= size
        self._writes -= 1
        if self._bytes >= 0 and self._writes >= 0:
            return False
        self._begin(1.0)
        return True

    def allow(self, writes: int) -> None:
        """Look at the earliest after so many writes, unless they are large ones.

        Args:
            writes: How many; with the number of entries, a look costs each write the same however many there are.
        """
        self._writes = max(self._writes, writes)

    def _begin(self, share: float) -> None:
        self._pid = os.getpid()
        self._bytes = self._step * share
        self._writes = _WRITES * share


def _fraction() -> float:
    """A random number from 0 to 1, without the 3 ms that `random` takes to import."""
    return int.from_bytes(os.urandom(4), "big") / 2**32
