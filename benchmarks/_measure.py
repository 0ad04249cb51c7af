"""Timing: contenders take turns, so that a noisy minute hits all of them alike."""

from __future__ import annotations

import gc
import logging
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

__all__ = ["all_cpus", "be_quiet", "pin", "time_calls", "time_programs"]

_PATIENCE = 60.0
_ALL = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def all_cpus() -> set[int]:
    """The CPUs that this process might use when it began."""
    return set(_ALL)


def pin(cpus: set[int]) -> None:
    """Keep this process, and those that it starts, on some CPUs; where that can't be done nothing happens."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)


def be_quiet() -> None:
    """Let the warnings of libraries be written as ever, but to nowhere."""
    logging.basicConfig(filename=os.devnull)


def time_calls(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, calls: int
) -> dict[str, float]:
    """Seconds for one call of each contender.

    Args:
        contenders: Each does ``calls`` calls when it is called.
        rounds: How often each has its turn, after one turn that doesn't count.
        calls: How many calls a turn is.

    Returns:
        The median of the rounds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, work in contenders.items():
            gc.collect()
            begun = time.perf_counter()
            work()
            taken = time.perf_counter() - begun
            if turn:
                seconds[name].append(taken / calls)
    return {name: statistics.median(values) for name, values in seconds.items()}


def time_programs(programs: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, float]:
    """Seconds of wall time of each little program, from start to end.

    Args:
        programs: The program's text and its arguments.
        rounds: How often each runs, after once that doesn't count.

    Raises:
        subprocess.CalledProcessError: One failed.
    """
    timed = {name: partial(_run, *program) for name, program in programs.items()}
    return time_calls(timed, rounds=rounds, calls=1)


def _run(text: str, *arguments: str) -> None:
    command = [sys.executable, "-I", "-c", text, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        # Not `wait(timeout)`: that looks every 50 ms, and measures its own steps.
        guard = threading.Timer(_PATIENCE, process.kill)
        guard.start()
        code = process.wait()
        guard.cancel()
    if code:
        raise subprocess.CalledProcessError(code, command)
