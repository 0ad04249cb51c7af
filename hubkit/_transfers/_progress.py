"""Progress bars: our own, and whether `huggingface_hub` draws its own while it works for us."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hubkit._bars import bar_of_bytes, is_shown, is_watched
from hubkit._transfers._workers import Stop

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Meter", "meter", "progress_bars"]

_lock = threading.Lock()
_silent_calls = 0
_restore = False


class Meter:
    """Counts the bytes of many files that are under way at once, for one bar.

    Args:
        bar: The bar; None when nobody looks at one.
        stop: Ends a job whose caller is gone: this is where jobs come by often.
    """

    def __init__(self, bar: tqdm[Any] | None, stop: Stop) -> None:
        self._bar = bar
        self._stop = stop
        self._lock = threading.Lock()

    def advance(self, count: float | None) -> None:
        """So many bytes more; fewer when some have to come again.

        Raises:
            StoppedError: Nobody waits for them any more.
        """
        self._stop.check()
        if self._bar is not None and count:
            with self._lock:
                self._bar.update(count)

    def for_files(self) -> type[tqdm[Any]]:
        """A class of bars that draw nothing, and tell this meter."""
        from tqdm import tqdm

        advance = self.advance

        class FileBar(tqdm):  # type: ignore[type-arg]
            """One file's part of the common bar."""

            # Else each class of bars has a thread that watches them, and nobody ends it.
            monitor_interval = 0

            def __init__(self, *_: Any, initial: float = 0, **__: Any) -> None:
                super().__init__(disable=True)
                advance(initial)

            def update(self, n: float | None = 1) -> None:
                """So many bytes of the file more."""
                advance(n)

            def update_transfer(self, n: float | None = 1) -> None:
                """So many more on the line: releases that tell these apart tell of both."""
                advance(0)

            def set_transfer_postfix_str(self, postfix: str, refresh: bool = False) -> None:
                """How fast the line is; a bar of its own would show it."""

        return FileBar


@contextmanager
def meter(what: str, total: int, stop: Stop, *, wanted: bool) -> Iterator[Meter]:
    """A meter, with a bar if one is wanted and standard error is a terminal.

    Args:
        what: Stands before the bar.
        total: Bytes.
        stop: Ends the jobs that it counts for.
        wanted: Whether the settings want bars.
    """
    if not (total and is_shown(wanted)):
        yield Meter(None, stop)
        return
    with bar_of_bytes(what, total, wanted=wanted) as bar:
        yield Meter(bar, stop)


@contextmanager
def progress_bars(wanted: bool) -> Iterator[None]:
    """Let bars be drawn if they are wanted and standard error is a terminal; else not.

    The switch is one for the whole process, so transfers that run at once count: it
    goes back when the last silent one is over, and only if it was on before.
    """
    if wanted and is_watched():
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
