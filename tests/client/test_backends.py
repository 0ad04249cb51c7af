"""Stores that a program hands to its client."""

from __future__ import annotations

import pytest

from hubkit import HubClient, HubConfig, InvalidArgumentError
from hubkit.cache import MemoryCache, open_backend

BERT = "bert-base-uncased"


@pytest.fixture
def config(hub, tmp_path):
    """Settings that name a folder, which is not to be made."""
    return HubConfig(endpoint=hub.endpoint, cache=(tmp_path / "unused").as_uri())


def test_used_instead_of_those_of_the_settings(hub, config, tmp_path):
    """What was asked lies in the backend, and the settings' place stays empty."""
    backend = MemoryCache()
    with HubClient(config, backends=[backend]) as client:
        client.get_model_metadata(BERT)

    assert BERT in " ".join(backend.keys())
    assert not (tmp_path / "unused").exists()


def test_one_backend_for_two_clients(hub, config):
    """What one has asked the other finds, also when the first is closed."""
    backend = MemoryCache()
    with HubClient(config, backends=[backend]) as first:
        known = first.get_model_metadata(BERT)
    hub.stop()
    with HubClient(config, backends=[backend]) as second:
        assert known == second.get_model_metadata(BERT)


def test_nearest_first(hub, config, tmp_path):
    """Backends are tiers like any others: what the farther one has fills the nearer."""
    far = open_backend((tmp_path / "far").as_uri())
    near = MemoryCache()
    with HubClient(config, backends=[far]) as client:
        known = client.get_model_metadata(BERT)
    with HubClient(config, backends=[near, far]) as client:
        assert known == client.get_model_metadata(BERT)

    assert BERT in " ".join(near.keys())


def test_none_at_all(hub, config):
    """Without any, every client asks anew."""
    for _ in range(2):
        with HubClient(config, backends=[]) as client:
            client.get_model_metadata(BERT)

    assert 2 == hub.requests["model_info"]


@pytest.mark.parametrize(
    ("backends", "said"),
    [
        ("memory://", "backends[0] is no cache backend: a 'str' has no clear"),
        (MemoryCache(), "backends must be a list of CacheBackends, not MemoryCache"),
        (["memory://"], "backends[0] is no cache backend: a 'str' has no clear"),
        ([MemoryCache(), {}], "backends[1] is no cache backend: a 'dict' has no close"),
        (
            [MemoryCache],
            "backends[0] is no cache backend: MemoryCache is a class, and an object of it is needed",
        ),
    ],
)
def test_what_is_no_backend(config, backends, said):
    """Refused with the place of what is wrong, before anything is opened."""
    with pytest.raises(InvalidArgumentError) as caught:
        HubClient(config, backends=backends)

    assert str(caught.value).startswith(said)
