"""What is wrong with a card, and what to do about it."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning"]


@frozen(kw_only=True)
class Finding:
    """One thing that a check found in a card.

    >>> print(Finding(severity="error", key="license", message="is wrong", remedy="write mit", line=2))
    line 2: license: is wrong (write mit)
    """

    severity: Severity
    """`error` for what the Hub refuses and for secrets; `warning` for everything else."""

    key: str
    """Where it is: a path such as `datasets[0]`, else `front matter` or `body`."""

    message: str
    """What is wrong: the Hub's own words where they are known. Shows no secret and no control character."""

    remedy: str
    """What to write instead."""

    line: int | None = None
    """Line of the card, from 1 on; None when it has none."""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.key}: {self.message} ({self.remedy})"
