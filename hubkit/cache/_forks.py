"""Objects that must be quiet while the process forks.

A child gets a copy of every lock and connection, but of no thread other than the
one that forked: a lock held by another thread stays held for ever, and a database
connection in two processes breaks the database.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol

__all__ = ["ForkAware", "ForkSafeLock", "mind_forks"]


class ForkAware(Protocol):
    """What is told of forks.

    - Between the two calls it may be used by nobody.
    - Neither call may raise: nobody could catch it.
    """

    def before_fork(self) -> None:
        """Take the locks, give back what can't be in two processes."""
        ...

    def after_fork(self, *, in_child: bool) -> None:
        """Free the locks."""
        ...


_PATIENCE = 1.0

_members: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_lock = threading.Lock()
_quiet: list[ForkAware] = []


def mind_forks(member: ForkAware) -> None:
    """Tell an object of forks for as long as it lives."""
    with _lock:
        _members.add(member)


class ForkSafeLock:
    """A lock that no thread holds while the process forks.

    >>> turns = ForkSafeLock()
    >>> with turns.lock:
    ...     pass
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._quiet = False
        mind_forks(self)

    def before_fork(self) -> None:
        """Wait until nobody holds it."""
        # Not for ever: the thread that forks may be the one that holds it.
        self._quiet = self.lock.acquire(timeout=_PATIENCE)

    def after_fork(self, *, in_child: bool) -> None:
        """Let others have it again."""
        if self._quiet:
            self.lock.release()


def _before() -> None:
    _lock.acquire()
    _quiet.extend(_members)
    for member in _quiet:
        member.before_fork()


def _after(in_child: bool) -> None:
    for member in _quiet:
        member.after_fork(in_child=in_child)
    _quiet.clear()
    _lock.release()


def _after_in_parent() -> None:
    _after(in_child=False)


def _after_in_child() -> None:
    _after(in_child=True)


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
