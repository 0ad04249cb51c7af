"""What stands in front of a value in its file: the key, the end, and the lengths.

Layout, big-endian::

    4s magic "HKF1"  I key length  Q value length  d expires_at
    key  value

The file name is a hash, so only the frame knows the key. The lengths make a torn
file a miss; whether the value itself is sound is its owner's to check.
"""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["HEAD", "MAGIC", "frame", "key_and_end"]

MAGIC: Final = b"HKF1"
HEAD: Final = struct.Struct(">4sIQd")


def frame(key: bytes, value: bytes, expires_at: float) -> bytes:
    """A value as its file holds it."""
    return b"".join((HEAD.pack(MAGIC, len(key), len(value), expires_at), key, value))


def key_and_end(start: bytes, size: int) -> tuple[bytes, float] | None:
    """Read a frame without its value.

    Args:
        start: The file's first bytes: the head and the whole key, if it has one.
        size: Bytes of the whole file.

    Returns:
        The key and when the entry ends; None when it is torn or foreign.

    >>> whole = frame(b"key", b"value", 9.0)
    >>> key_and_end(whole, len(whole)), key_and_end(whole, len(whole) - 1)
    ((b'key', 9.0), None)
    """
    if len(start) < HEAD.size:
        return None
    magic, key_length, value_length, expires_at = HEAD.unpack_from(start)
    if magic != MAGIC or size != HEAD.size + key_length + value_length:
        return None
    return start[HEAD.size : HEAD.size + key_length], expires_at
