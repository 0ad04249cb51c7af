"""Who may read what: no answer crosses from one token to another."""

from __future__ import annotations

import itertools

import pytest

SECRET = "alice/secret"


@pytest.fixture(params=["file", "sqlite"])
def cache_url(request, tmp_path):
    """One store for all users."""
    return f"{request.param}://{tmp_path}/shared" + (".db" if request.param == "sqlite" else "")


@pytest.fixture
def users(make_client, alice, bob, cache_url):
    """Builds a fresh client for a user, over the one store."""
    tokens = {"alice": alice, "bob": bob, "nobody": None}
    return lambda name, **settings: make_client(cache=cache_url, token=tokens[name], **settings)


def test_private_model_is_its_readers_alone(hub, users):
    """A private model cached by alice is None for bob and for anonymous, with and without a network."""
    assert users("alice").get_model_metadata(SECRET).private
    for name in ("bob", "nobody"):
        assert users(name, offline=True).get_model_metadata(SECRET) is None
        assert users(name).get_model_metadata(SECRET) is None
    hub.stop()
    for name in ("bob", "nobody"):
        assert users(name, retries=0).get_model_metadata(SECRET) is None
        assert [] == [m for m in users(name).cache.get_all_cached() if m.model_id == SECRET]
        assert [] == users(name, offline=True).search_models("secret")
    assert SECRET == users("alice", retries=0).get_model_metadata(SECRET).model_id


@pytest.mark.parametrize(("asker", "reader"), list(itertools.permutations(["alice", "bob", "nobody"], 2)))
def test_public_answers_are_shared(hub, users, asker, reader):
    """A public model asked by one needs no request of another."""
    users(asker).get_model_metadata("alice/base")
    hub.reset_counts()

    assert users(reader).get_model_metadata("alice/base") is not None
    assert 0 == hub.total_requests


@pytest.mark.parametrize(("asker", "reader"), list(itertools.permutations(["alice", "bob", "nobody"], 2)))
def test_negative_answers_are_not_shared(hub, users, asker, reader):
    """That one sees nothing says nothing to another."""
    users(asker).get_model_metadata("no/such")
    hub.reset_counts()
    users(reader).get_model_metadata("no/such")

    assert 1 == hub.total_requests


def test_logging_in_forgets_anonymous_negatives(hub, make_client, alice):
    """What anonymous couldn't see is asked again once there is a token."""
    client = make_client()

    assert client.get_model_metadata(SECRET) is None
    client.connect({"token": alice})
    assert SECRET == client.get_model_metadata(SECRET).model_id
    client.disconnect()
    assert client.get_model_metadata(SECRET) is None


def test_searches_with_a_token_are_its_own(hub, users):
    """A search that names a private model is nobody else's."""
    found = [model.model_id for model in users("alice").search_models("alice")]
    hub.stop()

    assert SECRET in found
    assert SECRET in [m.model_id for m in users("alice", offline=True).search_models("alice")]
    for name in ("bob", "nobody"):
        assert SECRET not in [m.model_id for m in users(name, offline=True).search_models("alice")]


def test_model_turned_private_leaves_the_public_scope(hub, users, clock):
    """Once its owner sees that it is private, others don't read the old public answer."""
    users("nobody").get_model_metadata("alice/base")
    users("alice").repos.settings("alice/base", private=True)
    clock.advance(hours=25)
    users("alice").get_model_metadata("alice/base")

    assert users("bob", offline=True, stale_if_error="7d").get_model_metadata("alice/base") is None


def test_no_token_lies_in_the_store(users, tmp_path, alice):
    """The store holds no trace of a token."""
    users("alice").get_model_metadata(SECRET)
    users("alice").search_models("x")
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert content
    assert alice.encode() not in content
    assert alice.removeprefix("hf_").encode() not in content


def test_shared_tiers_get_public_answers_only(make_client, alice):
    """A store that others read gets private answers only on demand."""
    from hubkit._clock import SYSTEM_CLOCK
    from hubkit.cache import MemoryCache
    from hubkit.cache._entry import Entry
    from hubkit.cache._tiers import Tiers

    class Shared(MemoryCache):
        shared = True

    kept = {}
    for share_private in (False, True):
        backend = Shared()
        tiers = Tiers([backend], share_private=share_private, clock=SYSTEM_CLOCK)
        for key in ("public|h|model|a", "anonymous|h|model|a", "token-1|h|model|a"):
            tiers.store(Entry(key, 200, SYSTEM_CLOCK.now(), 60.0, None, b""), expires_in=60.0)
        kept[share_private] = len(list(backend.keys()))

    assert {False: 1, True: 3} == kept
