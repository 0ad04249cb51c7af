"""The entry codec: how an answer looks as bytes.

Layout, big-endian::

    4s magic "HKE1"  I crc32 of all that follows
    H status  B flags (bit 0: has a ttl)  d stored_at  d ttl  H key length  H etag length
    key  etag  body

Anything else is a miss: another format version, torn or foreign bytes, or a
right place with another key's answer in it.
"""

from __future__ import annotations

import math
import struct
from typing import Final
from zlib import crc32

import attrs

from hubkit.errors import CacheCorruptedError

__all__ = ["Entry", "decode_entry", "encode_entry"]

_MAGIC: Final = b"HKE1"
_OUTER: Final = struct.Struct(">4sI")
_HEAD: Final = struct.Struct(">HBddHH")
_HAS_TTL: Final = 1
_MAX_TEXT: Final = 0xFFFF


@attrs.frozen
class Entry:
    """One answer of the Hub, as it is stored."""

    key: str
    """The full key, so that an answer in the wrong place is noticed."""
    status: int
    """HTTP status: 200, or 404 for "there is nothing"."""
    stored_at: float
    """Epoch seconds when the Hub gave this answer, or last confirmed it."""
    ttl: float | None
    """Seconds for which the writer trusted it; None when it can't change."""
    etag: str | None
    """The header verbatim."""
    body: bytes

    @property
    def negative(self) -> bool:
        """Whether it says that there is nothing."""
        return self.status == 404


def encode_entry(entry: Entry) -> bytes:
    """The entry as bytes.

    Raises:
        CacheCorruptedError: The key or etag is longer than 65,535 bytes.
    """
    key = entry.key.encode("utf-8", "surrogatepass")
    etag = (entry.etag or "").encode("utf-8", "surrogatepass")
    if len(key) > _MAX_TEXT or len(etag) > _MAX_TEXT:
        raise CacheCorruptedError("the key or etag is too long for an entry")
    flags = 0 if entry.ttl is None else _HAS_TTL
    head = _HEAD.pack(entry.status, flags, entry.stored_at, entry.ttl or 0.0, len(key), len(etag))
    rest = b"".join((head, key, etag, entry.body))
    return _OUTER.pack(_MAGIC, crc32(rest)) + rest


def decode_entry(data: bytes, key: str) -> Entry:
    """Read an entry and check that it is whole and the one asked for.

    Raises:
        CacheCorruptedError: It isn't; the text says why.
    """
    view = memoryview(data)
    try:
        magic, checksum = _OUTER.unpack_from(view)
    except struct.error as error:
        raise CacheCorruptedError("too short for an entry") from error
    if magic != _MAGIC:
        raise CacheCorruptedError("not an entry of this format version")
    if crc32(view[_OUTER.size :]) != checksum:
        raise CacheCorruptedError("the checksum doesn't fit: torn or altered")
    return _decode_checked(view, key)


def _decode_checked(view: memoryview, key: str) -> Entry:
    start = _OUTER.size + _HEAD.size
    try:
        status, flags, stored_at, ttl, key_length, etag_length = _HEAD.unpack_from(view, _OUTER.size)
        stored_key = str(view[start : start + key_length], "utf-8", "surrogatepass")
        etag = str(view[start + key_length : start + key_length + etag_length], "utf-8", "surrogatepass")
    except (struct.error, UnicodeDecodeError) as error:
        raise CacheCorruptedError("the head is malformed") from error
    if stored_key != key:
        raise CacheCorruptedError("it answers another question")
    # `not x >= y` so that NaN, which compares false, is refused too.
    if not math.isfinite(stored_at) or not ttl >= 0.0:
        raise CacheCorruptedError("its dates are impossible")
    body = bytes(view[start + key_length + etag_length :])
    return Entry(stored_key, status, stored_at, ttl if flags & _HAS_TTL else None, etag or None, body)
