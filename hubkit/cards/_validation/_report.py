"""Where the rules write what they find."""

from __future__ import annotations

from hubkit.cards._finding import Finding, Severity
from hubkit.cards._text import clean
from hubkit.cards._validation._secret_shapes import mask_secrets

__all__ = ["BODY", "FRONT_MATTER", "Report", "quoted"]

FRONT_MATTER = "front matter"
BODY = "body"

# More help nobody, and a purpose-made card has some hundred thousand.
_MOST = 100
_LONGEST_KEY = 120


class Report:
    """The findings so far, of each severity at most a hundred."""

    def __init__(self) -> None:
        self._found: set[Finding] = set()
        self._counts: dict[Severity, int] = {"error": 0, "warning": 0}
        self._keys: set[str] = set()

    def error(self, key: str, line: int | None, message: str, remedy: str) -> None:
        """What the Hub refuses, or a secret."""
        self.add("error", key, line, message, remedy)

    def warn(self, key: str, line: int | None, message: str, remedy: str) -> None:
        """What is taken, yet is not what was meant, or not what anybody should publish."""
        self.add("warning", key, line, message, remedy)

    def add(self, severity: Severity, key: str, line: int | None, message: str, remedy: str) -> None:
        """One finding; `message` and `remedy` hold nothing of the card that `quoted` did not write."""
        self._keys.add(key)
        self._counts[severity] += 1
        if self.is_full(severity):
            return
        self._found.add(
            Finding(
                severity=severity,
                key=_shown(key, _LONGEST_KEY) or '""',
                message=message,
                remedy=remedy,
                line=line,
            )
        )

    def is_full(self, severity: Severity) -> bool:
        """Whether further findings are left out, so that a rule may stop looking for them."""
        return self._counts[severity] > _MOST

    def knows(self, key: str) -> bool:
        """Whether something was found there already: one finding for one value is enough."""
        return key in self._keys

    def findings(self) -> list[Finding]:
        """All of them, by line, then key; that there are more comes last."""
        rest = [
            Finding(
                severity=severity,
                key=FRONT_MATTER,
                message=f"there are more findings like the {_MOST} that are listed",
                remedy="mend those first",
            )
            for severity in self._counts
            if self.is_full(severity)
        ]
        ordered = sorted(self._found, key=lambda one: (one.line or 0, one.key, one.severity, one.message))
        return ordered + rest


def quoted(text: str, limit: int = 80) -> str:
    """A value of the card as it is shown in a message: on one line, cut, without secrets.

    A local path stays: whoever has to take it out has to see it.

    >>> quoted("zh-CN"), quoted("a" * 9, limit=5)
    ('"zh-CN"', '"aaaa…"')
    """
    return f'"{_shown(text, limit)}"'


def _shown(text: str, limit: int) -> str:
    # Cut after masking: half a secret would not be known for one.
    line = " ".join(mask_secrets(clean(text[: 8 * limit])).split())
    line = "".join(char if char.isprintable() else "\ufffd" for char in line)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
