"""Secrets that stay secret, and foreign text that a terminal may be shown."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from hubkit._secrets import Secret, clean_text, redact, without_frames

TOKEN = "hf_" + "Ab1" * 11
SECRET = Secret("s3lf-h0sted.token")


@pytest.mark.parametrize(
    "shown",
    [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET!r:>30}", f"{[SECRET]}", "%s %r" % (SECRET, SECRET)],  # noqa: UP031
)
def test_secret_never_shows_itself(shown) -> None:
    """Neither `repr`, `str` nor formatting prints the text."""
    assert SECRET.reveal() not in shown
    assert "***" in shown


def test_secret_equals_by_text() -> None:
    """Equal texts are equal secrets; a plain text is none."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_secret_reaches_worker_processes() -> None:
    """A secret can be pickled and copied, since settings have to reach workers."""
    assert SECRET == pickle.loads(pickle.dumps(SECRET)) == copy.deepcopy(SECRET)
    assert not hasattr(SECRET, "__dict__")


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\x1b[2Jb", "ab"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "31mred"),
        ("a\rb\x08c\x00d\x7f", "abcd"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("\u2066a\u2069\ufeff", "a"),
        ("tab\tand\nline stay", "tab\tand\nline stay"),
        ("Grüße, 世界", "Grüße, 世界"),
    ],
)
def test_what_a_terminal_would_obey_is_removed(dirty, clean) -> None:
    """Escape sequences, controls and marks that turn text round are dropped; letters stay."""
    assert clean_text(dirty) == clean


def test_long_text_is_cut() -> None:
    """A page of somebody else's words becomes a line that ends in an ellipsis."""
    assert clean_text("x" * 1_000) == "x" * 499 + "…"
    assert clean_text("abcdef", limit=3) == "ab…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"bad token {TOKEN}!", "bad token ***!"),
        ("hf_oauth_eyJhbGciOi.J9-x_y failed", "*** failed"),
        ("call hf_hub_download", "call hf_hub_download"),
        ("redis://me:pw@host/0", "redis://***@host/0"),
        ("redis://:p@ss:w@rd@host/0", "redis://***@host/0"),
        ("https://host/path?x=a@b", "https://host/path?x=a@b"),
        ("redis://h/0?password=pw&db=1", "redis://h/0?password=***&db=1"),
        ("https://cdn/x?X-Signature=abc&token=t", "https://cdn/x?X-Signature=***&token=***"),
    ],
)
def test_shapes_of_secrets_are_masked(text, shown) -> None:
    """Tokens, passwords of URLs and secrets in queries are masked wherever they stand."""
    assert redact(text) == shown


def test_given_secrets_are_masked() -> None:
    """A token of any shape is masked when it is known."""
    assert redact(f"no {SECRET.reveal()} here", None, SECRET, Secret("")) == "no *** here"


def test_escapes_do_not_hide_a_secret() -> None:
    """A secret with controls between its letters would reappear once they are removed."""
    hidden = "\x1b[0m".join(SECRET.reveal())

    assert redact(hidden, SECRET) == "***"


def test_cutting_leaves_no_half_secret() -> None:
    """A secret that lies across the cut is masked before the text is cut."""
    text = "x" * 490 + SECRET.reveal()

    assert redact(text, SECRET) == "x" * 490 + "***"


def _fail_with(secret: str) -> None:
    try:
        raise ValueError("inner")
    except ValueError as error:
        raise KeyError("outer") from error


def test_frames_can_be_dropped() -> None:
    """An error and all behind it lose their frames, so that no crash report prints their variables."""
    try:
        _fail_with("secret value")
    except KeyError as error:
        bare = without_frames(error)

    shown = "".join(traceback.TracebackException.from_exception(bare, capture_locals=True).format())
    assert "secret value" not in shown
    assert "inner" in shown


def test_circles_of_causes_end() -> None:
    """Errors that name each other as causes don't hang the search."""
    first, second = ValueError("a"), ValueError("b")
    first.__context__, second.__context__ = second, first

    assert without_frames(first) is first
