"""The console script ``hubkit``.

Nothing but `main` is public.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]

_FAILED, _INTERRUPTED, _TERMINATED = 7, 130, 143


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code.

    Args:
        arguments: The command line without the program's name; None takes the process's own.

    Raises:
        SystemExit: Always; ``hubkit --help`` lists the codes.
    """
    try:
        # Imported here, so that Ctrl-C during the import is as quiet as later.
        from hubkit.cli._signals import insist_on_signals, raise_on_sigterm

        insist_on_signals()
        from hubkit.cli._app import run_command

        raise_on_sigterm()
        _buffer_output()
        _accept_any_text()
        _mute_libraries()
        code = run_command(arguments)
    except KeyboardInterrupt as end:
        # One that comes while a command runs has ended that, with a word; this one came before or after.
        from hubkit.cli._signals import Terminated

        _end_now(_TERMINATED if isinstance(end, Terminated) else _INTERRUPTED)
    except OSError as error:
        # Of the help, the version or a usage error; what commands print is their own business.
        from hubkit.cli._lost_output import is_output_lost, say

        if not is_output_lost():
            say(f"hubkit: error: {error.strerror}")
        sys.exit(_FAILED)
    if code in (_INTERRUPTED, _TERMINATED):
        _end_now(code)
    sys.exit(code)


def _end_now(code: int) -> NoReturn:
    """End without waiting for threads that hang in the network; everything else is cleaned up by now."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _buffer_output() -> None:
    """Remember what couldn't be written, also where Python was told to buffer nothing: else nobody could tell."""
    raw = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        buffered = io.BufferedWriter(raw)
        sys.stdout = io.TextIOWrapper(buffered, encoding=sys.stdout.encoding, line_buffering=True)


def _accept_any_text() -> None:
    """Let names that the terminal's encoding lacks be shown as escapes, not end in an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _mute_libraries() -> None:
    """Leave out what libraries say to programmers, unless somebody asked for it with ``-W``."""
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")
