"""Headers of any content: a sensible value, none, or one of our errors."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from hubkit import UnexpectedAnswerError
from hubkit._secrets import Secret, clean_text, redact
from hubkit._transport._links import next_page, resolve_on_origin
from hubkit._transport._pauses import backoff, retry_after

HUB = "https://hub.example"
CURRENT = f"{HUB}/api/models?limit=2"
LATIN = st.characters(max_codepoint=255)
TEXTS = st.one_of(
    st.text(LATIN, max_size=40),
    st.text('"api;r=0t5, -:+.eGMT<>/?&@', max_size=30),
    st.text("0123456789", max_size=400),
)
PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "//",
        "hub.example",
        "evil.example",
        ":443",
        ":80",
        "@",
        "/",
        "\\",
        "?",
        "#",
        "[",
        "]",
        ".",
        ":",
        "%40",
    ]
)
TARGETS = st.lists(PIECES, max_size=8).map("".join) | st.text(LATIN, max_size=30)
NOW = 1_767_225_600.0


@given(TEXTS, TEXTS, st.floats(0.0, 1e11))
def test_pauses_are_sensible_or_none(first, second, now) -> None:
    """Whatever the headers hold, the pause is a finite number from 0, or the Hub named none."""
    pause = retry_after({"Retry-After": first, "RateLimit": second}, now=now)

    assert pause is None or (math.isfinite(pause) and pause >= 0)


@given(st.integers(0, 999_999_999))
def test_seconds_are_understood(seconds) -> None:
    """A whole number of seconds is itself, in either header."""
    assert retry_after({"Retry-After": str(seconds)}, now=NOW) == seconds
    assert retry_after({"RateLimit": f'"api";r=0;t={seconds}'}, now=NOW) == seconds


@given(st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1)))
def test_dates_are_understood(date) -> None:
    """An HTTP date is the time until then, and 0 when it has passed."""
    date = date.replace(microsecond=0, tzinfo=timezone.utc)
    text = format_datetime(date, usegmt=True)

    assert retry_after({"Retry-After": text}, now=NOW) == max(0.0, date.timestamp() - NOW)


@given(st.integers(1, 10_000), st.floats(0.0, 1.0))
def test_backoff_is_bounded(attempt, jitter) -> None:
    """However often it failed, the own pause is at most eight seconds."""
    assert 0.0 <= backoff(min(attempt, 1_000), jitter) <= 8.0


@given(TARGETS)
def test_nobody_is_sent_away(target) -> None:
    """Whatever the target, the URL is on the Hub, or it is refused in a line that no terminal obeys."""
    from requests import Request
    from requests.exceptions import RequestException

    try:
        url = resolve_on_origin(target, current=CURRENT, endpoint=HUB)
    except UnexpectedAnswerError as error:
        refusal = str(error)
        url = None

    if url is None:
        assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in refusal)
        return
    try:
        prepared = Request("GET", url).prepare().url
    except RequestException:
        return

    # requests reads URLs in its own way, and it is requests that sends the token.
    assert prepared.startswith((f"{HUB}/", f"{HUB}?", f"{HUB}:443/", f"{HUB}:443?"))


@given(
    st.lists(
        st.tuples(TARGETS, st.sampled_from(['rel="next"', "rel=next", 'rel="prev"', "", "rel", "=;"])),
        max_size=4,
    )
)
def test_links_lead_somewhere_or_nowhere(links) -> None:
    """Whatever the Link header, there is a next page on the Hub, none, or an error."""
    header = ", ".join(f"<{target}>; {relation}" for target, relation in links)
    try:
        url = next_page(header, current=CURRENT, endpoint=HUB)
    except UnexpectedAnswerError:
        return

    assert url is None or url.lower().startswith(HUB)


@given(st.text(max_size=300))
def test_shown_text_is_printable(text) -> None:
    """No foreign text holds anything that a terminal would obey, nor is it long."""
    shown = clean_text(text, limit=100)

    assert len(shown) <= 100
    assert not any(ord(character) < 32 and character not in "\t\n" for character in shown)
    assert not any(0x7F <= ord(character) < 0xA0 or 0x202A <= ord(character) <= 0x202E for character in shown)


@given(
    st.text(max_size=30),
    st.text("abcXYZ0123456789-_.~+/=", min_size=8, max_size=40),
    st.text(max_size=30),
    st.sampled_from(["", "\x00", "\x1b[0m", "\u202e"]),
)
def test_secrets_do_not_get_through(before, secret, after, between) -> None:
    """A secret among other text is masked, also when controls stand between its letters."""
    assert secret not in redact(before + between.join(secret) + after, Secret(secret))
