"""Single flight: one asks, the others wait, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from members import is_connected, results
from redis_servers import until

from hubkit import HubClient, HubConfig, NotFoundError, ServerError, TransportError, TransportTimeoutError
from hubkit._clock import SYSTEM_CLOCK, Deadline
from hubkit._transport._outage import NotAskedError
from hubkit.cache import MemoryCache
from hubkit.cache._flight import SingleFlight
from hubkit.cache._lease_keeper import LEASE_SECONDS, kept
from hubkit.cache._tiers import Tiers


@pytest.fixture(params=["file", "sqlite"])
def cache(request, tmp_path):
    """A store that processes share."""
    return f"{request.param}://{tmp_path}/cache" + (".db" if request.param == "sqlite" else "")


def test_threads_ask_once(hub, cache):
    """32 threads, one request, and nobody waits much longer than it takes."""
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=cache)) as client:
        got = []
        threads = [
            threading.Thread(target=lambda: got.append(client.get_model_metadata("org/m0").model_id))
            for _ in range(32)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert ["org/m0"] * 32 == got
    assert 1 == hub.requests["model_info"]


def test_processes_ask_once(hub, fleet):
    """4 processes of 8 threads, 20 models: 20 requests in all."""
    names = [f"org/m{number}" for number in range(20)]
    got = results(fleet(4, "--threads", "8", models=names))

    assert [sorted(names * 8)] * 4 == [sorted(member["got"]) for member in got]
    assert 20 == hub.requests["model_info"]


def test_dead_leader_is_followed(hub, fleet):
    """The leader is killed during its request; after its lease the next one asks, and all get the answer."""
    hub.clear_faults()
    hub.fail("model_info", status=None, delay=60.0, times=None)
    (leader,) = fleet(1)
    until(lambda: is_connected(leader, hub), "the leader asks")
    others = fleet(3)
    os.kill(leader.pid, signal.SIGKILL)
    hub.clear_faults()
    got = results(others)

    assert [["org/m0"]] * 3 == [member["got"] for member in got]
    assert all(member["seconds"] < LEASE_SECONDS + 3.0 for member in got)


def test_failure_of_the_leader_is_everybodys(hub, fleet):
    """8 processes meet a failing hub: its failure isn't multiplied by their number and their retries."""
    hub.clear_faults()
    hub.fail("model_info", status=503, times=None, delay=0.3)
    got = results(fleet(8, "--retries", "0"))

    assert [["ServerError"]] * 8 == [member["got"] for member in got]
    assert hub.requests["model_info"] <= 3


def test_private_answers_are_asked_by_each_token(hub, fleet):
    """Who may not read the leader's answer asks, and is told what it may know."""
    alice, bob = hub.add_user("alice"), hub.add_user("bob")
    members = [fleet(2, "--token", token, models=("alice/secret",)) for token in (alice, bob)]
    got = [results(pair) for pair in members]

    assert [[["alice/secret"]] * 2, [[None]] * 2] == [[member["got"] for member in pair] for pair in got]


@pytest.fixture
def flights():
    """Two callers with one store."""
    tiers = Tiers([MemoryCache()])

    def make(shareable=True):
        return SingleFlight(tiers, endpoint="hub", shareable=lambda _: shareable, clock=SYSTEM_CLOCK)

    return make


def soon():
    """A deadline that a test can wait for."""
    return Deadline(5.0, SYSTEM_CLOCK)


class Watched(Deadline):
    """A deadline that tells when somebody begins to wait for it."""

    def __init__(self):
        super().__init__(5.0, SYSTEM_CLOCK)
        self.begun = threading.Event()

    def remaining(self):
        """Seconds left."""
        self.begun.set()
        return super().remaining()


def test_waiter_gets_what_the_leader_stored(flights):
    """The second caller finds the first one's answer and doesn't ask."""
    stored, asked, asking, waiter = [], [], threading.Event(), Watched()

    def ask():
        asked.append(1)
        asking.set()
        waiter.begun.wait(5)
        stored.append("answer")
        return "answer"

    def look():
        return stored[0] if stored else None

    first = threading.Thread(target=lambda: flights().run("q", ask=ask, look=look, deadline=soon()))
    first.start()
    asking.wait(5)
    second = flights().run("q", ask=ask, look=look, deadline=waiter)
    first.join(5)

    assert ("answer", 1) == (second, len(asked))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ServerError("down", 503), ServerError),
        (TransportError("gone"), TransportError),
        (NotFoundError("not for you", 404), None),
    ],
)
def test_what_the_leader_met(flights, error, expected):
    """A failure that everybody would meet is told; one that depends on the token isn't."""
    asking, waiter = threading.Event(), Watched()

    def fail():
        asking.set()
        waiter.begun.wait(5)
        raise error

    def lead():
        with pytest.raises(type(error)):
            flights().run("q", ask=fail, look=lambda: None, deadline=soon())

    leader = threading.Thread(target=lead)
    leader.start()
    asking.wait(5)
    try:
        met = flights().run("q", ask=lambda: "my own", look=lambda: None, deadline=waiter)
    except (ServerError, TransportError) as caught:
        met = type(caught)
    leader.join(5)

    assert ("my own" if expected is None else expected) == met


def test_answer_that_can_t_be_shared(flights):
    """Waiters elsewhere are told to ask for themselves."""
    asking, waiter = threading.Event(), Watched()

    def ask():
        asking.set()
        waiter.begun.wait(5)
        return "private"

    private = flights(shareable=False)
    leader = threading.Thread(target=lambda: private.run("q", ask=ask, look=lambda: None, deadline=soon()))
    leader.start()
    asking.wait(5)
    met = flights().run("q", ask=lambda: "my own", look=lambda: None, deadline=waiter)
    leader.join(5)

    assert "my own" == met
    assert waiter.remaining() > 0.0


def test_waiter_waits_no_longer_than_its_deadline(flights):
    """An owner that goes on for ever holds up nobody beyond that."""
    release, asking = threading.Event(), threading.Event()

    def ask():
        asking.set()
        release.wait(10)
        return "late"

    one = flights()
    leader = threading.Thread(target=lambda: one.run("q", ask=ask, look=lambda: None, deadline=soon()))
    leader.start()
    asking.wait(5)
    for waiter in (one, flights()):
        with pytest.raises(TransportTimeoutError):
            waiter.run("q", ask=ask, look=lambda: None, deadline=Deadline(0.2, SYSTEM_CLOCK))
    release.set()
    leader.join(5)


def test_interrupted_leader_hands_over(flights):
    """When the leader is interrupted, a thread that waits takes over."""
    one, asking, waiter = flights(), threading.Event(), Watched()

    def interrupted():
        asking.set()
        waiter.begun.wait(5)
        raise KeyboardInterrupt

    def lead():
        with pytest.raises(KeyboardInterrupt):
            one.run("q", ask=interrupted, look=lambda: None, deadline=soon())

    leader = threading.Thread(target=lead)
    leader.start()
    asking.wait(5)

    assert "mine" == one.run("q", ask=lambda: "mine", look=lambda: None, deadline=waiter)
    leader.join(5)


def test_without_a_store_everybody_asks(near):
    """No store, no lease, no waiting: correctness never depended on it."""
    near.broken = True
    flight = SingleFlight(Tiers([near]), endpoint="hub", shareable=lambda _: True, clock=SYSTEM_CLOCK)

    assert "mine" == flight.run("q", ask=lambda: "mine", look=lambda: None, deadline=soon())


@pytest.mark.parametrize("same_client", [True, False])
def test_who_left_the_hub_alone_speaks_for_nobody(flights, same_client):
    """A leader that could do without an answer, and so didn't ask, leaves the others to ask for themselves."""
    one, asking, waiting = flights(), threading.Event(), threading.Event()
    another = one if same_client else flights()
    error = NotAskedError("not asked, since the Hub gave no answer a moment ago")

    def leave_alone():
        asking.set()
        waiting.wait(10)
        raise error

    def lead():
        with pytest.raises(NotAskedError):
            one.run("q", ask=leave_alone, look=lambda: None, deadline=soon(), patient=False)

    leader = threading.Thread(target=lead)
    leader.start()
    asking.wait(5)
    got = another.run("q", ask=lambda: "asked", look=waiting.set, deadline=soon())
    leader.join()

    assert "asked" == got


def test_a_lease_that_fails_strangely_ends_no_other():
    """A backend of somebody else's may raise anything; leases go on being renewed."""

    class Lease:
        def __init__(self, error=None):
            self.error, self.renewed = error, threading.Event()

        def renew(self):
            self.renewed.set()
            if self.error is not None:
                raise self.error
            return True

        def release(self):
            pass

    strange, sound = Lease(ZeroDivisionError("strange")), Lease()
    with kept(strange):
        strange.renewed.wait(5)
    with kept(sound):
        assert sound.renewed.wait(5)


def test_child_of_a_waiting_process_asks_for_itself(flights):
    """A fork in the middle of a flight leaves the child free to lead."""
    one, asking, release = flights(), threading.Event(), threading.Event()

    def ask():
        asking.set()
        release.wait(10)
        return "answer"

    leader = threading.Thread(target=lambda: one.run("q", ask=ask, look=lambda: None, deadline=soon()))
    leader.start()
    asking.wait(5)
    pid = os.fork()
    if pid == 0:
        _, is_mine = one._board("q")
        os._exit(0 if is_mine else 1)
    status = os.waitpid(pid, 0)[1]
    release.set()
    leader.join(5)

    assert 0 == status
