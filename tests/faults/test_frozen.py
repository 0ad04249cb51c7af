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
OVERLONG = "locking protocol"
"""What SQLite says of a lock that should have been held for an instant only."""
SQLITE_GIVES_UP = 10.0
"""Seconds for which it waits before it says so."""
FIRST_PLACE = 124
"""The byte of the shared index that stands for the first of its places (https://www.sqlite.org/walformat.html)."""


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


@contextlib.contextmanager
def refusals(told):
    """Notes what a store says when it gives up."""
    try:
        yield
    except CacheUnavailableError as error:
        told.append(str(error))


@pytest.mark.parametrize("store", ["file", "sqlite"], indirect=True)
def test_writer(store, tell):
    """Others read whole values and wait a bounded time for a writer that stands still, wherever that is; then it goes on."""
    fate = random.Random(store.partition(":")[0])
    cache = open_backend(store)
    stops, longest = times(8, 60), 0.0
    unread, unwritten = [], []
    with at_work(lambda: write_for_ever(store)) as writer:
        until(lambda: len(list(cache.keys())) == KEYS, "the first values")
        for _ in range(stops):
            time.sleep(fate.uniform(0.0, 0.02))
            os.kill(writer, signal.SIGSTOP)
            began = time.monotonic()
            with refusals(unread):
                found = cache.get_many([str(number) for number in range(KEYS)])
                assert KEYS == len(found)
                assert [] == [key for key, value in found.items() if not seal_fits(value, key)]
            with refusals(unwritten):
                cache.set("0", sealed("0", 20_000), expires_in=60.0)
                cache.lease("mine", 1.0)
            longest = max(longest, time.monotonic() - began)
            os.kill(writer, signal.SIGCONT)
    tell("stops", stops)
    tell("writes that gave up on one who stood still", len(unwritten))

    # 8 of 40,000 stops hit one of the instants of `test_worst_instant`.
    assert len(unread) <= 2
    assert all(OVERLONG in why for why in unread)
    assert longest < 6.0 + SQLITE_GIVES_UP * sum(OVERLONG in why for why in unread + unwritten)
    cache.set("after", b"works", expires_in=60.0)
    assert b"works" == cache.get("after")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_worst_instant(hub, make_client, store, caplog, tell):
    """Who stands still as it notes how far it reads keeps all others from reading: they wait once, and go on without."""
    make_client(hub.endpoint, cache=store).require_model_metadata("alice/open")
    ready, standing = os.pipe()

    def stand_still():
        import fcntl

        cache = open_backend(store)
        cache.set("0", b"", expires_in=60.0)
        cache.get("0")
        # The place that the last write is read from: while it is noted, nobody may read there.
        notes = os.open(store.partition("://")[2] + "-shm", os.O_RDWR)
        fcntl.lockf(notes, fcntl.LOCK_EX, 1, FIRST_PLACE)
        os.write(standing, b"!")
        time.sleep(100.0)

    with at_work(stand_still), caplog.at_level(logging.WARNING, "hubkit"):
        os.read(ready, 1)
        client = make_client(hub.endpoint, cache=store)
        waits = []
        for _ in range(3):
            began = time.monotonic()
            client.require_model_metadata("alice/open")
            waits.append(time.monotonic() - began)
    tell("stops")

    assert 1 == len(caplog.records)
    assert OVERLONG in caplog.text
    assert waits[0] < SQLITE_GIVES_UP + 2.0
    assert max(waits[1:]) < 2.0


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
