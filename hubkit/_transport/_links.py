"""Where an answer sends its reader on: same origin or not at all."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from hubkit._secrets import redact
from hubkit.errors import UnexpectedAnswerError

__all__ = ["next_page", "resolve_on_origin"]

_PORTS = {"http": 80, "https": 443}
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


def next_page(link: str | None, *, current: str, endpoint: str) -> str | None:
    """The URL of the next page, from a ``Link`` header (RFC 8288).

    Args:
        link: The header; it may hold other relations too.
        current: The URL whose answer it came with.
        endpoint: The Hub; a page of another origin is refused.

    Raises:
        UnexpectedAnswerError: The next page is on another origin.
    """
    if not link:
        return None
    from requests.utils import parse_header_links

    for item in parse_header_links(link[:16_384]):
        if "next" in item.get("rel", "").split():
            return resolve_on_origin(item["url"], current=current, endpoint=endpoint)
    return None


def resolve_on_origin(target: str, *, current: str, endpoint: str) -> str:
    """Resolve a redirect or link, and refuse to leave the Hub: the token would go along.

    Raises:
        UnexpectedAnswerError: It leads to another scheme, host or port, or can't be read.
    """
    url = urljoin(current, target)
    if _CONTROLS.search(url) or _origin(url) is None or _origin(url) != _origin(endpoint):
        raise UnexpectedAnswerError(
            f"{endpoint} sends its readers to another origin, which is refused: {redact(url)}"
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
