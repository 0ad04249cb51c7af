"""Several jobs at once that Ctrl-C ends soon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

__all__ = ["Stop", "StoppedError", "run_all"]

# Some systems deliver Ctrl-C only between waits.
_WAKE_SECONDS = 0.5

_GRACE_SECONDS = 1.0
"""How long an interrupted caller waits for jobs to clean up; one that hangs in the network can't."""


class StoppedError(Exception):
    """The caller is gone: nobody waits for the rest."""


class Stop:
    """Tells jobs that nobody waits for them any more."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Let every job end at its next `check`."""
        self._event.set()

    def check(self) -> None:
        """Raise in a job that nobody waits for.

        Raises:
            StoppedError: The stop was set.
        """
        if self._event.is_set():
            raise StoppedError


def run_all(jobs: Sequence[Callable[[], None]], stop: Stop, *, max_workers: int) -> None:
    """Run jobs, a few at a time.

    The first failure keeps those that haven't begun from it, and is raised when the others
    are over. An interruption stops them all, and goes on to the caller after a second at most.

    Args:
        jobs: What to do; each calls `Stop.check` now and then.
        stop: Set when the caller is interrupted.
        max_workers: How many at once.
    """
    if not jobs:
        return
    pool = ThreadPoolExecutor(min(max_workers, len(jobs)), "hubkit transfer")
    futures: list[Future[None]] = []
    try:
        futures += [pool.submit(job) for job in jobs]
        _wait(futures)
    except BaseException:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(futures, _GRACE_SECONDS)
        raise
    pool.shutdown()
    for future in futures:
        if not future.cancelled():
            future.result()


def _wait(futures: Sequence[Future[None]]) -> None:
    """Until all are over; after a failure those that haven't begun are cancelled."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, _WAKE_SECONDS, FIRST_EXCEPTION)
        if any(not future.cancelled() and future.exception() is not None for future in done):
            for future in pending:
                future.cancel()
