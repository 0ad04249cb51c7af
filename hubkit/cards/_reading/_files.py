"""Small files from a folder that nobody vouches for."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["UnreadableError", "parse_object", "read_head", "read_object", "read_optional"]


class UnreadableError(Exception):
    """A file is broken, too big or not a file; the text completes "the file ...".

    Never leaves the cards: a fact that can't be read is a warning, since a card
    must not stop an upload.
    """


def read_object(path: Path, limit: int) -> dict[str, Any]:
    """A JSON object from a file of at most `limit` bytes.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableError: It is anything but a JSON object of that size.
    """
    raw, size = read_head(path, limit)
    if size > limit:
        raise UnreadableError(f"has {size:,} bytes; at most {limit:,} are read")
    return parse_object(raw)


def read_optional(path: Path, limit: int, warn: Callable[[str], None], loss: str) -> dict[str, Any]:
    """A JSON object that need not be there; an empty one stands for none.

    Args:
        path: The file.
        limit: Bytes at most.
        warn: Takes a warning, when it is there and can't be read.
        loss: What that means, as a clause.
    """
    try:
        return read_object(path, limit)
    except FileNotFoundError:
        return {}
    except UnreadableError as error:
        warn(f"{path.name} {error}: {loss}")
        return {}


def read_head(path: Path, limit: int, offset: int = 0) -> tuple[bytes, int]:
    """At most `limit` bytes of a file from `offset` on, and the size of the whole.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableError: It can't be opened, or is not a regular file.
    """
    try:
        # Asked before opening: a pipe would block for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UnreadableError("is not a regular file")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(offset)
            return file.read(limit), size
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableError(f"can't be read ({error.strerror or type(error).__name__})") from error


def parse_object(raw: bytes) -> dict[str, Any]:
    """A JSON object from bytes.

    Raises:
        UnreadableError: They hold anything else.
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        # Not the error's text: it may quote the file.
        raise UnreadableError("is not valid JSON") from error
    if not isinstance(value, dict):
        raise UnreadableError("holds no JSON object")
    return value
