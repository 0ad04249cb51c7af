"""One member of a fleet, run as a process of its own: asks for models and prints what it got.

python member.py ENDPOINT CACHE MODEL... [--children N] [--threads N] [--token T] [--retries N] [--deadline S]

It prints ``ready``, waits for the end of its input, asks, and prints one line of JSON. With
children it does nothing itself: each child, forked once all is imported, is a member.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time

import requests  # noqa: F401 - not part of what is timed

from hubkit import HubClient, HubConfig, HubkitError


def main():
    """Be a member, or several."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("cache")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--children", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--token")
    parser.add_argument("--retries", type=int, default=3)
    parser.add_argument("--deadline", type=float, default=30.0)
    arguments = parser.parse_args()
    children = [fork(arguments) for _ in range(arguments.children)]
    if not children:
        take_part(arguments)
    sys.exit(max((os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), default=0))


def fork(arguments):
    """Start a child that takes part."""
    child = os.fork()
    if child == 0:
        take_part(arguments)
        os._exit(0)
    return child


def take_part(arguments):
    """Wait for the start signal, then ask."""
    config = HubConfig(
        endpoint=arguments.endpoint,
        cache=arguments.cache,
        token=arguments.token,
        retries=arguments.retries,
        deadline=arguments.deadline,
    )
    got = []
    with HubClient(config) as hub:
        say("ready")
        os.read(sys.stdin.fileno(), 1)
        began = time.perf_counter()
        threads = [
            threading.Thread(target=ask, args=(hub, arguments.models, got)) for _ in range(arguments.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
    say(json.dumps({"seconds": seconds, "lost": seconds_lost(), "got": got}))


def ask(hub, models, got):
    """Ask for each model; None or the error's name stand for what is no answer."""
    for name in models:
        try:
            model = hub.get_model_metadata(name)
            got.append(model.model_id if model else None)
        except HubkitError as error:
            got.append(type(error).__name__)


def seconds_lost():
    """What this member waited for its cache in vain, if that is one which tells."""
    timed = sys.modules.get("timed_redis")
    return timed.seconds_lost() if timed else None


def say(line):
    """Print a line in one piece, as others write to the same pipe."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    main()
