"""What this process has changed or forgotten: older answers must not come back."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["Drops"]


class Drops:
    """Changes, as far as they outdate what is stored or just being asked.

    They lie with the stores, since a new token brings back neither what was deleted nor
    what it was asked before that.
    """

    def __init__(self) -> None:
        self._moment = object()
        self._hidden: set[Hashable] = set()

    @property
    def moment(self) -> object:
        """A mark to take before asking: when it is another afterwards, the answer may be outdated."""
        return self._moment

    def note(self) -> None:
        """Something was changed: what is on its way is older than that."""
        # A new object, as two threads that count could lose one to each other.
        self._moment = object()

    def hide(self, subject: Hashable) -> None:
        """Pass over what is stored, where it can't be removed: others go on reading it, and who changed it shall not."""
        self._hidden.add(subject)

    def hides(self, subject: Hashable) -> bool:
        """Whether what is stored about it is to be passed over."""
        return subject in self._hidden
