"""The faults that hubkit has to survive, by name, and what the tests of each need."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tallies import Tally

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub

_tally = Tally("fault", each="tests")
pytest_itemcollected = _tally.mark
pytest_runtest_logreport = _tally.count
pytest_terminal_summary = _tally.tell


@pytest.fixture
def tell(request):
    """Say what was done, and how often: ``tell("kills", 40)``; the table adds it up."""

    def tell(what, count=1):
        request.node.user_properties.append(("done", (what, count)))

    return tell


@pytest.fixture
def hub():
    """A hub with a public model."""
    with LocalHub() as hub:
        hub.add_repo("alice/open", {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n# Open\n"})
        yield hub


@pytest.fixture(params=["file", "sqlite"])
def store(request, tmp_path):
    """The URL of an absent store of each kind that lives on this machine."""
    return {"file": (tmp_path / "files").as_uri(), "sqlite": f"sqlite://{tmp_path}/cache.db"}[request.param]


@pytest.fixture
def make_client():
    """Builds clients; settings may be changed by name."""
    clients = []

    def make(endpoint, **settings):
        clients.append(HubClient(HubConfig(endpoint=endpoint, **{"progress": False, **settings})))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def environ(tmp_path):
    """Variables for processes that shall know nothing of this machine."""
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[1] / "support"), *sys.path])),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "HUBKIT_RETRIES": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
    }
