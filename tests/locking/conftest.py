"""A hub with a model and its base, a list that asks for them, and machines of several people."""

from __future__ import annotations

from pathlib import Path

import pytest
from lock_models import model_files

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub


@pytest.fixture
def hub():
    """A hub with an adapter and its base model."""
    with LocalHub() as hub:
        hub.add_repo("org/base", model_files(license="apache-2.0"))
        hub.add_repo("org/model", model_files(license="mit", base_model="org/base"))
        yield hub


@pytest.fixture
def client(hub, tmp_path):
    """Makes clients, each with a cache of its own."""
    made = []

    def make(name="here", **settings):
        cache = (tmp_path / name / "cache").as_uri()
        settings = {"deadline": 1.0, "retries": 0, "progress": False, **settings}
        made.append(HubClient(HubConfig(endpoint=hub.endpoint, cache=cache, **settings)))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def wanted(tmp_path):
    """Writes lists of models; the file."""

    def write(text='[[models]]\nid = "org/model"\n'):
        path = tmp_path / "models.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def snapshots(tmp_path) -> Path:
    """Where files are kept."""
    return tmp_path / "snapshots"
