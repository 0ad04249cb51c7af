"""Processes that are stopped in the middle of a write, a lease or a question, and go on later."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import threading
import time

import pytest
from fault_runs import times
from killing import seal_fits, sealed
from redis_servers import until

from hubkit.cache import open_backend
from hubkit.cache._keys import note_key, subject_of
from hubkit.errors import CacheUnavailableError
from hubkit.testing._children import _end_with, _fork

pytestmark = [
    pytest.mark.fault("frozen process"),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
    pytest.mark.timeout(300),
]

KEYS = 4


@contextlib.contextmanager
def at_work(work):
    """A child that works; its process id."""
    child = _fork()
    if child == 0:
        _end_with(work)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def write_for_ever(url):
    """Values, leases, and rooms made for others, without a pause."""
    cache = open_backend(url)
    turn = 0
    while True:
        turn += 1
        key = f"{turn % KEYS}"
        with contextlib.suppress(CacheUnavailableError):
            cache.set(key, sealed(key, 20_000), expires_in=60.0)
            lease = cache.lease(key, 5.0)
            if lease is not None and turn % 2:
                lease.release()
            if turn % 50 == 0:
                cache.prune()


@pytest.mark.parametrize("store", ["file", "sqlite"], indirect=True)
def test_writer(store, tell):
    """Others read whole values and wait a bounded time for a writer that stands still, wherever that is; then it goes on."""
    fate = random.Random(store.partition(":")[0])
    cache = open_backend(store)
    stops, longest, refused = times(8, 60), 0.0, 0
    with at_work(lambda: write_for_ever(store)) as writer:
        until(lambda: len(list(cache.keys())) == KEYS, "the first values")
        for _ in range(stops):
            time.sleep(fate.uniform(0.0, 0.02))
            os.kill(writer, signal.SIGSTOP)
            began = time.monotonic()
            found = cache.get_many([str(number) for number in range(KEYS)])
            try:
                cache.set("0", sealed("0", 20_000), expires_in=60.0)
                cache.lease("mine", 1.0)
            except CacheUnavailableError:
                refused += 1
            longest = max(longest, time.monotonic() - began)
            os.kill(writer, signal.SIGCONT)

            assert KEYS == len(found)
            assert [] == [key for key, value in found.items() if not seal_fits(value, key)]
    tell("stops", stops)
    tell("writes that gave up on one who stood still", refused)

    assert longest < 6.0
    cache.set("after", b"works", expires_in=60.0)
    assert b"works" == cache.get("after")


@pytest.mark.parametrize("store", ["file", "sqlite"], indirect=True)
def test_leader(hub, make_client, store, caplog, tell):
    """A leader that is frozen as it asks keeps nobody waiting for longer than its lease; thawed, it does no harm."""
    hub.fail(status=None, delay=1.0)

    def lead():
        client = make_client(hub.endpoint, cache=store)
        return 0 if client.require_model_metadata("alice/open").license == "mit" else 2

    child = _fork()
    if child == 0:
        _end_with(lead)
    backend = open_backend(store)
    key = note_key(hub.endpoint, "flight", subject_of("alice/open"))
    until(lambda: is_held(backend, key), "the leader's lease")
    os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    client = make_client(hub.endpoint, cache=store, memory_entries=0)
    with caplog.at_level(logging.WARNING, "hubkit"):
        answers = []
        threads = [
            threading.Thread(
                target=lambda: answers.append(client.require_model_metadata("alice/open").license)
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    took = time.monotonic() - began
    os.kill(child, signal.SIGCONT)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    tell("stops")

    assert (["mit"] * 4, [], 0) == (answers, caplog.records, code)
    # The lease, and the answer.
    assert took < 5.0 + 5.0
    assert "mit" == client.require_model_metadata("alice/open").license


def is_held(backend, key):
    """Whether somebody has a lease; if not, it isn't taken for longer than a moment."""
    lease = backend.lease(key, 0.001)
    if lease is not None:
        lease.release()
    return lease is None
