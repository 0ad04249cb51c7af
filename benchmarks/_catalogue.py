"""Every contender by name: so that other processes can open what they are told to measure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import floors
import ours
import peers
from _bench import Bench, Contender, Place, Store
from _rows import Measure

__all__ = ["open_read", "open_store", "opened"]


def open_read(name: str, place: Place) -> Contender:
    """A reader of models.

    Raises:
        ImportError: What it needs isn't installed.
    """
    return _found(name, ours.READS, floors.READS, peers.READS)(place)


def open_store(name: str, place: Place) -> Store:
    """A store of bytes.

    Raises:
        ImportError: What it needs isn't installed.
    """
    return _found(name, ours.STORES, floors.STORES, peers.STORES)(place)


@contextlib.contextmanager
def opened(
    bench: Bench, names: Iterable[str], place: Place, models: Sequence[str]
) -> Iterator[tuple[dict[str, Contender], list[Measure]]]:
    """Open readers and let each read the models once, so that its store holds them.

    Args:
        bench: The run.
        names: Which ones; peers are left out when the run has none.
        place: Where their stores are.
        models: What is going to be read.

    Yields:
        The readers, and a line about each that isn't installed.
    """
    found: dict[str, Contender] = {}
    missing: list[Measure] = []
    with ExitStack() as stack:
        for name in names:
            if name in peers.READS and not bench.with_peers:
                continue
            try:
                contender = open_read(name, place)
            except ImportError:
                missing.append(Measure(name, None, "not installed"))
                continue
            stack.callback(contender.close)
            for model in models:
                contender.get(model)
            found[name] = contender
        yield found, missing


def _found(name: str, *catalogues: Mapping[str, Callable[[Place], object]]) -> Callable[[Place], object]:
    return next(catalogue[name] for catalogue in catalogues if name in catalogue)
