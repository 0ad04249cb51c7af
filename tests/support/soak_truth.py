"""A hub that changes all the time, and the record of what was true when: whether an answer was right can be told."""

from __future__ import annotations

import json
import random
import threading
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict

__all__ = ["FILES", "LICENSES", "MODELS", "Truth", "Weather"]

MODELS = [f"org/m{number}" for number in range(30)]
"""Described by a record; each change has a number."""

FILES = [f"org/f{number}" for number in range(3)]
"""With contents; each change is a commit."""

LICENSES = ["mit", "apache-2.0", "bsd-3-clause", "gpl-3.0", "mpl-2.0", "unlicense", "isc"]


class Truth:
    """Changes a hub, and knows when.

    Args:
        hub: A `LocalHub`.
        seed: Of what changes when.
    """

    def __init__(self, hub, seed):
        self._hub = hub
        self._dice = random.Random(seed)
        self._begun, self._done = defaultdict(list), defaultdict(list)
        """For each name: before and after which moment a version came to be."""
        self._commits = {}
        for name in MODELS:
            self._change(name)
        for name in FILES:
            hub.add_repo(name, {"README.md": b"# A model\n"})
            self._change(name)

    def change(self):
        """Change something."""
        self._change(self._dice.choice(MODELS + FILES))

    @property
    def changes(self):
        """How many there were."""
        return sum(map(len, self._done.values()))

    def is_right(self, seen):
        """Whether an answer was the truth at some moment of the time that it may be of."""
        kind, name, told, earliest, latest = seen
        if kind == "licence":
            return any(
                LICENSES[version % len(LICENSES)] == told for version in self._during(name, earliest, latest)
            )
        if kind == "commit":
            return self._commits.get(told) in self._during(name, earliest, latest)
        return told in self._during(name, earliest, latest)

    def _during(self, name, earliest, latest):
        """The versions that were in force at some moment."""
        # The last that was no more than begun, and before it all whose successor wasn't done.
        last = bisect_right(self._begun[name], latest) - 1
        first = max(0, bisect_left(self._done[name], earliest) - 1)
        return range(first, last + 1)

    def _change(self, name):
        version = len(self._done[name])
        self._begun[name].append(time.time())
        if name in FILES:
            commit = self._hub.commit(name, {"version.txt": f"{name} {version} ".encode() * 500})
            self._commits[commit] = version
        else:
            self._hub.add_model(record_of(name, version))
        self._done[name].append(time.time())


def record_of(name, version):
    """What the hub says of a version; each part tells which it is."""
    licence = LICENSES[version % len(LICENSES)]
    files = [{"rfilename": f"{name[4:]}-{version}-{part}.bin", "size": version} for part in range(12)]
    return {
        "id": name,
        "sha": f"{MODELS.index(name):08}{version:032}",
        "downloads": version,
        "likes": version,
        "private": False,
        "tags": [f"license:{licence}", f"v{version}"],
        "cardData": {"license": licence, "version": version},
        "siblings": files,
    }


class Weather:
    """Harms the ways to the hub and to Redis, at random and by a seed, and lets them be well again.

    Args:
        hub: The `LocalHub`.
        to_hub: The proxy before it.
        to_redis: The proxy before Redis.
        seed: Of what happens when.
    """

    def __init__(self, hub, to_hub, to_redis, seed):
        self._hub, self._to_hub, self._to_redis = hub, to_hub, to_redis
        self._dice = random.Random(seed)
        self._harmed = threading.Lock()
        self.harms = 0
        """How many there were."""

    def change(self):
        """One more harm, or none."""
        likely = {self._hub_fails: 6, self._redis_garbles: 6, self._lines_break: 1, self._redis_hangs: 1}
        (happening,) = self._dice.choices([*likely, self._redis_is_well], [*likely.values(), 4])
        happening()

    def clear(self):
        """No more harm."""
        self._hub.clear_faults()
        self._redis_is_well()

    def _hub_fails(self):
        kinds = [
            {"status": 429, "headers": {"Retry-After": "1"}},
            {"status": 429, "headers": {"RateLimit": '"api";r=0;t=1'}},
            {"status": 500},
            {"status": 503, "body": b"<html>busy</html>", "headers": {"Content-Type": "text/html"}},
            {"status": None, "delay": 0.4},
            {"status": 200, "body": b'{"id": "org/m1", "sha'},
            {"status": 200, "body": b"<html>Log in</html>", "headers": {"Content-Type": "text/html"}},
            {"status": 200, "body": json.dumps({"id": "mallory/other", "sha": "a" * 40}).encode()},
        ]
        kind = self._dice.choice(kinds)
        # Contents of files with another's length are huggingface_hub's to notice.
        route = self._dice.choice(["model_info", "refs", "commits"]) if kind["status"] == 200 else None
        times = self._dice.randrange(1, 6)
        self.harms += times
        self._hub.fail(route, times=times, **kind)

    def _redis_garbles(self):
        # A store that fails is left alone for ten seconds: mostly it shall answer, and be wrong.
        self._to_redis.harm_answer = self._dice.choice([self._flip, self._double, self._split])

    def _redis_hangs(self):
        self._to_redis.harm_answer = self._swallow

    def _redis_is_well(self):
        self._to_redis.harm_answer = None

    def _lines_break(self):
        self.harms += 1
        self._dice.choice([self._to_hub, self._to_hub, self._to_redis]).cut_all()

    def _flip(self, data):
        # Short ones are not entries, and the driver gives up on most that are altered.
        if len(data) < 100 or not self._now(0.3):
            return [data]
        at = random.randrange(len(data))
        return [data[:at] + bytes([data[at] ^ random.randrange(1, 256)]) + data[at + 1 :]]

    def _double(self, data):
        return [data, data] if self._now(0.01) else [data]

    def _swallow(self, data):
        return [] if self._now(0.005) else [data]

    def _split(self, data):
        if not self._now(0.2):
            return [data]
        return [data[index : index + 1] for index in range(len(data))]

    def _now(self, chance):
        happens = random.random() < chance
        with self._harmed:
            self.harms += happens
        return happens
