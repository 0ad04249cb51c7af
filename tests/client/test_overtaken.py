"""Answers that a change of this process overtakes on their way: they are nobody's answer afterwards."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from hubkit import HubClient, HubConfig
from hubkit.cache import MemoryCache

OLD = {"id": "alice/new", "private": False, "gated": False}


@pytest.fixture
def backend():
    """A store that clients share."""
    return MemoryCache()


@pytest.fixture
def make(hub, backend):
    """Builds clients over it, with the clock of the system."""

    def build(**settings):
        return HubClient(HubConfig(endpoint=hub.endpoint, **settings), backends=[backend])

    return build


@contextmanager
def asking(hub, client, **answer):
    """A thread of the client asks about alice/new, and waits for an answer from before what is done meanwhile."""
    hub.fail("model_info", delay=1.0, **answer)
    thread = threading.Thread(target=client.get_model_metadata, args=("alice/new",))
    thread.start()
    # Requests are counted as they are answered: nothing tells that one is on its way.
    time.sleep(0.4)
    yield
    thread.join()


def test_a_model_that_was_made_meanwhile_is_there(hub, make, alice):
    """That there was none isn't remembered."""
    client = make(token=alice)
    with asking(hub, client, status=404, code="RepoNotFound"):
        client.repos.create("alice/new")

    assert "alice/new" == client.get_model_metadata("alice/new").model_id


def test_who_asks_after_a_change_gets_none_from_before(hub, make, alice):
    """A question that is under way answers only who asked it before."""
    hub.add_repo("alice/new", {"config.json": b"{}"})
    client = make(token=alice)
    with asking(hub, client, status=200, body=OLD):
        client.repos.settings("alice/new", gated="auto")
        model = client.get_model_metadata("alice/new")

    assert "auto" == model.gated
    assert model == client.get_model_metadata("alice/new")


def test_a_change_with_a_new_token_overtakes_too(hub, make, alice):
    """What was asked before connect() doesn't bring back what was deleted after it."""
    hub.add_repo("alice/new", {"config.json": b"{}"})
    client = make()
    with asking(hub, client, status=200, body=OLD):
        client.connect({"token": alice})
        client.repos.delete("alice/new")

    assert client.get_model_metadata("alice/new") is None


def test_what_was_changed_stays_changed_with_another_token(hub, make, alice):
    """Where nothing may be written, the outdated answer is passed over after connect() and disconnect() as well."""
    hub.add_repo("alice/new", {"config.json": b"{}"})
    make().get_model_metadata("alice/new")
    client = make(token=alice, cache_mode="read-only")
    client.repos.settings("alice/new", gated="auto")
    client.connect({"token": alice})
    connected = client.get_model_metadata("alice/new").gated
    client.disconnect()

    assert ("auto", "auto") == (connected, client.get_model_metadata("alice/new").gated)


@pytest.mark.parametrize("forget", [lambda cache: cache.clear(), lambda cache: cache.remove("gpt2")])
def test_who_reads_while_it_is_forgotten_keeps_nothing_at_hand(hub, forget):
    """What a thread has just read is not at hand after clear() or remove()."""

    class Watched(MemoryCache):
        def get(self, key, /):
            value = super().get(key)
            if value is not None and "|model|" in key and forgetting:
                forgetting.pop()(client.cache)
            return value

    store, forgetting = Watched(), []
    client = HubClient(HubConfig(endpoint=hub.endpoint), backends=[store])
    HubClient(HubConfig(endpoint=hub.endpoint), backends=[store]).get_model_metadata("gpt2")
    forgetting.append(forget)
    client.get_model_metadata("gpt2")
    hub.reset_counts()
    client.get_model_metadata("gpt2")

    assert 1 == hub.total_requests
