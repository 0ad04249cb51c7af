"""Secrets that don't show themselves, and text that is safe to show."""

from __future__ import annotations

import re

__all__ = ["Secret", "clean_text", "redact"]

_MASK = "***"

# C0 and C1 controls but tab and newline, and the marks that turn text round: a
# terminal would act on them instead of showing them.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_TOKEN_SHAPE = re.compile(r"hf_[A-Za-z0-9]{8,}")
_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")


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


def clean_text(text: str, *, limit: int = 500) -> str:
    """Text from outside, without what a terminal would obey, cut to `limit` characters.

    >>> clean_text("a\\x1b[2Jb\\x07c")
    'abc'
    """
    safe = _UNSAFE.sub("", _ESCAPE_SEQUENCE.sub("", text[: 4 * limit]))
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def redact(text: str, *secrets: Secret | None) -> str:
    """Cleaned text in which no given secret, token shape or URL password is left.

    >>> redact("hf_abcdefghij failed at redis://me:pw@host/0")
    '*** failed at redis://***@host/0'
    """
    for secret in secrets:
        if secret is not None and secret.reveal():
            text = text.replace(secret.reveal(), _MASK)
    return clean_text(_USERINFO.sub(f"{_MASK}@", _TOKEN_SHAPE.sub(_MASK, text)))
