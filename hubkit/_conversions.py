"""From what people write in settings to values; errors say what would be right.

Each function takes what a file, a variable or a caller gave and returns the value,
or raises `ConfigError` with the end of a sentence that begins with the field's name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from hubkit._refs import normalize_endpoint
from hubkit._secrets import Secret, redact
from hubkit.errors import ConfigError, InvalidTokenError

__all__ = [
    "cache_mode",
    "endpoint",
    "flag",
    "positive",
    "positive_seconds",
    "seconds",
    "secret",
    "size",
    "tiers",
    "token",
    "whole",
]

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\Z")
# A comma alone may be part of a path, or stand between the hosts of one URL.
_BETWEEN_URLS = re.compile(r"[\s,]*,\s*(?=[A-Za-z][A-Za-z0-9+.-]*://)|\s+")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_CACHE_MODES = ("read-write", "read-only")


def seconds(value: float | str) -> float:
    """Seconds, from a number or text.

    >>> seconds("24h"), seconds(30)
    (86400.0, 30.0)
    """
    return _quantity(value, _SECONDS, "'30s', '24h' or '7d'")


def positive_seconds(value: float | str) -> float:
    """Seconds, and more than none."""
    number = seconds(value)
    if number == 0:
        raise ConfigError("must be more than 0 seconds")
    return number


def size(value: int | str) -> int:
    """Bytes, from a number or text.

    >>> size("1GiB")
    1073741824
    """
    return int(_quantity(value, _BYTES, "'500MB' or '1GiB'"))


def whole(value: int | str) -> int:
    """A whole number from 0."""
    return _whole(value, 0)


def positive(value: int | str) -> int:
    """A whole number from 1."""
    return _whole(value, 1)


def flag(value: bool | str) -> bool:
    """A truth value, as people write them.

    >>> flag("yes"), flag("OFF")
    (True, False)
    """
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ConfigError(f"must be true or false, not {_shown(value)}")
    return text in _TRUE


def cache_mode(value: str) -> str:
    """One of the two cache modes."""
    if value not in _CACHE_MODES:
        raise ConfigError(f"must be one of {', '.join(_CACHE_MODES)}, not {_shown(value)}")
    return value


def secret(value: Secret | str | None) -> Secret | None:
    """A secret; blank text is none."""
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ConfigError("must be text")
    return Secret(value.strip()) if value.strip() else None


def token(value: Secret | str | None) -> Secret | None:
    """An access token of any shape: self-hosted hubs don't begin theirs with ``hf_``."""
    checked = secret(value)
    if checked is not None and not re.fullmatch(r"[!-~]+", checked.reveal()):
        # It has to stand in a header.
        raise InvalidTokenError("must be printable ASCII without spaces")
    return checked


def endpoint(value: str) -> str:
    """The base URL of a Hub, without a trailing slash."""
    wanted = "must be a URL such as 'https://huggingface.co'"
    if not isinstance(value, str):
        raise ConfigError(f"{wanted}, not {type(value).__name__}")
    if "@" in value:
        raise ConfigError("must not hold a user name or password; use token")
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{wanted}; the host or port can't be read") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigError(f"{wanted}, not {_shown(value)}")
    if parts.query or parts.fragment or re.search(r"[\x00-\x20\x7f-\x9f]", value.strip()):
        raise ConfigError(f"{wanted}, without query or fragment, not {_shown(value)}")
    return normalize_endpoint(value)


def tiers(value: str | Iterable[str]) -> tuple[str, ...]:
    """Cache URLs, nearest first; in one text they stand apart by spaces or commas.

    >>> tiers("file:///var/cache/hubkit, redis://host/0")
    ('file:///var/cache/hubkit', 'redis://host/0')
    """
    urls: Any = filter(None, _BETWEEN_URLS.split(value)) if isinstance(value, str) else value
    if not isinstance(urls, Iterable):
        raise ConfigError("must be a URL or a list of URLs, nearest first")
    listed = list(urls)
    if not listed:
        raise ConfigError("must name at least one URL; 'none://' turns caching off")
    if not all(isinstance(url, str) and "://" in url for url in listed):
        # The text itself may hold a password.
        raise ConfigError("must be URLs such as 'file:///var/cache/hubkit' or 'redis://host/0'")
    return tuple(url.strip() for url in listed)


def _whole(value: int | str, minimum: int) -> int:
    try:
        number = None if isinstance(value, (bool, float)) else int(value)
    except (TypeError, ValueError):
        number = None
    if number is None or number < minimum:
        raise ConfigError(f"must be a whole number of at least {minimum}, not {_shown(value)}")
    return number


def _quantity(value: float | str, units: Mapping[str, float], sample: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = _float(value)
    else:
        match = _QUANTITY.match(value.strip().lower()) if isinstance(value, str) else None
        if match is None or match[2] not in units:
            raise ConfigError(f"must be a number or text such as {sample}, not {_shown(value)}")
        number = float(match[1]) * units[match[2]]
    if number < 0 or not math.isfinite(number):
        raise ConfigError(f"must be 0 or more and finite, not {_shown(value)}")
    return number


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: object) -> str:
    """The value as an error may print it: no page, and no token that stands in the wrong place."""
    try:
        text = repr(value)
    except ValueError:
        # Python refuses to write out integers of thousands of digits.
        text = f"such {type(value).__name__}"
    return redact(text if len(text) <= 80 else text[:77] + "...")
