"""The entry codec: how an answer looks as bytes.

Layout, big-endian::

    4s magic "HKE1"  I crc32 of what follows, up to the signature
    H status  B flags  d stored_at  d ttl  H key length  H etag length
    key  etag  body  [32 s HMAC-SHA256 of what the checksum covers]

Flags: 1 it has a ttl, 2 the body is compressed, 4 it is signed. Anything else is a
miss: another format version, torn or foreign bytes, a right place with another
key's answer in it, and, for who has a signing key, what isn't signed with it.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Final
from zlib import crc32

import attrs

from hubkit.errors import CacheCorruptedError

__all__ = ["Entry", "decode_entry", "encode_entry"]

_MAGIC: Final = b"HKE1"
_OUTER: Final = struct.Struct(">4sI")
_HEAD: Final = struct.Struct(">HBddHH")
_HAS_TTL: Final = 1
_COMPRESSED: Final = 2
_SIGNED: Final = 4
_FLAGS_AT: Final = _OUTER.size + 2
_SIGNATURE: Final = 32
_MAX_TEXT: Final = 0xFFFF

COMPRESS_FROM: Final = 4096
"""Bytes of a body below which compressing it isn't worth the time."""

_MAX_BODY: Final = 64 * 1024 * 1024


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


def encode_entry(entry: Entry, *, signing_key: bytes | None = None, compress: bool = False) -> bytes:
    """The entry as bytes.

    Args:
        entry: The entry.
        signing_key: Signs it, so that who has the key can tell that nobody else wrote it.
        compress: Whether a large body is compressed (zlib): worth it where a
            network lies in between, and not on a disk.

    Raises:
        CacheCorruptedError: The key or etag is longer than 65,535 bytes.
    """
    key = entry.key.encode("utf-8", "surrogatepass")
    etag = (entry.etag or "").encode("utf-8", "surrogatepass")
    if len(key) > _MAX_TEXT or len(etag) > _MAX_TEXT:
        raise CacheCorruptedError("the key or etag is too long for an entry")
    flags = 0 if entry.ttl is None else _HAS_TTL
    body = entry.body
    if compress and len(body) >= COMPRESS_FROM:
        flags |= _COMPRESSED
        # Level 1 is 35 us faster at 10 KB, and its result a tenth larger.
        body = zlib.compress(body, 6)
    if signing_key is not None:
        flags |= _SIGNED
    head = _HEAD.pack(entry.status, flags, entry.stored_at, entry.ttl or 0.0, len(key), len(etag))
    rest = b"".join((head, key, etag, body))
    signature = b"" if signing_key is None else _signature(signing_key, rest)
    return b"".join((_OUTER.pack(_MAGIC, crc32(rest)), rest, signature))


def decode_entry(data: bytes, key: str, *, signing_key: bytes | None = None) -> Entry:
    """Read an entry and check that it is whole and the one asked for.

    Args:
        data: What the store gave.
        key: What it was asked for.
        signing_key: Refuses whatever isn't signed with it.

    Raises:
        CacheCorruptedError: It isn't; the text says why.
    """
    view = memoryview(data)
    try:
        magic, checksum = _OUTER.unpack_from(view)
        flags = view[_FLAGS_AT]
    except (struct.error, IndexError) as error:
        raise CacheCorruptedError("too short for an entry") from error
    if magic != _MAGIC:
        raise CacheCorruptedError("not an entry of this format version")
    end = len(view) - _SIGNATURE if flags & _SIGNED else len(view)
    if crc32(view[_OUTER.size : end]) != checksum:
        raise CacheCorruptedError("the checksum doesn't fit: torn or altered")
    if signing_key is not None:
        _check_signature(view, end, signing_key)
    return _decode_checked(view[:end], key)


def _check_signature(view: memoryview, end: int, signing_key: bytes) -> None:
    from hmac import compare_digest

    expected = _signature(signing_key, view[_OUTER.size : end])
    # An unsigned entry has nothing after its end, and so doesn't compare equal either.
    if not compare_digest(expected, bytes(view[end:])):
        raise CacheCorruptedError("it isn't signed with the fleet's key")


def _signature(signing_key: bytes, signed: bytes | memoryview) -> bytes:
    # OpenSSL comes with it: 3 ms that only those with a key need pay.
    from hmac import digest

    return digest(signing_key, signed, "sha256")


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
    if flags & _COMPRESSED:
        body = _decompressed(body)
    return Entry(stored_key, status, stored_at, ttl if flags & _HAS_TTL else None, etag or None, body)


def _decompressed(body: bytes) -> bytes:
    unzip = zlib.decompressobj()
    try:
        plain = unzip.decompress(body, _MAX_BODY)
    except zlib.error as error:
        raise CacheCorruptedError("the body can't be decompressed") from error
    if not unzip.eof:
        raise CacheCorruptedError("the body is larger than any answer, or broken off")
    return plain
