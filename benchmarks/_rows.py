"""One row of the table: what was measured, what it should have been, and beside what."""

from __future__ import annotations

import attrs

__all__ = ["Goal", "Measure", "Row"]


@attrs.frozen
class Goal:
    """What a measure has to be."""

    limit: float
    at_least: bool = False
    """Whether more is better."""

    def is_met(self, value: float) -> bool:
        """Whether a value is on the right side of the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


@attrs.frozen
class Measure:
    """One number and whose it is."""

    name: str
    value: float | None
    """In the unit of its row; None when there is none."""
    note: str = ""
    """What else is to be said; why there is no number."""
    sound: bool = True
    """False when the number was got by failing: errors, too many requests."""


@attrs.frozen(kw_only=True)
class Row:
    """A line of the table."""

    title: str
    unit: str
    goal: Goal
    ours: Measure
    floor: Measure | None = None
    """What can't be undercut, measured in the same run."""
    peers: tuple[Measure, ...] = ()

    @property
    def held(self) -> bool:
        """Whether hubkit did what it promises."""
        return self.ours.sound and self.ours.value is not None and self.goal.is_met(self.ours.value)

    @property
    def best_peer(self) -> Measure | None:
        """The peer that came nearest; a sound one if there is one."""
        known = [peer for peer in self.peers if peer.value is not None]
        sign = -1.0 if self.goal.at_least else 1.0
        return min(known, key=lambda peer: (not peer.sound, sign * (peer.value or 0.0)), default=None)

    def ratio_to(self, other: Measure | None) -> float | None:
        """How many times the other's number ours is."""
        if other is None or not other.value or self.ours.value is None:
            return None
        return self.ours.value / other.value
