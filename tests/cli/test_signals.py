"""Signals that have to wait."""

from __future__ import annotations

import signal

import pytest

from hubkit.cli._signals import Terminated, raise_on_sigterm, signals_held_back


@pytest.fixture(autouse=True)
def _handlers():
    """Python's own while a test runs, and what was there before afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_held_back_until_the_end(number, kind):
    """What a signal would break off is done first; then it raises what it always does, once."""
    raise_on_sigterm()
    done = []

    def work():
        with signals_held_back():
            signal.raise_signal(number)
            signal.raise_signal(number)
            done.append("all")

    with pytest.raises(kind):
        work()

    assert ["all"] == done


def test_others_handlers_come_back():
    """Who ignores a signal, or has none of ours, finds it so afterwards."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with signals_held_back():
        signal.raise_signal(signal.SIGINT)
        inside = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    assert (signal.SIG_IGN, signal.SIG_DFL) == inside
    assert inside == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
