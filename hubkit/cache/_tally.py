"""What became of a client's questions."""

from __future__ import annotations

import attrs

__all__ = ["Tally"]


@attrs.define(kw_only=True)
class Tally:
    """Counts questions; each ends in exactly one of these.

    Counted without a lock: two threads may lose one to each other, which no reader minds.
    """

    hits: int = 0
    """Answered without a request."""
    misses: int = 0
    """Nothing was known, and the Hub answered."""
    revalidations: int = 0
    """The Hub was asked about what had expired, and answered."""
    stale: int = 0
    """Answered with what had expired."""
    errors: int = 0
    """Not answered."""

    def count_answer(self, *, asked: bool, known: bool) -> None:
        """Count a question that was answered as of now.

        Args:
            asked: Whether this caller asked the Hub, and not another whose answer would do.
            known: Whether there was an older answer.
        """
        if not asked:
            self.hits += 1
        elif known:
            self.revalidations += 1
        else:
            self.misses += 1
