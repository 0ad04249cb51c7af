"""Secrets, wherever they stand in a card."""

from __future__ import annotations

from itertools import islice

from hubkit.cards._validation._lines import Lines
from hubkit.cards._validation._report import Report
from hubkit.cards._validation._secret_shapes import find_secrets

__all__ = ["check_secrets"]

_MOST = 1000


def check_secrets(text: str, lines: Lines, report: Report) -> None:
    """Look for secrets in the whole card. What is found is never shown."""
    for kind, start in islice(find_secrets(text), _MOST):
        report.error(
            lines.part_of(start),
            lines.number_of(start),
            f"it holds {kind}, and everybody could read it",
            "take it out, and revoke it if this card was ever published",
        )
