"""Standard output that can't be written to: its reader went, or its disk is full."""

from __future__ import annotations

import contextlib
import os
import sys

import click

__all__ = ["is_output_lost", "silence_output"]


def is_output_lost() -> bool:
    """Whether what was printed can't be written; that is told once, and the output given up."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError as error:
        silence_output()
        click.echo(f"hubkit: error: the answer can't be written: {error.strerror}", err=True)
        return True
    except ValueError:
        # It is closed: nobody wants to read it.
        return False
    return False


def silence_output() -> None:
    """Give it up: Python would complain at exit about what it can't write any more."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
