"""Values as people read them. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from hubkit._secrets import clean_text

__all__ = [
    "age_text",
    "count_of",
    "count_text",
    "duration_text",
    "exact_text",
    "parse_time",
    "plain_text",
    "size_text",
    "without_controls",
]

_LONGEST = 100_000
# What a terminal acts on instead of showing it. Joiners and wide spaces, which some languages can't be
# written without, are not among it, though Python calls them unprintable.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_COUNTS = ("", "k", "M", "B", "T")
_AGES = (
    (365 * 86_400, "year", "years"),
    (30 * 86_400, "month", "months"),
    (86_400, "day", "days"),
    (3_600, "h", "h"),
    (60, "min", "min"),
)


def size_text(size: int) -> str:
    """Bytes in binary units.

    >>> size_text(1_300_000_000)
    '1.2 GiB'
    """
    return _scaled(size, 1024, tuple(f" {unit}" for unit in _SIZES))


def count_text(count: int) -> str:
    """A number, cut to three digits or so.

    >>> count_text(999), count_text(12_345_678)
    ('999', '12.3M')
    """
    return _scaled(count, 1000, _COUNTS)


def count_of(number: int, thing: str) -> str:
    """So many of a thing.

    >>> count_of(1, "file"), count_of(3, "file")
    ('1 file', '3 files')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def duration_text(seconds: float) -> str:
    """A length of time in the largest unit that says it exactly.

    >>> duration_text(86_400.0), duration_text(90.0), duration_text(0.25)
    ('1 d', '90 s', '0.25 s')
    """
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


def age_text(moment: datetime, *, now: float) -> str:
    """How long ago something was.

    Args:
        moment: When; aware.
        now: Epoch seconds.

    >>> age_text(datetime(2026, 1, 1, tzinfo=timezone.utc), now=1_767_236_400)
    '3 h ago'
    """
    seconds = now - moment.timestamp()
    for length, one, many in _AGES:
        number = int(seconds // length)
        if number >= 1:
            return f"{number} {one if number == 1 else many} ago"
    # A moment to come: somebody's clock is wrong, and the date itself says it best.
    return "just now" if seconds > -60 else f"{moment.astimezone(timezone.utc):%Y-%m-%d}"


def parse_time(text: str | None) -> datetime | None:
    """A time as the Hub writes it; None for anything else."""
    if not text:
        return None
    try:
        # Python 3.10 doesn't read the "Z".
        moment = datetime.fromisoformat(text.removesuffix("Z") + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def plain_text(value: object) -> str:
    r"""A value in one line that no terminal and no table takes for anything but text.

    >>> plain_text("a\tb\x1b[31m"), plain_text(True), plain_text(("a", "b")), plain_text(None)
    ('a b', 'true', 'a, b', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ", ".join(filter(None, map(plain_text, value)))
    return " ".join(clean_text(str(value), limit=_LONGEST).split())


def exact_text(value: object) -> str:
    r"""A value in one line for programs: the same without what a terminal would act on, its spaces as they are.

    >>> exact_text("a  b\tc\x1b[31m"), exact_text(True), exact_text(("a", "b")), exact_text(None)
    ('a  b c', 'true', 'a, b', '')
    """
    if value is None or isinstance(value, bool):
        return plain_text(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(filter(None, map(exact_text, value)))
    return without_controls(clean_text(str(value), limit=_LONGEST), instead=" ")


def without_controls(text: str, *, instead: str = "") -> str:
    """Text of any language without the characters that a terminal acts on.

    Args:
        text: One line.
        instead: What stands in their place.
    """
    return _CONTROLS.sub(instead, text)


def _scaled(number: int, base: int, units: tuple[str, ...]) -> str:
    scaled = float(number)
    for unit in units:
        # 999.95 would be shown as 1000.0.
        if scaled < base - 0.05 or unit == units[-1]:
            break
        scaled /= base
    digits = 0 if unit == units[0] or scaled >= 100 else 1
    return f"{scaled:.{digits}f}{unit}"
