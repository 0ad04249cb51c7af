"""Asking anew in the background, while callers go on with the older answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable

from hubkit._clock import Deadline
from hubkit.cache._forks import ForkSafeLock

__all__ = ["Refreshing"]


class Refreshing:
    """What is being asked anew: each question once at a time, and a few of them at once.

    Args:
        max_workers: Threads at once; further questions wait for one.
    """

    def __init__(self, *, max_workers: int) -> None:
        self._max_workers = max_workers
        self._turns = ForkSafeLock()
        self._forget_all()

    def start(self, question: Hashable, ask: Callable[[], None]) -> None:
        """Ask when there is a thread for it; once, if the same is being asked already.

        Args:
            question: What tells it from others.
            ask: Asks it, and raises nothing.
        """
        with self._turns.lock:
            if self._pid != os.getpid():
                # The threads stayed in the parent, and so did their work.
                self._forget_all()
            if question in self._waiting or question in self._under_way:
                return
            self._waiting[question] = ask
            if len(self._threads) < self._max_workers:
                self._start_thread()

    def finish(self, deadline: Deadline) -> None:
        """Wait for all answers: a program that ends now would lose them."""
        with self._turns.lock:
            threads = list(self._threads) if self._pid == os.getpid() else []
        for thread in threads:
            thread.join(deadline.remaining())

    def _forget_all(self) -> None:
        self._pid = os.getpid()
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._under_way: set[Hashable] = set()
        self._threads: set[threading.Thread] = set()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="hubkit refresh", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is ending, or the machine is full: nobody will need the answer.
            if not self._threads:
                self._waiting.clear()
        else:
            self._threads.add(thread)

    def _work(self) -> None:
        try:
            while (taken := self._take()) is not None:
                question, ask = taken
                try:
                    ask()
                finally:
                    self._under_way.discard(question)
        finally:
            # A fault of ours would else keep the thread's place for ever.
            self._threads.discard(threading.current_thread())

    def _take(self) -> tuple[Hashable, Callable[[], None]] | None:
        """The next question; None, and the thread is done, when there is none."""
        with self._turns.lock:
            if not self._waiting:
                self._threads.discard(threading.current_thread())
                return None
            question = next(iter(self._waiting))
            self._under_way.add(question)
            return question, self._waiting.pop(question)
