"""Single flight: of all who want the same answer, one asks and the others wait.

Threads meet at a gate in this process; processes and hosts at a lease in the
farthest tier that works. The lease is a courtesy: who can't get one asks, and who
loses one goes on. What is right never depends on it.
"""

from __future__ import annotations

import copy
import logging
import os
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from hubkit._clock import Clock, Deadline
from hubkit._lazy import dump_json, load_json
from hubkit._secrets import Secret, redact
from hubkit.cache._entry import Entry
from hubkit.cache._forks import ForkSafeLock
from hubkit.cache._freshness import Freshness
from hubkit.cache._keys import note_key, subject_of
from hubkit.cache._lease_keeper import LEASE_SECONDS, kept
from hubkit.cache._tiers import LeaseRefusal, Tiers
from hubkit.errors import (
    CacheCorruptedError,
    DecodeError,
    HubkitError,
    ServerError,
    TransportError,
    TransportTimeoutError,
    UnexpectedAnswerError,
)

__all__ = ["SingleFlight"]

log = logging.getLogger("hubkit")

T = TypeVar("T")

# Looking often while an answer is likely soon, seldom while it isn't.
_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.02
_LOOKS_PER_LEASE = 4

_NOTE_SECONDS = 3.0
_ASK_YOURSELF = "ask yourself"

# Failures that everybody would meet. Others depend on whose token it is.
_COMMON: dict[str, type[HubkitError]] = {
    kind.__name__: kind
    for kind in (ServerError, TransportError, TransportTimeoutError, UnexpectedAnswerError)
}


class SingleFlight(Generic[T]):
    """Flights of one caller; subjects of several callers meet at the leases.

    Args:
        tiers: Where leases and notes lie.
        endpoint: The Hub.
        shareable: Whether an answer can be read by those who wait elsewhere.
        clock: Where the time comes from.
        cache_key: The fleet's secret, if it has one: it hides what is asked.
    """

    def __init__(
        self,
        tiers: Tiers,
        *,
        endpoint: str,
        shareable: Callable[[T], bool],
        clock: Clock,
        cache_key: Secret | None = None,
    ) -> None:
        self._tiers = tiers
        self._endpoint = endpoint
        self._cache_key = cache_key
        self._shareable = shareable
        self._clock = clock
        self._gate = ForkSafeLock()
        self._pid = os.getpid()
        self._under_way: dict[Hashable, _Flight[T]] = {}

    def run(
        self,
        subject: str,
        *,
        ask: Callable[[], T],
        look: Callable[[], T | None],
        deadline: Deadline,
        patient: bool = True,
    ) -> T:
        """The answer to a question, asked by this caller or by another.

        Args:
            subject: The question, in the same words from everybody.
            ask: Asks the Hub and stores its answer.
            look: Looks whether another has stored one.
            deadline: How long to wait for another.
            patient: Whether ``ask`` waits for a Hub that isn't ready; who does is not told by who doesn't.

        Raises:
            TransportTimeoutError: The other took too long.
            HubkitError: What ``ask`` raised, here or where it was asked.
        """
        # What was asked before a change of ours is no answer to who asks after it.
        gate = (subject, patient, self._tiers.drops.moment)
        while True:
            flight, is_mine = self._board(gate)
            if is_mine:
                try:
                    return self._lead(flight, subject, ask, look, deadline)
                finally:
                    self._land(gate, flight)
            if not flight.over.wait(deadline.remaining()):
                raise TransportTimeoutError(f"{subject}: waited {deadline.seconds:g} s for another's answer")
            if flight.error is not None:
                # One exception in several threads would gather all their tracebacks.
                raise copy.copy(flight.error) from flight.error
            if flight.answers:
                return flight.answers[0]

    def _board(self, gate: Hashable) -> tuple[_Flight[T], bool]:
        with self._gate.lock:
            if self._pid != os.getpid():
                # The threads that led these stayed in the parent.
                self._pid, self._under_way = os.getpid(), {}
            flight = self._under_way.get(gate)
            if flight is not None:
                return flight, False
            flight = self._under_way[gate] = _Flight()
            return flight, True

    def _land(self, gate: Hashable, flight: _Flight[T]) -> None:
        # Interrupted, it has neither answer nor error, and a waiter takes over.
        with self._gate.lock:
            self._under_way.pop(gate, None)
        flight.over.set()

    def _lead(
        self,
        flight: _Flight[T],
        subject: str,
        ask: Callable[[], T],
        look: Callable[[], T | None],
        deadline: Deadline,
    ) -> T:
        try:
            answer = self._ask_or_wait(subject, ask, look, deadline)
            flight.answers.append(answer)
            return answer
        except HubkitError as error:
            flight.error = error
            raise

    def _ask_or_wait(
        self, subject: str, ask: Callable[[], T], look: Callable[[], T | None], deadline: Deadline
    ) -> T:
        key = note_key(self._endpoint, "flight", subject_of(subject, self._cache_key))
        looks = 0
        pause = _FIRST_PAUSE
        while True:
            if looks % _LOOKS_PER_LEASE == 0:
                # Before the lease: a leader that failed has left its note, and given the lease back.
                # Not at the first look, when a note can only be of an earlier flight.
                if looks and self._read_note(key):
                    return ask()
                lease = self._tiers.lease(key, LEASE_SECONDS)
                if lease is LeaseRefusal.UNAVAILABLE:
                    return ask()
                if lease is not LeaseRefusal.HELD:
                    with kept(lease):
                        return self._ask_as_leader(key, ask, look)
            looks += 1
            found = look()
            if found is not None:
                return found
            if deadline.passed():
                raise TransportTimeoutError(f"{subject}: waited {deadline.seconds:g} s for another's answer")
            self._clock.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 1.5)

    def _ask_as_leader(self, key: str, ask: Callable[[], T], look: Callable[[], T | None]) -> T:
        # The last leader may have come back between our look and our lease.
        found = look()
        if found is not None:
            return found
        self._tiers.delete(key)
        try:
            answer = ask()
        except HubkitError as error:
            self._leave_note(key, error)
            raise
        if not self._shareable(answer):
            self._leave_note(key, None)
        return answer

    def _leave_note(self, key: str, error: HubkitError | None) -> None:
        """Tell those who wait that no answer will come: why, or that they have to ask for themselves."""
        name = type(error).__name__ if error is not None else ""
        note = {"say": name if name in _COMMON else _ASK_YOURSELF}
        if error is not None and name in _COMMON:
            note["text"] = redact(error.message)
        entry = Entry(key, 0, self._clock.now(), _NOTE_SECONDS, None, dump_json(note))
        self._tiers.store(entry, expires_in=_NOTE_SECONDS)

    def _read_note(self, key: str) -> bool:
        """Whether to ask for oneself; raises what the leader met, if everybody would meet it."""
        entry, _ = self._tiers.find([key], lambda _: Freshness.HIT)
        if entry is None or abs(self._clock.now() - entry.stored_at) > _NOTE_SECONDS:
            return False
        try:
            note = load_json(entry.plain())
        except (DecodeError, CacheCorruptedError):
            return False
        kind = _COMMON.get(note.get("say", "")) if isinstance(note, dict) else None
        if kind is None:
            return isinstance(note, dict) and note.get("say") == _ASK_YOURSELF
        raise kind(f"another process asked, and met: {redact(str(note.get('text', '')))}")


class _Flight(Generic[T]):
    """One question under way in this process."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.answers: list[T] = []
        self.error: HubkitError | None = None
