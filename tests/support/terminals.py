"""What a person sees of a program: its standard error at a terminal of 80 columns."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["at_terminal", "drawn_on", "last_line"]


def at_terminal(spawn: Callable[..., subprocess.Popen[bytes]], arguments: Sequence[str]) -> tuple[bytes, Any]:
    """Run the program to its end; its answer, and everything that its standard error has drawn."""
    import fcntl
    import termios

    ours, theirs = os.openpty()
    # A terminal without a width has no room for a bar.
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with spawn(arguments, stderr=theirs) as process:
        os.close(theirs)
        seen = drawn_on(ours)
        out, _ = process.communicate(timeout=60)
    return out, seen


def drawn_on(terminal: int) -> bytes:
    """Everything that is drawn on a pseudo-terminal until all who draw are gone; it is closed then."""
    seen = b""
    # Linux says EIO when the other end is gone.
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 65536):
            seen += piece
    os.close(terminal)
    return seen


def last_line(seen: bytes) -> bytes:
    """What stands in the line of the cursor when all is over."""
    return seen.rpartition(b"\r")[2].rpartition(b"\x1b[A")[2].strip()
