"""How long to wait, from what the headers say."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hubkit._transport._pauses import backoff, retry_after

NOW = 1_789_142_266.0
"""Fri, 11 Sep 2026 15:57:46 GMT."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999", 999_999_999.0),
        ("Fri, 11 Sep 2026 15:58:46 GMT", 60.0),
        ("Friday, 11-Sep-26 15:58:46 GMT", 60.0),
        ("Fri Sep 11 15:58:46 2026", 60.0),
        ("Fri, 11 Sep 2026 15:58:46 -0000", 60.0),
        ("Fri, 11 Sep 2026 15:00:00 GMT", 0.0),
        ("-5", None),
        ("1.5", None),
        ("1e9", None),
        ("99999999999", None),
        ("1" * 5_000, None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Fri, 99 Sep 2026 15:58:46 GMT", None),
        ("Fri, 11 Sep 99999 15:58:46 GMT", None),
    ],
)
def test_retry_after(text, seconds) -> None:
    """Seconds and dates are understood; garbage, negatives and absurd numbers say nothing."""
    assert retry_after({"Retry-After": text}, now=NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ('"api";r=0;t=55', 55.0),
        ('"api"; r=0; t=55', 55.0),
        ('"api";r=12;t=55', 55.0),
        ('"api";r=0;t=10, "pages";r=5;t=99', 10.0),
        ('"api";r=0;t=10, "pages";r=0;t=99', 99.0),
        ('"api";r=0;t=1000000000', None),
        ('"api";r=0;t=-1', None),
        ('"api";r=0', None),
        ("t=5", None),
        ("", None),
    ],
)
def test_rate_limit(text, seconds) -> None:
    """The reset of the quota that is used up counts."""
    assert retry_after({"RateLimit": text}, now=NOW) == seconds


def test_senseless_retry_after_leaves_the_other_header() -> None:
    """Garbage in one header doesn't hide what the other says; sense does."""
    quota = {"RateLimit": '"api";r=0;t=55'}

    assert retry_after({"Retry-After": "soon", **quota}, now=NOW) == 55.0
    assert retry_after({"Retry-After": "5", **quota}, now=NOW) == 5.0


def test_dates_are_gmt_everywhere() -> None:
    """A date without a zone is GMT, also on a machine that lives elsewhere."""
    code = (
        "from hubkit._transport._pauses import retry_after\n"
        f"print(retry_after({{'Retry-After': 'Fri Sep 11 15:58:46 2026'}}, now={NOW}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": "XYZ+7"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "60.0\n", done.stderr


def test_backoff_grows_to_a_ceiling() -> None:
    """Each attempt may wait twice as long as the one before, up to eight seconds; luck shortens it."""
    assert [backoff(attempt, 1.0) for attempt in range(1, 8)] == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert backoff(3, 0.25) == 1.0
    assert backoff(5, 0.0) == 0.0
