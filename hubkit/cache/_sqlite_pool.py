"""One SQLite connection for each thread, and none that crosses a fork."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from typing import Protocol, TypeVar

from hubkit.cache._forks import mind_forks

__all__ = ["BUSY_SECONDS", "Connect", "Pool", "identity_of"]

R = TypeVar("R")

BUSY_SECONDS = 2.0
"""How long a statement waits for another process's write."""


class Connect(Protocol):
    """Opens a connection; FileNotFoundError when there is no file and none is to be made."""

    def __call__(self, *, create: bool) -> sqlite3.Connection: ...


class Pool:
    """The connections of one database file in this process.

    Args:
        connect: Opens a connection.
        identify: What tells the file from a later one of the same name.
    """

    def __init__(self, connect: Connect, identify: Callable[[], object]) -> None:
        self._connect = connect
        self._identify = identify
        self._local = threading.local()
        self._lock = threading.Lock()
        self._slots: weakref.WeakSet[_Slot] = weakref.WeakSet()
        self._quiet: list[_Slot] = []
        self._is_quiet = False
        # Threads of one process take turns here, where the next is woken at once; SQLite
        # lets the loser of a race sleep for a while instead.
        self._writing = threading.Lock()
        mind_forks(self)

    def read(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Do something with this thread's connection.

        Raises:
            FileNotFoundError: There is no file yet.
            sqlite3.Error: The database failed.
        """
        slot = self._slot()
        with slot.lock:
            return work(slot.connection or self._open(slot, create=False))

    def write(self, work: Callable[[sqlite3.Connection], R], *, create: bool) -> R:
        """Do something that changes the file, alone in this process.

        Args:
            work: What to do.
            create: Whether an absent file is made.

        Raises:
            FileNotFoundError: There is no file, and none was to be made.
            sqlite3.Error: The database failed, or another thread kept writing.
        """
        slot = self._slot()
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise sqlite3.OperationalError("database is locked by another thread")
        try:
            with slot.lock:
                # Somebody may have removed the file: what is written then goes nowhere.
                if slot.connection is not None and slot.identity != self._identify():
                    slot.drop()
                return work(slot.connection or self._open(slot, create=create))
        finally:
            self._writing.release()

    def drop_if_outdated(self) -> bool:
        """Close this thread's connection if another file has taken the name; whether it did."""
        slot = self._slot()
        with slot.lock:
            outdated = slot.connection is not None and slot.identity != self._identify()
            if outdated:
                slot.drop()
            return outdated

    @property
    def identity(self) -> object:
        """What tells the file that this thread used last from a later one of the same name."""
        return self._slot().identity

    def replace(self, broken: object, put_aside: Callable[[], None]) -> None:
        """Close all connections to a broken file, and put it aside if nobody else did.

        Args:
            broken: Its `identity`.
            put_aside: Does so.
        """
        with self._lock:
            self._drop_all()
            if broken is not None and broken == self._identify():
                put_aside()

    def close(self) -> None:
        """Close every connection of this process; the next use opens anew."""
        with self._lock:
            self._drop_all()

    def _drop_all(self) -> None:
        for slot in list(self._slots):
            with slot.lock:
                slot.drop()

    def before_fork(self) -> None:
        """Close the connections, so that none is in two processes."""
        # The order in which `write` takes them.
        self._lock.acquire()
        self._is_quiet = self._writing.acquire(timeout=BUSY_SECONDS)
        self._quiet = [slot for slot in self._slots if slot.lock.acquire(timeout=BUSY_SECONDS)]
        for slot in self._quiet:
            slot.drop()

    def after_fork(self, *, in_child: bool) -> None:
        """Let them be opened again."""
        if in_child:
            for slot in set(self._slots).difference(self._quiet):
                slot.abandon()
        for slot in self._quiet:
            slot.lock.release()
        self._quiet = []
        # In a child a lock that couldn't be had is nobody's: who holds it is a thread of the parent.
        if self._is_quiet or (in_child and self._writing.locked()):
            self._writing.release()
        self._lock.release()

    def _slot(self) -> _Slot:
        try:
            slot: _Slot = self._local.slot
        except AttributeError:
            slot = self._local.slot = _Slot()
            with self._lock:
                self._slots.add(slot)
        return slot

    def _open(self, slot: _Slot, *, create: bool) -> sqlite3.Connection:
        # Before, so that it is known which file was broken if this fails; and after,
        # since the file may be new.
        slot.identity = self._identify()
        connection = slot.connection = self._connect(create=create)
        slot.identity = self._identify()
        return connection


class _Slot:
    """A thread's connection. It goes with the thread, as nothing else holds it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.identity: object = None

    def __del__(self) -> None:
        self.drop()

    def drop(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def abandon(self) -> None:
        """Forget a connection that a child inherited: to close it would unlock its parent's file."""
        if self.connection is not None:
            _keep_for_ever(self.connection)
            self.connection = None


def _keep_for_ever(connection: sqlite3.Connection) -> None:
    # Even a global would be emptied, and the connection closed, when Python ends.
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def identity_of(path: str) -> tuple[int, int] | None:
    """What tells a file from a later one of the same name; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
