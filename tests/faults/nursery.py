"""A process that has loaded all that hubkit loads, and makes children that begin where others have yet to import.

With a command of the program as arguments it runs that, and says what was loaded for it. Without, it is told this in
a line, and then reads a JSON object a line: what a child is to do, in which environment, and where its output goes.
It answers with the child's process id, and, once that has ended, with its exit code.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
import time


def main():
    """Tell what to load; or load, then serve until the pipe ends."""
    if sys.argv[1:]:
        try:
            program(*sys.argv[1:])
        finally:
            print(json.dumps([name for name in sys.modules if name != "__main__"]))
    for name in json.loads(sys.stdin.readline()):
        # Some can't be imported by themselves.
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001
            continue
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            obey(order)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def obey(order):
    """Do it, and end."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(order["environ"])
        for number, name in enumerate(("/dev/null", order["out"], order["err"])):
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(descriptor, number)
            os.close(descriptor)
        if order["stop"]:
            allow_tracing()
            os.kill(os.getpid(), signal.SIGSTOP)
        code = globals()[order["do"]](*order["arguments"])
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        logging.exception("Traceback")
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def allow_tracing():
    """Where only a parent may trace its children, the kernel has to be told who else may."""
    import ctypes

    set_ptracer, anybody = 0x59616D61, ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(set_ptracer, anybody, 0, 0, 0)


def program(*arguments):
    """Be the program ``hubkit``."""
    from hubkit.cli import main as hubkit

    hubkit(arguments)


def look(model_id, seconds):
    """Ask as somebody who comes some seconds later, then once more offline."""
    from hubkit import HubClient, HubConfig

    logging.basicConfig()
    for offline in (False, True):
        with HubClient(HubConfig.load({"offline": offline}), clock=LaterClock(seconds)) as client:
            print(client.require_model_metadata(model_id).license)
    # A keeper of leases is no reason to stay.
    return 0 if threading.active_count() <= 2 else 9


class LaterClock:
    """The machine's clock, some seconds ahead."""

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    def __init__(self, seconds):
        self._seconds = seconds

    def now(self):
        """Epoch seconds."""
        return time.time() + self._seconds


if __name__ == "__main__":
    main()
