"""Bars on standard error, for work that takes a while."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from hubkit.cli._session import Session

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["bar_of", "counted"]

T = TypeVar("T")


def bar_of(session: Session, unit: str, *, total: int | None = None) -> tqdm[Any]:
    """A bar that is seen at a terminal only, and only if the settings want one.

    Closed before anything else is said: an open bar would be drawn over it.

    Args:
        session: The run.
        unit: What is counted.
        total: How many there will be; None when nobody knows.
    """
    from tqdm import tqdm

    shown = session.config.progress and sys.stderr is not None and sys.stderr.isatty()
    return tqdm(total=total, unit=f" {unit}", disable=not shown, leave=False)


def counted(session: Session, items: Iterable[T], unit: str, *, total: int | None = None) -> Iterator[T]:
    """The items, with a bar that moves as they come."""
    with bar_of(session, unit, total=total) as bar:
        for item in items:
            yield item
            bar.update()
