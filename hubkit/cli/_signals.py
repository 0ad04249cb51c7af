"""SIGTERM as quiet and clean as Ctrl-C, and neither of them lost."""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from hubkit._clock import SYSTEM_CLOCK

__all__ = ["Terminated", "insist_on_signals", "raise_on_sigterm", "signals_held_back"]

_MOMENT = 0.01
"""Seconds within which a finalizer has surely ended."""


class Terminated(KeyboardInterrupt):
    """Somebody asked the program to end: a container or service manager, or a user of ``kill``."""


def raise_on_sigterm() -> None:
    """Let SIGTERM raise `Terminated` where Ctrl-C would raise, so that what is under way is cleaned up.

    Whoever has set it up otherwise, or ignores it, keeps it so.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def insist_on_signals() -> None:
    """Deliver Ctrl-C and SIGTERM again when they hit a finalizer: what is raised there Python only prints."""
    sys.unraisablehook = _insist


@contextlib.contextmanager
def signals_held_back() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait for the end of the block, where they raise what they would have raised."""
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)

    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    # What ends the process at once, or is ignored, raises nothing; nor does anything raise in another thread.
    is_main = threading.current_thread() is threading.main_thread()
    raising = {each: handler for each, handler in handlers.items() if is_main and callable(handler)}
    try:
        for each in raising:
            signal.signal(each, hold)
        yield
    finally:
        for each, handler in raising.items():
            signal.signal(each, handler)
        for number in held[:1]:
            signal.raise_signal(number)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def _insist(unraisable: sys.UnraisableHookArgs, /) -> None:
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        number = signal.SIGTERM if issubclass(unraisable.exc_type, Terminated) else signal.SIGINT
        # By another thread, and later: here it would be lost the same way.
        _thread.start_new_thread(_send, (number,))
    else:
        sys.__unraisablehook__(unraisable)


def _send(number: signal.Signals) -> None:
    SYSTEM_CLOCK.sleep(_MOMENT)
    if hasattr(signal, "pthread_kill"):
        # This wakes the main thread where it waits for an answer.
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(number)
