"""Where an answer sends its reader on: same origin or not at all."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from hubkit._secrets import Secret, redact
from hubkit.errors import UnexpectedAnswerError

__all__ = ["next_page", "resolve_on_origin"]

_MAX_LINK = 16_384
_PORTS = {"http": 80, "https": 443}
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
# No reference to RFC 3986 (4.2). Some take ":https://other/" for a path, and others for a URL.
_NO_REFERENCE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^/?#]*:")


def next_page(link: str | None, *, current: str, endpoint: str, token: Secret | None = None) -> str | None:
    """The URL of the next page, from a ``Link`` header (RFC 8288).

    Args:
        link: The header; it may hold other relations too.
        current: The URL whose answer it came with.
        endpoint: The Hub; a page of another origin is refused.
        token: What no message may repeat.

    Raises:
        UnexpectedAnswerError: The next page is on another origin, or the header has no end.
    """
    if not link:
        return None
    from requests.utils import parse_header_links

    if len(link) > _MAX_LINK:
        # Cut short it would lose its "next", and the listing its end.
        raise UnexpectedAnswerError(f"{endpoint} sent a Link header of {len(link)} characters")
    for item in parse_header_links(link):
        if "next" in item.get("rel", "").lower().split():
            return resolve_on_origin(item["url"], current=current, endpoint=endpoint, token=token)
    return None


def resolve_on_origin(target: str, *, current: str, endpoint: str, token: Secret | None = None) -> str:
    """Resolve a redirect or link, and refuse to leave the Hub: the token would go along.

    Raises:
        UnexpectedAnswerError: It leads to another scheme, host or port, or can't be read.
    """
    try:
        url = urljoin(current, target)
    except ValueError:
        url = ""
    unclear = _CONTROLS.search(url) or _NO_REFERENCE.match(target)
    if unclear or _origin(url) is None or _origin(url) != _origin(endpoint):
        where = redact(url or target, token)
        raise UnexpectedAnswerError(
            f"{endpoint} sends its readers to another origin, which is refused: {where}"
        )
    return url


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port
