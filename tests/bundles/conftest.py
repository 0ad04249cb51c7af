"""Two sites: one with a hub, and one without a network."""

from __future__ import annotations

import attrs
import pytest
from bundling import FILES, pack

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub


@pytest.fixture
def hub():
    """A hub with a public and a private model."""
    with LocalHub() as hub:
        hub.add_repo("org/model", FILES)
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        yield hub


@attrs.frozen
class Site:
    """A machine: its settings, and where its Hugging Face cache lies."""

    config: HubConfig
    files: object

    def client(self):
        """A client there."""
        return HubClient(self.config)


@pytest.fixture
def site(hub, tmp_path):
    """Makes machines."""

    def make(name, **settings):
        cache = (tmp_path / name / "cache").as_uri()
        return Site(
            HubConfig(endpoint=hub.endpoint, cache=cache, deadline=1.0, **settings), tmp_path / name / "hf"
        )

    return make


@pytest.fixture
def bundle(site, tmp_path):
    """A bundle of the public model, with its files."""
    return pack(site("here"), tmp_path / "models.tar")
