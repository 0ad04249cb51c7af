"""Writers that are killed at any moment: what the next one reads is old, new or nothing, never half of something."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from fault_runs import times
from killing import kill_group, patient_backend, seal_fits, sealed

from hubkit import HubClient, HubConfig
from hubkit.cache import open_backend
from hubkit.testing import FakeClock
from hubkit.testing._children import exit_code_of

pytestmark = [
    pytest.mark.fault("kill -9 at a random moment"),
    pytest.mark.skipif(os.name != "posix", reason="needs process groups"),
    pytest.mark.timeout(600),
]

KILLS = times(40, 500)
KEYS = 4
SIZES = (60, 9_000, 70_000, 300_000)
EMPTY_EVERY = 5
LIFE = 3_600.0
"""Seconds: longer than the test, however busy the machine is."""

# What a process that knows nothing of the others reads: how many values are whole, torn and missing.
READER = """
import json, sys
from killing import patient_backend, seal_fits
cache = patient_backend(sys.argv[1])
keys = [f"{kill} {key}" for kill in range(int(sys.argv[2])) for key in range(int(sys.argv[3]))]
found = cache.get_many(keys)
print(json.dumps([[key for key in keys if not seal_fits(found.get(key) or b"", key)], sorted(cache.keys())]))
"""


@pytest.fixture(params=["file", "sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def url(request, tmp_path):
    """The URL of an empty store of each kind."""
    if request.param == "redis":
        return request.getfixturevalue("start_redis")().socket_url
    return {"file": f"file://{tmp_path}/files", "sqlite": f"sqlite://{tmp_path}/cache.db"}[request.param]


def write_for_ever(url, kill, clear):
    """The work of a group: values of all sizes, now and then several at once or a lease."""

    def work(number, begin):
        begin()
        cache = patient_backend(url)
        turn = 0
        while True:
            turn += 1
            key = f"{kill} {turn % KEYS}"
            value = sealed(key, SIZES[turn % len(SIZES)])
            if turn % 5 == 0:
                cache.set_many({key: value, f"{kill} {KEYS}": sealed(f"{kill} {KEYS}", 500)}, expires_in=LIFE)
            else:
                cache.set(key, value, expires_in=LIFE)
            lease = cache.lease(f"{kill}", 60.0)
            if lease is not None and turn % 2:
                lease.release()
            if clear and turn % 7 == 0:
                cache.clear(f"{kill} 1")

    return work


def look(url, kill):
    """What a child that opens the store anew finds: 0 when all is there, 1 an error, 2 a miss, 3 a torn value."""

    def child():
        cache = patient_backend(url)
        found = [cache.get(f"{kill} {number}") for number in range(KEYS + 1)]
        if any(value is not None and not seal_fits(value, f"{kill}") for value in found):
            return 3
        cache.set(f"after {kill}", b"works", expires_in=LIFE)
        if cache.get(f"after {kill}") != b"works":
            return 4
        return 2 if None in found else 0

    return exit_code_of(child)


def test_kills(url, tmp_path, environ, tell):
    """After each kill another process reads whole values only, and can write; none is lost but those cleared."""
    fate = random.Random(url.partition(":")[0])
    cache = patient_backend(url)
    seen = Counter()
    for kill in range(KILLS):
        # Some meet no store, so that its making is interrupted too.
        if kill % EMPTY_EVERY:
            for key in range(KEYS + 1):
                cache.set(f"{kill} {key}", sealed(f"{kill} {key}", 5_000), expires_in=LIFE)
        store = url if kill % EMPTY_EVERY or url.startswith("redis") else f"{url}-{kill}"
        kill_group(write_for_ever(store, kill, not kill % 3), after=fate.uniform(0.0, 0.03))
        code = look(store, kill)
        seen[code] += 1
        # Where nothing was cleared and all was there, all is there.
        assert code in ((0, 2) if not kill % 3 or not kill % EMPTY_EVERY else (0,)), f"kill {kill}"
    tell("kills", KILLS)
    tell("reads of whole entries", seen[0])
    tell("reads with misses", seen[2])

    done = subprocess.run(
        [sys.executable, "-c", READER, url, str(KILLS), str(KEYS)],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    missing, keys = json.loads(done.stdout)

    assert "" == done.stderr
    assert [] == list(tmp_path.glob("*.broken-*"))
    assert not [key for key in missing if int(key.split()[0]) % 3 and int(key.split()[0]) % EMPTY_EVERY]
    assert {f"after {kill}" for kill in range(KILLS) if kill % EMPTY_EVERY} <= set(keys)


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_litter(kind, tmp_path, tell):
    """What the killed left behind goes: unfinished files and leases, at the latest when somebody tidies hours later."""
    url = {"file": f"file://{tmp_path}/files", "sqlite": f"sqlite://{tmp_path}/cache.db"}[kind]
    fate = random.Random(kind)
    for kill in range(times(20, 200)):
        kill_group(write_for_ever(url, kill, False), after=fate.uniform(0.0, 0.02), size=3)
        if kind == "sqlite" and kill % 2:
            # Next time it has to be made.
            (tmp_path / "cache.db").unlink(missing_ok=True)
    tell("kills", times(20, 200))
    tell("unfinished files swept", len(list(tmp_path.rglob("*.tmp*"))))
    later = FakeClock(start=time.time() + 7_200.0)
    cache = open_backend(url, clock=later)
    cache.set("key", b"value", expires_in=LIFE)
    cache.prune()

    assert [] == [path.name for path in tmp_path.rglob("*.tmp*")]
    assert [] == list(tmp_path.glob("files/leases-1/*"))
    assert ["key"] == list(cache.keys())


def test_no_value_stays_for_ever(start_redis, tell):
    """A value comes with its end, in one command: no kill leaves one without it, nor an immortal lease."""
    import redis

    server = start_redis()
    fate = random.Random("redis ends")
    for kill in range(times(20, 200)):
        kill_group(write_for_ever(server.socket_url, kill, False), after=fate.uniform(0.0, 0.02))
    # However busy the machine is, this one has written something.
    kill_group(write_for_ever(server.socket_url, times(20, 200), False), after=2.0)
    tell("kills", times(20, 200) + 1)
    with redis.Redis(port=server.port) as raw:
        ends = [raw.pttl(name) for name in raw.scan_iter(count=1_000)]
    tell("ends looked at", len(ends))

    assert ends
    assert all(0 < end <= LIFE * 1_000 for end in ends)


def ask_for_ever(endpoint, url):
    """The work of a group of clients: questions, each answered by the Hub and stored again."""

    def work(number, begin):
        client = HubClient(HubConfig(endpoint=endpoint, cache=url, progress=False, retries=0))
        begin()
        while True:
            for model in range(number, 10 + number):
                client.get_model_metadata(f"alice/model-{model % 10}", use_cache=False)
            client.search_models("model", limit=5)

    return work


def test_clients(hub, url, tell):
    """Through the whole client: offline each model that was known is right, and online too, whoever was killed."""
    for model in range(10):
        hub.add_repo(f"alice/model-{model}", {"README.md": b"---\nlicense: mit\n---\n" + b"x" * 3_000})
    fate = random.Random("clients")
    names = [f"alice/model-{model}" for model in range(10)]
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=url, progress=False)) as client:
        client.get_many_metadata(names)
    for _ in range(times(12, 150)):
        kill_group(ask_for_ever(hub.endpoint, url), after=fate.uniform(0.0, 0.15))
        offline = HubConfig(endpoint=hub.endpoint, cache=url, offline=True, progress=False, memory_entries=0)
        with HubClient(offline) as client:
            found = {
                name: model for name, model in client.get_many_metadata(names).items() if model is not None
            }

        # A Redis on a busy machine may be too slow to be waited for.
        assert len(found) == 10 or url.startswith("redis")
        assert {name: (name, "mit") for name in found} == {
            name: (model.model_id, model.license) for name, model in found.items()
        }
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=url, progress=False)) as client:
        licenses = [client.require_model_metadata(name, use_cache=False).license for name in names]
    tell("kills", times(12, 150))

    assert ["mit"] * 10 == licenses
