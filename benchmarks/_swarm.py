"""Several processes of several threads that begin at the same moment.

Processes are spawned, not forked, as those of a fleet share nothing but the store.
"""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from _bench import Place
from _catalogue import open_read, open_store
from _measure import be_quiet, pin

__all__ = ["Load", "Stampede", "run_limited", "run_load", "run_stampede"]

_PATIENCE = 90.0
_VALUE = random.Random(1).randbytes(10_240)


@attrs.frozen(kw_only=True)
class Load:
    """Nine reads to a write, for a while."""

    store: str
    place: Place
    processes: int
    threads: int
    seconds: float
    keys: Sequence[str]
    cpus: set[int]


@attrs.frozen(kw_only=True)
class Stampede:
    """Everybody asks for the same model that nobody has yet."""

    reader: str
    place: Place
    processes: int
    threads: int
    models: Sequence[str]
    """One for each stampede."""
    warm_up: Sequence[str]
    """One for each process, so that imports and connections aren't counted."""
    cpus: set[int]


def run_load(load: Load) -> tuple[float, int]:
    """Operations a second of all together, and how many failed."""
    results = _swarm(_load_process, load, load.processes)
    return sum(done for done, _ in results) / load.seconds, sum(failed for _, failed in results)


def run_stampede(stampede: Stampede) -> tuple[list[float], int]:
    """Seconds from the first question to the last answer, of each stampede; and how many answers failed."""
    results = _swarm(_stampede_process, stampede, stampede.processes)
    begins, ends = ([result[index] for result in results] for index in (0, 1))
    walls = [max(end) - min(begin) for begin, end in zip(zip(*begins), zip(*ends), strict=True)]  # noqa: B905
    return walls, sum(result[2] for result in results)


def run_limited(work: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Call a function in a process of its own.

    Raises:
        TimeoutError: It took longer than that; it is ended.
    """
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_answer, args=(answers, work, *arguments), daemon=True)
    process.start()
    try:
        return _unwrapped(answers.get(timeout=seconds))
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    finally:
        process.kill()
        process.join()


def _swarm(work: Callable[..., Any], task: Any, count: int) -> list[Any]:
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    gate = context.Barrier(count)
    members = [
        context.Process(target=_answer, args=(answers, work, task, number, gate), daemon=True)
        for number in range(count)
    ]
    for member in members:
        member.start()
    try:
        return [_unwrapped(answers.get(timeout=_PATIENCE)) for _ in members]
    except queue.Empty:
        raise TimeoutError(f"a process gave no answer within {_PATIENCE:g} s") from None
    finally:
        for member in members:
            member.join(1)
            member.kill()
            member.join()


def _answer(answers: Any, work: Callable[..., Any], *arguments: Any) -> None:
    be_quiet()
    try:
        answers.put((work(*arguments), None))
    except ImportError as error:
        answers.put((None, ImportError(str(error))))
    except Exception as error:  # noqa: BLE001
        # As text, since not every exception survives the way.
        answers.put((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _unwrapped(answer: tuple[Any, Exception | None]) -> Any:
    result, error = answer
    if error is not None:
        raise error
    return result


def _load_process(load: Load, number: int, gate: Any) -> tuple[int, int]:
    pin(load.cpus)
    store = open_store(load.store, load.place)
    done, failed = [0] * load.threads, [0] * load.threads
    ready = threading.Barrier(load.threads, lambda: gate.wait(_PATIENCE))

    def work(index: int) -> None:
        rolls = random.Random(number * 100 + index)
        steps = itertools.cycle([(rolls.choice(load.keys), rolls.random() < 0.1) for _ in range(5_000)])
        ready.wait(_PATIENCE)
        ends = time.perf_counter() + load.seconds
        while time.perf_counter() < ends:
            key, is_write = next(steps)
            try:
                store.set(key, _VALUE) if is_write else store.get(key)
            except Exception:  # noqa: BLE001
                failed[index] += 1
            done[index] += 1

    _in_threads(work, load.threads)
    store.close()
    return sum(done), sum(failed)


def _stampede_process(task: Stampede, number: int, gate: Any) -> tuple[list[float], list[float], int]:
    pin(task.cpus)
    reader = open_read(task.reader, task.place)
    reader.get(task.warm_up[number])
    begins: list[list[float]] = [[] for _ in range(task.threads)]
    ends: list[list[float]] = [[] for _ in range(task.threads)]
    failed = [0] * task.threads
    ready = threading.Barrier(task.threads, lambda: gate.wait(_PATIENCE))

    def work(index: int) -> None:
        for model in task.models:
            ready.wait(_PATIENCE)
            begins[index].append(time.perf_counter())
            try:
                failed[index] += reader.get(model) is None
            except Exception:  # noqa: BLE001
                failed[index] += 1
            ends[index].append(time.perf_counter())

    _in_threads(work, task.threads)
    reader.close()
    first, last = [min(times) for times in zip(*begins)], [max(times) for times in zip(*ends)]  # noqa: B905
    return first, last, sum(failed)


def _in_threads(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
