"""SIGTERM as quiet and clean as Ctrl-C."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

__all__ = ["Terminated", "raise_on_sigterm"]


class Terminated(KeyboardInterrupt):
    """Somebody asked the program to end: a container or service manager, or a user of ``kill``."""


def raise_on_sigterm() -> None:
    """Let SIGTERM raise `Terminated` where Ctrl-C would raise, so that what is under way is cleaned up.

    Whoever has set it up otherwise, or ignores it, keeps it so.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated
