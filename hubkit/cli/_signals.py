"""SIGTERM as quiet and clean as Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

__all__ = ["Terminated", "raise_on_sigterm", "signals_held_back"]


class Terminated(KeyboardInterrupt):
    """Somebody asked the program to end: a container or service manager, or a user of ``kill``."""


def raise_on_sigterm() -> None:
    """Let SIGTERM raise `Terminated` where Ctrl-C would raise, so that what is under way is cleaned up.

    Whoever has set it up otherwise, or ignores it, keeps it so.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


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
