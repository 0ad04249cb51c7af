"""A hub with repositories of all kinds, and the cache beneath huggingface_hub."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi, constants, get_session

from hubkit import HubConfig
from hubkit.interop import cached
from hubkit.testing import FakeClock, LocalHub

FILES = {
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": b"\0" * 20_000,
    "sub/vocab.txt": b"a\nb\n",
}


@pytest.fixture
def clock():
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def hub(monkeypatch):
    """A hub with a public model, a dataset and a space."""
    with LocalHub() as hub:
        # The oldest releases of the client library take the address of some URLs from here.
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
        template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        hub.add_repo("org/model", FILES)
        hub.add_repo("org/data", {"train.csv": b"a,b\n"}, repo_type="dataset")
        hub.add_repo("org/space", {"app.py": b"pass\n"}, repo_type="space")
        yield hub


@pytest.fixture
def alice(hub):
    """A token."""
    return hub.add_user("alice")


@pytest.fixture
def bob(hub):
    """Another's token."""
    return hub.add_user("bob")


@pytest.fixture
def config(tmp_path):
    """One file tier."""
    return HubConfig(cache=(tmp_path / "cache").as_uri(), deadline=3.0)


@pytest.fixture
def beneath(config, clock):
    """The cache in its place."""
    with cached(config, clock=clock):
        # Threads that are first to ask would, with huggingface_hub 1.2, make and lose a client each.
        get_session()
        yield


@pytest.fixture
def api(hub, alice):
    """What programs call."""
    return HfApi(endpoint=hub.endpoint, token=alice)
