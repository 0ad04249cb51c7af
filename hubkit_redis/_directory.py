"""What some servers know of where others are, asked for when it is needed and no oftener."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from hubkit.cache._forks import ForkSafeLock
from hubkit_redis._address import Node
from hubkit_redis._faults import Faults, RouteError

__all__ = ["Directory"]

K = TypeVar("K")

PAUSE: Final = 0.25
"""Seconds between two looks around: while servers are away, those that are left aren't asked by every call."""


class Directory(Generic[K]):
    """An answer that is kept until it is doubted.

    One thread asks, and those who have no older answer wait for it. A look around
    that fails counts for a while, for everybody, so that many threads don't wait in turn.

    Args:
        informants: Whom to ask, in this order; who doesn't answer is asked last the next time.
        question: Asks one of them.
        others: Who, according to an answer, could be asked too.
        faults: What it may raise.
        patience: Seconds after which nobody else is asked.
        monotonic: A clock.
    """

    def __init__(
        self,
        informants: Iterable[Node],
        question: Callable[[Node], K],
        faults: Faults,
        *,
        others: Callable[[K], Iterable[Node]] = lambda _: (),
        patience: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = tuple(informants)
        self._order = list(self._first)
        self._question = question
        self._others = others
        self._faults = faults
        self._patience = patience
        self._monotonic = monotonic
        # As with every cache, a child may be made while another thread is at work.
        self._turns = ForkSafeLock()
        self._known: K | None = None
        self._is_doubted = False
        self._next_look = float("-inf")
        self._trouble = ""

    def know(self) -> K:
        """The answer: the kept one, or after a doubt a new one.

        Raises:
            RouteError: There is none, and nobody answers.
        """
        known = self._known
        if known is not None and not self._is_doubted:
            return known
        if not self._is_due():
            return self._kept(known)
        with self._turn() as is_ours:
            # Others may have asked while this thread waited.
            if not is_ours or not self._is_due():
                return self._kept(self._known)
            return self._look(known)

    def doubt(self) -> None:
        """The kept answer may be wrong by now; ask again when the time has come."""
        self._is_doubted = True

    def _is_due(self) -> bool:
        return self._monotonic() >= self._next_look

    def _kept(self, known: K | None) -> K:
        if known is None:
            raise RouteError(self._trouble or "others are waiting for an answer too")
        return known

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        is_ours = self._turns.lock.acquire(timeout=self._patience)
        try:
            yield is_ours
        finally:
            if is_ours:
                self._turns.lock.release()

    def _look(self, known: K | None) -> K:
        began = self._monotonic()
        try:
            for node in tuple(self._order):
                if self._monotonic() - began > self._patience:
                    break
                try:
                    found = self._question(node)
                except self._faults.every as error:
                    self._trouble = f"{node}: {self._faults.explain(error)}"
                    self._ask_last(node)
                else:
                    self._learn(node, found)
                    return found
            return self._kept(known)
        finally:
            self._next_look = self._monotonic() + PAUSE

    def _learn(self, node: Node, found: K) -> None:
        is_news = found != self._known
        self._known, self._is_doubted = found, False
        self._order = list(dict.fromkeys((node, *self._others(found), *self._first)))
        if not is_news:
            # Should the doubt return, another may know better.
            self._ask_last(node)

    def _ask_last(self, node: Node) -> None:
        self._order.remove(node)
        self._order.append(node)
