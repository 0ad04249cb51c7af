"""Running a function in a child process that `os.fork` makes, and ending it hard."""

from __future__ import annotations

import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable

from hubkit._clock import SYSTEM_CLOCK

__all__ = ["exit_code_of", "kill_at_work"]

_turns = threading.Lock()


def exit_code_of(work: Callable[[], int]) -> int:
    """Run something in a forked child.

    Args:
        work: What to do; its result becomes the exit code.

    Returns:
        The exit code: 1 when it raised, -N when signal N ended it.
    """
    child = _fork()
    if child == 0:
        _end_with(work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at_work(work: Callable[[Callable[[], None]], int], *, after: float) -> None:
    """Run something in a forked child, and kill it in the middle.

    Args:
        work: What to do; it calls its argument when it is about to begin.
        after: Seconds from then on, after which it is killed without warning.
    """
    receiver, sender = os.pipe()
    child = _fork()
    if child == 0:
        _end_with(lambda: work(lambda: _tell(sender)))
    os.close(sender)
    try:
        # Returns, empty, when the child dies before.
        os.read(receiver, 1)
        SYSTEM_CLOCK.sleep(after)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(receiver)


def _tell(sender: int) -> None:
    os.write(sender, b".")


def _fork() -> int:
    # One at a time: filelock, where it is loaded, refuses a fork during another thread's.
    with _turns, warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads: that they work is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _end_with(work: Callable[[], int]) -> None:
    code = 1
    try:
        code = work()
    except BaseException:  # noqa: BLE001 - told here, as nobody is left to tell it to
        traceback.print_exc()
    finally:
        # Not `sys.exit`: the child must not go on with its parent's tests.
        os._exit(code)
