"""How long to wait before asking again: pure, from headers and attempt to seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timezone

__all__ = ["RETRIED_STATUSES", "backoff", "literal_pause", "retry_after", "spent_quota"]

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})

_BASE = 0.5
_CEILING = 8.0
# RateLimit: "api";r=0;t=55 (draft-ietf-httpapi-ratelimit-headers).
_RESET = re.compile(r";\s*t=(\d{1,9})(?=\s*(?:;|,|$))")
_EMPTY = re.compile(r";\s*r=0(?=\s*(?:;|,|$))")
_DELAY = re.compile(r"\d{1,9}\Z")
_NUMBER = re.compile(r"(?:\A\s*|t=)(\d+)")
_MOST_DIGITS = 9


def backoff(attempt: int, jitter: float) -> float:
    """Seconds before attempt ``attempt`` (from 1) when the Hub named none.

    Exponential with full jitter, so that a fleet which failed together doesn't come
    back together (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Args:
        attempt: How often it has failed.
        jitter: A random number from 0 to 1.
    """
    return jitter * min(_CEILING, _BASE * 2.0**attempt)


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that the Hub asks its caller to wait; None when it names none that make sense.

    Args:
        headers: Of the answer, looked up without regard to case.
        now: Epoch seconds.

    >>> retry_after({"RateLimit": '"api";r=0;t=55'}, now=0.0)
    55.0
    """
    text = (headers.get("Retry-After") or "").strip()
    if _DELAY.match(text):
        return float(text)
    until = _until(text, now)
    return _reset(headers.get("RateLimit") or "") if until is None else until


def spent_quota(headers: Mapping[str, str]) -> float | None:
    """Seconds until a quota that is used up begins anew; None while there is some left.

    The Hub says so with the last answer that it gives, before it refuses one.

    >>> spent_quota({"RateLimit": '"api";r=0;t=55'}), spent_quota({"RateLimit": '"api";r=3;t=55'})
    (55.0, None)
    """
    text = headers.get("RateLimit") or ""
    return _reset(text) if _EMPTY.search(text) else None


def literal_pause(headers: Mapping[str, str]) -> float:
    """Seconds that `huggingface_hub` would sleep, which takes every number at its word; 0 when there is none.

    >>> literal_pause({"RateLimit": '"api";r=0;t=1000000000'})
    inf
    """
    texts = (headers.get("Retry-After") or "", headers.get("RateLimit") or "")
    numbers = [number for text in texts for number in _NUMBER.findall(text)]
    return max(
        (float(number) if len(number) <= _MOST_DIGITS else math.inf for number in numbers), default=0.0
    )


def _until(text: str, now: float) -> float | None:
    """Seconds up to an HTTP date (RFC 9110, 10.2.3)."""
    try:
        # Slow to import, and few servers send dates.
        from email.utils import parsedate_to_datetime

        date = parsedate_to_datetime(text)
        # Always GMT, even where the text doesn't say so.
        seconds = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _reset(text: str) -> float | None:
    """The reset time of the quota that is used up, else the latest of all."""
    quotas = text.split(",")
    spent = [quota for quota in quotas if _EMPTY.search(quota)] or quotas
    resets = [float(match[1]) for match in map(_RESET.search, spent) if match]
    return max(resets) if resets else None
