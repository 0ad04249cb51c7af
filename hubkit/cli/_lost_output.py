"""Standard output that can't be written to: its reader went, or its disk is full."""

from __future__ import annotations

import contextlib
import os
import sys

import click

__all__ = ["is_output_lost", "silence_output"]


def is_output_lost(error: BaseException) -> bool:
    """Whether what was printed can't be written; that is told once, and the output given up.

    Args:
        error: What went wrong.
    """
    lost = _reason(error)
    if lost is None:
        return False
    silence_output()
    click.echo(f"hubkit: error: the answer can't be written: {lost.strerror}", err=True)
    return True


def _reason(error: BaseException) -> OSError | None:
    """The error of the output; None when it can be written."""
    if sys.stdout is None:
        return None
    if isinstance(error, OSError) and _is_of_printing(error):
        # An output without a buffer, as PYTHONUNBUFFERED asks for, fails at once and has nothing left to flush.
        return error
    try:
        sys.stdout.flush()
    except OSError as lost:
        return lost
    except ValueError:
        # It is closed: nobody wants to read it.
        return None
    return None


def _is_of_printing(error: OSError) -> bool:
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code is click.echo.__code__:
            return True
        step = step.tb_next
    return False


def silence_output() -> None:
    """Give it up: Python would complain at exit about what it can't write any more."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
