"""One member of a fleet, run as a process of its own: asks for models and prints what it got.

python member.py ENDPOINT CACHE MODEL... [--threads N] [--token T] [--retries N] [--go FILE]
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

from hubkit import HubClient, HubConfig, HubkitError


def main():
    """Wait for the start signal, then ask."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("cache")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--token")
    parser.add_argument("--retries", type=int, default=3)
    parser.add_argument("--deadline", type=float, default=30.0)
    parser.add_argument("--ready", type=Path, required=True)
    parser.add_argument("--go", type=Path, required=True)
    arguments = parser.parse_args()
    config = HubConfig(
        endpoint=arguments.endpoint,
        cache=arguments.cache,
        token=arguments.token,
        retries=arguments.retries,
        deadline=arguments.deadline,
    )
    got = []
    with HubClient(config) as hub:
        import requests  # noqa: F401 - not part of what is timed

        arguments.ready.touch()
        while not arguments.go.exists():
            time.sleep(0.002)
        began = time.perf_counter()
        threads = [
            threading.Thread(target=ask, args=(hub, arguments.models, got)) for _ in range(arguments.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps({"seconds": time.perf_counter() - began, "got": got}))


def ask(hub, models, got):
    """Ask for each model; None or the error's name stand for what is no answer."""
    for name in models:
        try:
            model = hub.get_model_metadata(name)
            got.append(model.model_id if model else None)
        except HubkitError as error:
            got.append(type(error).__name__)


if __name__ == "__main__":
    main()
