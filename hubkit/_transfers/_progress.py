"""Whether `huggingface_hub` draws its progress bars while it works for us."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["progress_bars"]

_lock = threading.Lock()
_silent_calls = 0
_restore = False


@contextmanager
def progress_bars(wanted: bool) -> Iterator[None]:
    """Let bars be drawn if they are wanted and standard error is a terminal; else not.

    The switch is one for the whole process, so transfers that run at once count: it
    goes back when the last silent one is over, and only if it was on before.
    """
    if wanted and sys.stderr.isatty():
        try:
            yield
        finally:
            # Bars that huggingface_hub leaves open would draw over what is printed next.
            gc.collect()
        return
    _silence()
    try:
        yield
    finally:
        _unsilence()


def _silence() -> None:
    global _silent_calls, _restore
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        are_progress_bars_disabled,
        disable_progress_bars,
    )

    with _lock:
        if _silent_calls == 0:
            _restore = not are_progress_bars_disabled()
            disable_progress_bars()
        _silent_calls += 1


def _unsilence() -> None:
    global _silent_calls
    from huggingface_hub.utils import enable_progress_bars  # type: ignore[attr-defined]

    with _lock:
        _silent_calls -= 1
        if _silent_calls == 0 and _restore:
            enable_progress_bars()
