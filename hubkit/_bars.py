"""Bars on standard error, for work that takes a while: seen at a terminal only, and gone when it ends."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["bar_of", "bar_of_bytes", "beside_bars", "counted", "is_shown", "is_watched"]

T = TypeVar("T")


def is_shown(wanted: bool) -> bool:
    """Whether a bar would be seen, and neither hubkit's settings nor Hugging Face's switch forbid it.

    Args:
        wanted: Whether the settings want bars.
    """
    return wanted and is_watched() and not _are_disabled()


def bar_of(unit: str, *, wanted: bool, total: int | None = None, what: str | None = None) -> tqdm[Any]:
    """A bar that counts things.

    Args:
        unit: What is counted.
        wanted: Whether the settings want bars.
        total: How many there will be; None when nobody knows.
        what: Stands before the bar.
    """
    return _bar_class()(desc=what, total=total, unit=f" {unit}", disable=not is_shown(wanted), leave=False)


def bar_of_bytes(what: str, total: int, *, wanted: bool) -> tqdm[Any]:
    """A bar that counts bytes; none without any.

    Args:
        what: Stands before the bar.
        total: Bytes.
        wanted: Whether the settings want bars.
    """
    hidden = not (total and is_shown(wanted))
    return _bar_class()(
        desc=what, total=total, unit="B", unit_scale=True, unit_divisor=1024, disable=hidden, leave=False
    )


def counted(
    items: Iterable[T], unit: str, *, wanted: bool, total: int | None = None, what: str | None = None
) -> Iterator[T]:
    """The items, with a bar that moves as they come; the arguments are those of `bar_of`."""
    with bar_of(unit, wanted=wanted, total=total, what=what) as bar:
        for item in items:
            yield item
            bar.update()


def beside_bars() -> contextlib.AbstractContextManager[object]:
    """For the time of a message: bars that are open make way for it, and are drawn again below it."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is None:
        # Then nobody has drawn one.
        return contextlib.nullcontext()
    making_way: contextlib.AbstractContextManager[object] = tqdm.tqdm.external_write_mode(file=sys.stderr)
    return making_way


@cache
def _bar_class() -> type[tqdm[Any]]:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        """A bar that no thread watches: nobody ends that of tqdm's own, which hidden bars have too."""

        monitor_interval = 0

        def __init__(self, **options: Any) -> None:
            # It would see to it that a bar which slows down is drawn: so does a look at the clock each time.
            super().__init__(miniters=1, **options)

    return Bar


def is_watched() -> bool:
    """Whether standard error is a terminal; services and windows without a console may have none."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:
        # It is closed.
        return False


def _are_disabled() -> bool:
    """Whether the user wants no bars of any of Hugging Face's tools.

    To ask costs 0.2 s of imports, so that who hasn't paid them yet is asked by the variable alone.
    """
    utils = sys.modules.get("huggingface_hub.utils")
    if utils is not None:
        return bool(utils.are_progress_bars_disabled())
    from huggingface_hub import constants

    return bool(constants.HF_HUB_DISABLE_PROGRESS_BARS)
