"""Which licence a model is under, and whence that is known."""

from __future__ import annotations

import attrs

from hubkit.models import ModelMetadata

__all__ = ["LicenseStatement", "stated_license"]


@attrs.frozen(kw_only=True)
class LicenseStatement:
    """What a model says about its licence."""

    id: str
    """The Hub's licence id; several are joined by ", "."""
    name: str | None = None
    """For ``other``: the licence's own name."""
    link: str | None = None
    """For ``other``: where its text is, a URL or a file of the repository."""
    source: str
    """``card`` or ``tags``."""


def stated_license(model: ModelMetadata) -> LicenseStatement | None:
    """The model's own statement; None when it makes none."""
    if model.license is None:
        return None
    return LicenseStatement(
        id=model.license,
        name=_text(model, "license_name"),
        link=_text(model, "license_link"),
        source="card" if model.card_data.get("license") else "tags",
    )


def _text(model: ModelMetadata, key: str) -> str | None:
    value = model.card_data.get(key)
    return value if isinstance(value, str) and value else None
