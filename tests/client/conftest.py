"""A real Hub on loopback, a clock that tests move, and clients of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubkit import HubClient, HubConfig
from hubkit.testing import FakeClock, LocalHub

BASES = Path(__file__).parents[1] / "data" / "bases"


@pytest.fixture
def hub(payloads):
    """A hub with some real models of 2022, one private repository of alice's, and three users."""
    with LocalHub() as hub:
        hub.load_models(payloads / "model_2022__bert-base-uncased.json")
        hub.load_models(payloads / "model_2022__gpt2.json")
        hub.load_models(payloads / "model_info__ggml-org__gemma-3-1b-it-GGUF.json")
        hub.add_repo(
            "alice/base",
            {"config.json": b"{}", "model.safetensors": b"\x02\0\0\0\0\0\0\0{}", "README.md": _card("mit")},
        )
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        yield hub


def _card(license_id):
    return f"---\nlicense: {license_id}\nlibrary_name: transformers\n---\n# Base\n".encode()


@pytest.fixture
def alice(hub):
    """Alice's token, with which she may write."""
    return hub.add_user("alice")


@pytest.fixture
def bob(hub):
    """Bob's token."""
    return hub.add_user("bob")


@pytest.fixture
def clock():
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def make_client(hub, tmp_path, clock):
    """Builds clients over one cache folder; settings may be changed by name."""
    clients = []

    def make(**settings):
        defaults = {"endpoint": hub.endpoint, "cache": (tmp_path / "cache").as_uri(), "progress": False}
        client = HubClient(HubConfig(**{**defaults, **settings}), clock=clock)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client):
    """An anonymous client."""
    return make_client()
