"""Standard output and error that can't be written to: their reader went, or their disk is full."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click

__all__ = ["is_output_lost", "say", "silence_output"]


def is_output_lost() -> bool:
    """Whether what was printed can't be written; that is told once, and the output given up."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError as error:
        silence_output()
        say(f"hubkit: error: the answer can't be written: {error.strerror}")
        return True
    except ValueError:
        # It is closed: nobody wants to read it.
        return False
    return False


def say(text: str) -> None:
    """Print one line on standard error; where that can't be done the exit code has to do."""
    try:
        click.echo(text, err=True)
    except OSError:
        _silence(sys.stderr)


def silence_output() -> None:
    """Give it up: Python would complain at exit about what it can't write any more."""
    _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
