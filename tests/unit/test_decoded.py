"""Decoded answers at hand: bounded, timed, and safe among threads and forks."""

from __future__ import annotations

import math
import os
import threading

import pytest

from hubkit.cache._decoded import DecodedAnswers
from hubkit.testing import FakeClock
from hubkit.testing._children import exit_code_of


@pytest.fixture
def clock():
    """A clock that stands still."""
    return FakeClock()


def _answers(clock, max_entries=3, max_seconds=60.0):
    return DecodedAnswers(max_entries=max_entries, max_seconds=max_seconds, clock=clock)


@pytest.mark.parametrize(("good_for", "seconds"), [(10.0, 10.0), (100.0, 60.0), (math.inf, 60.0)])
def test_answers_end(clock, good_for, seconds) -> None:
    """An answer is there for as long as it is good, and never longer than answers are kept."""
    answers = _answers(clock)
    answers.put("k", "v", good_for=good_for)
    clock.advance(seconds=seconds - 0.5)
    before = answers.get("k")
    clock.advance(seconds=0.5)

    assert (before, answers.get("k")) == ("v", None)


@pytest.mark.parametrize("moves", [61.0, 25 * 3600.0])
def test_answers_end_by_either_clock(clock, moves) -> None:
    """Where the wall clock alone goes on, as while a machine sleeps, an answer ends too; set back, it lives no longer."""
    answers = _answers(clock)
    answers.put("k", "v", good_for=60.0)
    clock.set_wall(clock.now() + moves)
    ahead = answers.get("k")
    clock.set_wall(clock.now() - 2 * moves)
    clock.advance(seconds=60.0)

    assert (ahead, answers.get("k")) == (None, None)


@pytest.mark.parametrize("good_for", [0.0, -5.0, math.nan, -math.inf])
def test_stale_answers_are_not_kept(clock, good_for) -> None:
    """What is past its time already, or has none, isn't kept at all."""
    answers = _answers(clock)
    answers.put("k", "v", good_for=good_for)

    assert answers.get("k") is None
    assert answers._table == {}


@pytest.mark.parametrize("settings", [{"max_entries": 0}, {"max_seconds": 0.0}])
def test_switched_off(clock, settings) -> None:
    """With no entries or no seconds allowed nothing is kept."""
    answers = _answers(clock, **settings)
    answers.put("k", "v", good_for=10.0)

    assert answers.get("k") is None


def test_wall_clock_does_not_matter(clock) -> None:
    """Setting the wall clock neither ends answers nor makes them immortal."""
    answers = _answers(clock)
    answers.put("k", "v", good_for=10.0)
    clock.set_wall(0.0)
    kept = answers.get("k")
    clock.advance(seconds=11.0)

    assert (kept, answers.get("k")) == ("v", None)


def test_unread_answers_go_first(clock) -> None:
    """A full table drops what nobody has read since it was last passed over."""
    answers = _answers(clock)
    for key in "abc":
        answers.put(key, key, good_for=10.0)
    answers.get("a")
    answers.put("d", "d", good_for=10.0)

    assert [answers.get(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_bound_holds_when_all_are_read(clock) -> None:
    """Though everything was read, the table doesn't grow, and the newest is in it."""
    answers = _answers(clock)
    for number in range(50):
        answers.put(number, number, good_for=10.0)
        for key in range(number + 1):
            answers.get(key)

    assert len(answers._table) == 3
    assert answers.get(49) == 49


def test_last_put_wins(clock) -> None:
    """A second answer replaces the first, with its time."""
    answers = _answers(clock)
    answers.put("k", 1, good_for=10.0)
    answers.put("k", 2, good_for=20.0)
    clock.advance(seconds=15.0)

    assert answers.get("k") == 2


def test_drop_and_clear(clock) -> None:
    """One can be forgotten, or all; forgetting what is not there is no error."""
    answers = _answers(clock)
    for key in "abc":
        answers.put(key, key, good_for=10.0)
    answers.drop("a")
    answers.drop("a")
    left = [answers.get(key) for key in "abc"]
    answers.clear()

    assert left == [None, "b", "c"]
    assert [answers.get(key) for key in "abc"] == [None] * 3


def test_eight_threads(clock) -> None:
    """Threads that read, write, drop and clear get each key's own value, and the bound holds."""
    answers = _answers(clock, max_entries=16)
    wrong: list[object] = []
    start = threading.Barrier(8)

    def work(seed: int) -> None:
        start.wait(10)
        try:
            for step in range(2_000):
                key = (seed * 7 + step * 13) % 40
                found = answers.get(key)
                if found not in (None, f"value {key}"):
                    wrong.append(found)
                answers.put(key, f"value {key}", good_for=10.0)
                if step % 50 == 0:
                    answers.drop(key)
                if step % 500 == 0:
                    answers.clear()
        except Exception as error:  # noqa: BLE001 - told by the assertion
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert len(answers._table) <= 16


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_child_of_a_busy_parent(clock) -> None:
    """A child whose parent's thread was writing at that moment can read and write."""
    answers = _answers(clock)
    answers.put("k", "v", good_for=10.0)

    def child() -> int:
        answers.put("l", "w", good_for=10.0)
        found = (answers.get("k"), answers.get("l"))
        answers.clear()
        return 0 if found == ("v", "w") else 3

    with answers._lock:
        code = exit_code_of(child)

    assert code == 0
    assert answers.get("k") == "v"
