"""Python's collector of reference cycles, out of the way while many objects are made that hold none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let the collector rest for the length of a ``with`` block.

    It looks through everything that a program holds each time so many objects were made:
    in a program that holds much, a thousand models took it longer than they took us. A
    program that has turned it off keeps it off; of two threads the first to leave turns it on.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
