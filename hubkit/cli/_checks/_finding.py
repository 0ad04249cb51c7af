"""What a check found, and what to do about it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = ["Finding", "Status"]

Status: TypeAlias = Literal["ok", "warn", "fail", "skip"]


@attrs.frozen(kw_only=True)
class Finding:
    """One line of the report."""

    check: str
    """What was looked at: ``settings``, ``offline``, ``endpoint``, ``clock``, ``token``, ``cache``, ``disk``
    or ``version``."""
    status: Status
    """``skip`` when it couldn't be looked at; the reason is another finding's."""
    message: str
    subject: str | None = None
    """Which of several: a cache's URL, a folder, a package."""
    remedy: str | None = None
    """What to do; None when nothing is wrong."""
    seconds: float | None = None
    """How long the answer took, where that was measured."""
