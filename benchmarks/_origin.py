"""A `LocalHub` as a process: prints its address, then obeys one JSON list a line until its input ends."""

from __future__ import annotations

import json
import sys

from _sample import record

from hubkit.testing import LocalHub


def main(models: int) -> None:
    """Serve the sample until nobody gives orders any more."""
    with LocalHub(threads=48) as hub:
        for number in range(models):
            hub.add_model(record(number))
        _say(hub.endpoint)
        for line in sys.stdin:
            order, *arguments = json.loads(line)
            _say(_obey(hub, order, *arguments))


def _obey(hub: LocalHub, order: str, seconds: float = 0.0) -> object:
    if order == "requests":
        return hub.total_requests
    hub.clear_faults()
    if seconds:
        hub.fail(None, status=None, times=None, delay=seconds)
    return None


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
