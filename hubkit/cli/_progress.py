"""Bars on standard error, if the run's settings want them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from hubkit import _bars
from hubkit.cli._session import Session

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["bar_of", "counted"]

T = TypeVar("T")


def bar_of(session: Session, unit: str, *, total: int | None = None) -> tqdm[Any]:
    """A bar that is seen at a terminal only, and only if the settings want one.

    Args:
        session: The run.
        unit: What is counted.
        total: How many there will be; None when nobody knows.
    """
    return _bars.bar_of(unit, wanted=session.config.progress, total=total)


def counted(session: Session, items: Iterable[T], unit: str, *, total: int | None = None) -> Iterator[T]:
    """The items, with a bar that moves as they come."""
    return _bars.counted(items, unit, wanted=session.config.progress, total=total)
