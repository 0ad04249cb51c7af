"""Whether a model can be used here, and what that takes."""

from __future__ import annotations

from hubkit._compatibility._assessment import assess, base_of, is_compatible, missing_for_use
from hubkit._compatibility._report import CompatibilityFinding, CompatibilityReport

__all__ = [
    "CompatibilityFinding",
    "CompatibilityReport",
    "assess",
    "base_of",
    "is_compatible",
    "missing_for_use",
]
