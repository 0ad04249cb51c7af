"""Secrets that don't show themselves, and text that is safe to show."""

from __future__ import annotations

import re
from typing import TypeVar

__all__ = ["Secret", "clean_text", "redact", "without_frames"]

E = TypeVar("E", bound=BaseException)

_MASK = "***"
_SHOWN = 500
_LONGEST = 100_000

# C0 and C1 controls but tab and newline, and the marks that turn text round: a
# terminal would act on them instead of showing them.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_TOKEN_SHAPE = re.compile(r"hf_(?:(?:oauth|jwt|app)_[\w.-]{8,}|[A-Za-z0-9]{8,})")
# Up to the last "@" of the authority: a password may hold one.
_QUERY_SECRET = re.compile(r"([?&][\w-]*(?:password|token|secret|signature)=)[^&#\s]*", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")


class Secret:
    """Text that neither `repr`, `str`, a log line nor a traceback shows.

    >>> Secret("hf_abc")
    Secret('***')
    >>> Secret("hf_abc").reveal()
    'hf_abc'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one place that has to send it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_MASK!r})"

    def __str__(self) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


def clean_text(text: str, *, limit: int = _SHOWN) -> str:
    r"""Text from outside, without what a terminal would obey, cut to `limit` characters.

    >>> clean_text("a\x1b[2Jb\x07c")
    'abc'
    """
    return _cut(_showable(text[: 4 * limit]), limit)


def redact(text: str, *secrets: Secret | None) -> str:
    """Cleaned text in which no given secret, token shape, URL password or secret of a query is left.

    >>> redact("hf_abcdefghij failed at redis://me:pw@host/0")
    '*** failed at redis://***@host/0'
    """
    # Cleaned first: escapes within a secret would hide it from the search. Cut last:
    # half a secret would not be found either.
    text = _showable(text[:_LONGEST])
    for secret in secrets:
        if secret is not None and secret.reveal():
            text = text.replace(secret.reveal(), _MASK)
    text = _QUERY_SECRET.sub(rf"\g<1>{_MASK}", _TOKEN_SHAPE.sub(_MASK, text))
    return _cut(_USERINFO.sub(f"{_MASK}@", text), _SHOWN)


def without_frames(error: E) -> E:
    """The error, and those behind it, without the frames whose variables hold secrets.

    Crash reporters print the variables of every frame; the error of an HTTP library also
    carries the request that was sent and the answer to it, a parser's the text that it
    was reading.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = None
        _unload(one)
        waiting += (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        grouped = getattr(one, "exceptions", None)
        waiting += grouped if isinstance(grouped, tuple) else ()
    return error


def _unload(error: BaseException) -> None:
    """Take away what the error carries along."""
    # In the instance itself: httpx has a property in front of it that may raise.
    cargo = vars(error)
    for name in ("request", "_request", "response"):
        if cargo.get(name) is not None:
            cargo[name] = None
    if cargo.get("doc"):
        cargo["doc"] = ""
    if isinstance(error, (UnicodeDecodeError, UnicodeEncodeError)):
        encoding, text, *rest = error.args
        error.object = text[:0]
        error.args = (encoding, text[:0], *rest)


def _showable(text: str) -> str:
    return _UNSAFE.sub("", _ESCAPE_SEQUENCE.sub("", text))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
