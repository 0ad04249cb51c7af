"""What lies between a program and its Redis does harm: half a second is lost in all, and no answer is wrong."""

from __future__ import annotations

import random
import threading
import time

import pytest
from fault_runs import times
from faulty_proxy import FaultyProxy, cut, flipped, in_bytes, twice

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub

MODELS = 12
NAMES = [f"org/m{number}" for number in range(MODELS)]
LOST = 0.5
"""Seconds that a process may lose in all."""

NOISE = 0.3
"""Seconds that a busy machine may add."""


@pytest.fixture(scope="module")
def hub():
    """A hub with models that can be told apart."""
    with LocalHub() as hub:
        for number, name in enumerate(NAMES):
            hub.add_model({"id": name, "private": False, "sha": f"{number:040}", "downloads": 1000 + number})
        yield hub


@pytest.fixture
def redis(start_redis):
    """A Redis that a test may harm."""
    return start_redis()


@pytest.fixture
def proxy(redis):
    """The way to it."""
    proxy = FaultyProxy(redis.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def open_client(hub, proxy):
    """Opens clients whose only store is beyond the proxy, and who remember nothing."""
    clients = []

    def open_client(**settings):
        cache = f"redis://127.0.0.1:{proxy.port}/0"
        config = HubConfig(endpoint=hub.endpoint, cache=cache, memory_entries=0, **settings)
        clients.append(HubClient(config))
        return clients[-1]

    yield open_client
    proxy.harm_answer = proxy.harm_question = None
    proxy.silent, proxy.delay = False, 0.0
    for client in clients:
        client.close()


@pytest.fixture
def filled(hub, redis):
    """All models are in Redis."""
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=redis.url)) as client:
        client.get_many_metadata(NAMES)


def wrong(client, names=NAMES):
    """The answers that are not the hub's."""
    told = {name: client.get_model_metadata(name) for name in names}
    return {name: model for name, model in told.items() if not is_right(name, model)}


def is_right(name, model):
    """Whether an answer is about that model."""
    return model is not None and (model.model_id, model.downloads) == (name, 1000 + int(name[5:]))


def was_too_slow(caplog):
    """Whether this machine was too busy for Redis to answer in time, so that the hub had to be asked."""
    return any("is not usable just now" in record.getMessage() for record in caplog.records)


def seconds_of(work):
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@pytest.fixture
def without(hub):
    """Seconds that the same questions take without any store."""
    with HubClient(HubConfig(endpoint=hub.endpoint, cache="none://")) as client:
        wrong(client)
        return seconds_of(lambda: wrong(client))


HARMS = {
    "dead": lambda proxy, redis: redis.kill(),
    "hangs": lambda proxy, redis: redis.freeze(),
    "slow, 5 s": lambda proxy, redis: setattr(proxy, "delay", 5.0),
    "half-open": lambda proxy, redis: setattr(proxy, "silent", True),
    "hangs up": lambda proxy, redis: setattr(proxy, "harm_answer", lambda data: None),
    "swallows answers": lambda proxy, redis: setattr(proxy, "harm_answer", lambda data: []),
    "swallows questions": lambda proxy, redis: setattr(proxy, "harm_question", lambda data: []),
    "truncates and goes silent": lambda proxy, redis: setattr(
        proxy, "harm_answer", lambda data: [cut(data, 9)]
    ),
    "speaks HTTP": lambda proxy, redis: setattr(
        proxy, "harm_answer", lambda data: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    ),
    "speaks nonsense": lambda proxy, redis: setattr(
        proxy, "harm_answer", lambda data: [random.Random(len(data)).randbytes(len(data))]
    ),
}
MOMENTS = ["at the start", "in the middle"]


@pytest.mark.fault("redis")
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_way_to_redis(open_client, filled, proxy, redis, without, harm, moment, tell):
    """Whenever Redis fails, the answers are the hub's, little time is lost, and then nobody tries again."""
    client = open_client()
    if moment == "in the middle":
        assert {} == wrong(client, NAMES[:2])
    harm(proxy, redis)
    told = []
    lost = seconds_of(lambda: told.append(wrong(client))) - without
    # From then on the breaker is open.
    tried = proxy.connections
    told.append(wrong(client))
    tell("answers", 2 * MODELS)

    assert [{}, {}] == told
    assert lost < LOST + NOISE
    assert tried == proxy.connections


@pytest.mark.fault("redis")
@pytest.mark.parametrize("threads", [1, 8])
def test_many_at_once(open_client, filled, proxy, without, threads):
    """Threads that are met by a Redis which hangs lose no more than one would."""
    client = open_client(max_workers=threads)
    proxy.silent = True
    lost = seconds_of(lambda: client.get_many_metadata(NAMES)) - without

    assert lost < LOST + NOISE
    assert {} == wrong(client)


@pytest.mark.fault("redis")
def test_single_bytes(open_client, filled, proxy, tell):
    """Packets of one byte are slow, and no harm."""
    proxy.harm_answer = proxy.harm_question = in_bytes
    client = open_client()
    tell("answers", MODELS)

    assert {} == wrong(client)


@pytest.mark.fault("redis")
def test_repeated_answers(open_client, filled, hub, proxy, caplog, tell):
    """Answers that are given twice shift all that follow: a model is never told for another, and soon all is well again."""
    client = open_client()
    assert {} == wrong(client, NAMES[:1])
    proxy.harm_answer = twice
    shifted = wrong(client)
    proxy.harm_answer = None
    hub.reset_counts()
    after = wrong(client)
    tell("answers", 2 * MODELS)

    assert ({}, {}) == (shifted, after)
    assert hub.total_requests <= 1 or was_too_slow(caplog)


def shifted(first):
    """What gives each question on the first so many connections the answer to the one before."""
    begun = []
    # Each connection's answers pass in a thread of their own.
    mine = threading.local()

    def harm(data):
        if not hasattr(mine, "last"):
            begun.append(data)
            mine.last, mine.shifts = data, len(begun) <= first
        before, mine.last = mine.last, data
        return [before if mine.shifts else data]

    return harm


@pytest.mark.fault("redis")
@pytest.mark.parametrize("cache_mode", ["read-write", "read-only"])
def test_shifted_answers(open_client, filled, hub, proxy, cache_mode, caplog, tell):
    """Where each question is given the answer to the last, none is believed, and the connection is given up."""
    proxy.harm_answer = shifted(first=1)
    client = open_client(cache_mode=cache_mode)
    hub.reset_counts()
    told = wrong(client)
    tell("answers", MODELS)

    assert {} == told
    assert hub.total_requests <= 1 or was_too_slow(caplog)


@pytest.mark.fault("redis")
def test_shifted_answers_to_many(open_client, filled, hub, proxy, tell):
    """The same, where many are asked for at once, and on every connection."""
    proxy.harm_answer = shifted(first=99)
    client = open_client()
    halves = NAMES[:6], NAMES[6:]
    told = [client.get_many_metadata(half) for half in halves * 3]
    tell("answers", 3 * MODELS)

    assert [] == [name for answer in told for name, model in answer.items() if not is_right(name, model)]


def entry_harmed_once(proxy, data_of, at, mask):
    """Flip one byte of the first piece that is large enough to hold an entry."""
    done = []

    def harm(data):
        if done or len(data) < 100:
            return [data]
        done.append(1)
        return [flipped(data, at % len(data), mask)]

    setattr(proxy, data_of, harm)
    return done


@pytest.mark.fault("redis: a byte")
@pytest.mark.parametrize("cache_mode", ["read-write", "read-only"])
def test_every_first_byte(open_client, filled, proxy, cache_mode, tell):
    """Whatever the first byte of an answer is turned into, of which the driver makes numbers, lists and errors."""
    found = {}
    masks = range(1, 256, times(5, 1))
    for mask in masks:
        client = open_client(cache_mode=cache_mode)
        entry_harmed_once(proxy, "harm_answer", 0, mask)
        if told := wrong(client, NAMES[:3]) | wrong(client, NAMES[:3]):
            found[mask] = told
        proxy.harm_answer = None
        client.close()
    tell("bytes", len(masks))

    assert {} == found


@pytest.mark.fault("redis: a byte")
@pytest.mark.parametrize("seed", range(times(4, 40)))
@pytest.mark.parametrize("way", ["harm_answer", "harm_question"])
def test_corrupted_byte(open_client, filled, hub, redis, proxy, way, seed, tell):
    """A byte that is changed on the way, wherever, changes no answer: not this one, nor one that comes later."""
    dice = random.Random(seed)
    found = {}
    tries = 25
    for _ in range(tries):
        # Heads are short, and hold what answers are told apart by.
        at, mask = dice.choice([dice.randrange(12), dice.randrange(2000)]), dice.randrange(1, 256)
        client = open_client()
        harmed = entry_harmed_once(proxy, way, at, mask)
        if way == "harm_question":
            found |= {(at, mask, "stored"): client.get_model_metadata(NAMES[0], use_cache=False)}
            found = {key: value for key, value in found.items() if not is_right(NAMES[0], value)}
        told = wrong(client, NAMES[:3]) | wrong(client, NAMES[:3])
        if told:
            found[at, mask] = told
        setattr(proxy, way, None)
        assert harmed
        client.close()
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=redis.url)) as fresh:
        found |= wrong(fresh)
    tell("bytes", tries)

    assert {} == found


@pytest.mark.fault("redis: a byte")
@pytest.mark.parametrize("seed", range(times(2, 20)))
def test_corrupted_bytes_of_many(open_client, filled, proxy, seed, tell):
    """Nor does it when many models are asked for at once."""
    dice = random.Random(1000 + seed)
    found = {}
    tries = 10
    for _ in range(tries):
        at, mask = dice.choice([dice.randrange(12), dice.randrange(6000)]), dice.randrange(1, 256)
        client = open_client()
        entry_harmed_once(proxy, "harm_answer", at, mask)
        told = client.get_many_metadata(NAMES)
        offended = [name for name, model in told.items() if not is_right(name, model)]
        if offended:
            found[at, mask] = offended
        proxy.harm_answer = None
        client.close()
    tell("bytes", tries)

    assert {} == found
