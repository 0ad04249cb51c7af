"""What a compatibility report says: values without behaviour."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from hubkit import _serialize

__all__ = ["CompatibilityFinding", "CompatibilityReport", "Severity", "Verdict"]

Severity = Literal["error", "unknown", "warning", "note"]
Verdict = Literal["compatible", "incompatible", "unknown"]


@frozen(kw_only=True)
class CompatibilityFinding:
    """One thing to know before a model is used.

    .. versionadded:: 0.1
    """

    code: str
    """A word for programs, such as ``pickle-only``; it keeps its meaning."""
    severity: Severity
    """``error``: it can't be used as it is. ``unknown``: it can't be told whether it can. ``warning``: it can, with
    care. ``note``: good to know."""
    message: str
    """What was found, without the model's name in front."""
    remedy: str | None = None
    """What to do about it."""
    source: str
    """What says so: ``files``, a key of the Hub's record, ``tags``, or the Hub asked just now."""

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


@frozen(kw_only=True)
class CompatibilityReport:
    """Whether a model can be used, and all that was found on the way.

    .. versionadded:: 0.1
    """

    model_id: str
    required_library: str | None
    verdict: Verdict
    """Of the worst finding; warnings and notes don't count."""
    findings: tuple[CompatibilityFinding, ...]
    """The worst first."""
    disk_bytes: int | None
    """Bytes of all files; None when a size is unknown."""
    weight_bytes: int | None
    """Bytes of the weights in the one format that would be loaded; None when that or a size is unknown."""
    memory_bytes: int | None
    """Bytes that the weights take up once loaded as they are stored, all else not counted; None when unknown."""

    @property
    def is_compatible(self) -> bool:
        """Whether the verdict is ``compatible``; unknown is no."""
        return self.verdict == "compatible"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict isn't ``compatible``."""
        return tuple(each.message for each in self.findings if each.severity in ("error", "unknown"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        plain: dict[str, Any] = _serialize.unstructure(self)
        return plain
