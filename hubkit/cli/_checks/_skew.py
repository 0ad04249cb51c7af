"""Whether this machine's clock is right, by the Hub's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from hubkit._clock import CLOCK_SKEW
from hubkit.cli._checks._finding import Finding

__all__ = ["check_clock"]

_NOTICEABLE: Final = 30.0
_REMEDY: Final = "set the clock, best by a time service (timedatectl set-ntp true)"


def check_clock(headers: Mapping[str, str], sent: float, received: float) -> Finding:
    """A finding about the clock.

    Args:
        headers: Of an answer.
        sent: Epoch seconds by this machine's clock.
        received: The same, when the answer was here.
    """
    told = _date(headers)
    if told is None:
        return Finding(check="clock", status="skip", message="not compared: the Hub told no time")
    # Dates have whole seconds: the middle of it, and of the way there and back.
    skew = (sent + received) / 2 - (told + 0.5)
    slack = (received - sent) / 2 + 0.5
    off = max(abs(skew) - slack, 0.0)
    if off <= _NOTICEABLE:
        return Finding(check="clock", status="ok", message="right, by the Hub's")
    where = "ahead of" if skew > 0 else "behind"
    if off <= CLOCK_SKEW:
        message = f"{off:.0f} s {where} the Hub's"
        return Finding(check="clock", status="warn", message=message, remedy=_REMEDY)
    return Finding(
        check="clock",
        status="fail",
        message=f"{off:.0f} s {where} the Hub's: ages of cached answers are wrong, and links to files are refused",
        remedy=_REMEDY,
    )


def _date(headers: Mapping[str, str]) -> float | None:
    try:
        date = parsedate_to_datetime(headers.get("Date") or "").timestamp()
        # Whoever keeps answers in between says for how long it has had this one.
        age = float(headers.get("Age") or 0)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return date + age
