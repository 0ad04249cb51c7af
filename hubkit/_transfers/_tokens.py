"""Looking for access tokens in what would be uploaded."""

from __future__ import annotations

import re
from pathlib import Path

from hubkit._local_paths import shown_path
from hubkit._secrets import Secret
from hubkit.errors import LocalPathError

__all__ = ["TokenSearch"]

# Begins with a literal, which the engine looks for faster than bytes.find does for so short a one.
_SHAPE = re.compile(rb"hf_(?:[A-Za-z0-9]{30,}|(?:oauth|jwt|app)_[A-Za-z0-9_.-]{20,})")
_LONGEST_START = 64
"""Bytes of a token of the Hub's shape by which it is known for one, and some more."""

# A shorter one, as a self-hosted hub may hand out, is found by chance in any large file.
_SHORTEST = 6

# Fits into a processor's cache, so that a search costs less than reading the disk.
_CHUNK = 1024 * 1024


class TokenSearch:
    """Finds the token in use, and whatever has the shape of the Hub's tokens.

    Args:
        token: The one in use, of whatever shape.
    """

    def __init__(self, token: Secret | None) -> None:
        own = b"" if token is None else token.reveal().encode()
        self._own = own if len(own) >= _SHORTEST else b""

    def is_in(self, data: bytes | bytearray) -> bool:
        """Whether the bytes hold a token."""
        if self._own and self._own in data:
            return True
        return _SHAPE.search(data) is not None

    def is_in_file(self, path: Path) -> bool:
        """Whether a file holds a token, read whole in pieces that overlap.

        Raises:
            LocalPathError: It can't be read.
        """
        overlap = max(_LONGEST_START, len(self._own))
        window = bytearray(overlap + _CHUNK)
        kept = 0
        try:
            with path.open("rb", buffering=0) as file:
                while count := file.readinto(memoryview(window)[kept:]):
                    end = kept + count
                    if self.is_in(window if end == len(window) else window[:end]):
                        return True
                    # What lies across two pieces is found with the second.
                    tail = window[max(0, end - overlap) : end]
                    window[: len(tail)] = tail
                    kept = len(tail)
        except OSError as error:
            raise LocalPathError(f"{shown_path(path.name)} can't be read: {error.strerror}") from error
        return False
