"""An answer of the Hub as it is kept: what huggingface_hub reads of it, and nothing that a thief could use.

Layout of an entry's body: four bytes (big-endian) with the length of the headers, the
headers as a JSON list of pairs, and the body as the Hub sent it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import Final

import attrs

from hubkit._lazy import dump_json, load_json
from hubkit._transport._links import resolve_on_origin
from hubkit.cache._entry import Entry
from hubkit.errors import CacheCorruptedError, DecodeError, UnexpectedAnswerError

__all__ = ["Reply", "decode_reply", "encode_reply", "fit_to_keep"]

_LENGTH: Final = struct.Struct(">I")

# What huggingface_hub reads, and what tells people whence a file comes. All else is about
# the exchange that is over: dates, quotas, cookies, encodings of the body on its way.
_KEPT: Final = frozenset(
    {
        "accept-ranges",
        "content-disposition",
        "content-length",
        "content-type",
        "etag",
        "last-modified",
        "link",
        "location",
        "x-error-code",
        "x-error-message",
        "x-hf-warning",
        "x-linked-etag",
        "x-linked-size",
        "x-repo-commit",
        "x-total-count",
        "x-xet-hash",
        "x-xet-refresh-route",
    }
)
_LEADS_ON: Final = frozenset({"location", "x-xet-refresh-route"})
_LINK: Final = re.compile(r"<([^<>]*)>([^<>]*?)(?:,\s*(?=<)|\Z)")


@attrs.frozen
class Reply:
    """Status, headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in small letters."""
    body: bytes = b""

    @classmethod
    def kept_of(cls, status: int, headers: Iterable[tuple[str, str]], body: bytes, *, url: str) -> Reply:
        """What may be kept of an answer.

        Where it leads to another origin that goes: huggingface_hub would send its token
        there, and signed addresses of files expire. A redirect of which nothing else is
        left says as much as an answer.

        Args:
            status: Of the answer.
            headers: All that it had.
            body: Decoded; empty for a HEAD.
            url: What was asked.
        """
        given = [(name.lower(), value) for name, value in headers]
        fit = [(name, fit_to_keep(name, value, url)) for name, value in given]
        kept = tuple((name, value) for name, value in fit if value is not None)
        names = {name for name, _ in kept}
        redirects = 300 <= status < 400
        if redirects and "location" not in names:
            # The length is that of the redirect's own text.
            return cls(200, tuple(pair for pair in kept if pair[0] != "content-length"), body)
        return cls(status, kept, body)

    def get(self, name: str) -> str | None:
        """The value of a header, by its name in small letters."""
        return next((value for key, value in self.headers if key == name), None)


def encode_reply(reply: Reply) -> bytes:
    """The reply as the body of an entry; the status has a place of its own there.

    Raises:
        DecodeError: A header isn't Unicode.
    """
    head = dump_json(reply.headers)
    return b"".join((_LENGTH.pack(len(head)), head, reply.body))


def decode_reply(entry: Entry, *, url: str) -> Reply:
    """The reply again, with no header that isn't fit to be kept, whoever wrote the entry.

    Args:
        entry: Its body is what `encode_reply` gave.
        url: What was asked.

    Raises:
        CacheCorruptedError: It isn't that.
    """
    body = bytes(entry.plain())
    try:
        (length,) = _LENGTH.unpack_from(body)
        begin = _LENGTH.size + length
        pairs = load_json(body[_LENGTH.size : begin])
        headers = [(str(name), str(value)) for name, value in pairs]
    except (struct.error, DecodeError, TypeError, ValueError) as error:
        raise CacheCorruptedError(f"not a stored reply: {error}") from error
    if begin > len(body) or not 200 <= entry.status < 500:
        raise CacheCorruptedError("not a stored reply")
    return Reply.kept_of(entry.status, headers, body[begin:], url=url)


def fit_to_keep(name: str, value: str, url: str) -> str | None:
    """The value of a header as it may be kept; None when it may not.

    Args:
        name: In small letters.
        value: As it was sent.
        url: What was asked; what leads to another origin goes.
    """
    if name not in _KEPT or any(character in value for character in "\r\n\0"):
        return None
    if name == "link":
        parts = [f"<{target}>{rest}" for target, rest in _LINK.findall(value) if _stays(target, url)]
        return ", ".join(part.strip().rstrip(",") for part in parts) or None
    return value if name not in _LEADS_ON or _stays(value, url) else None


def _stays(target: str, url: str) -> bool:
    """Whether it leads to the origin that was asked."""
    try:
        resolve_on_origin(target, current=url, endpoint=url)
    except UnexpectedAnswerError:
        return False
    return True
