"""Starting a program that nobody can edit with the cache beneath it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["environment_for"]


def environment_for(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which every Python puts the cache beneath huggingface_hub.

    A Python started with ``-E``, ``-I`` or ``-S`` doesn't look at it.

    Args:
        environ: The environment as it is.
    """
    startup = str(Path(__file__).with_name("_startup"))
    path = environ.get("PYTHONPATH")
    # Empty parts of the path would mean the working folder.
    return {**environ, "PYTHONPATH": f"{startup}{os.pathsep}{path}" if path else startup}
