"""The faults that hubkit has to survive, by name, and what the tests of each need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mounts import Mounts
from tallies import Tally

from hubkit import HubClient, HubConfig
from hubkit._clock import SYSTEM_CLOCK
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
    """Builds clients; settings may be changed by name. Those that were made are its ``made``."""

    def make(endpoint, *, clock=SYSTEM_CLOCK, **settings):
        config = HubConfig(endpoint=endpoint, **{"progress": False, **settings})
        make.made.append(HubClient(config, clock=clock))
        return make.made[-1]

    make.made = []
    yield make
    for client in make.made:
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


@pytest.fixture
def mounts():
    """Mounts file systems of the test's own; needs root."""
    mounts = Mounts()
    yield mounts
    mounts.close()


@pytest.fixture
def run_hubkit(hub, environ, tmp_path):
    """Runs the program in a process of its own, over the hub.

    ``through`` is a command that runs it, such as one that changes the user.
    """

    def run(*arguments, through=(), without=(), **variables):
        known = {name: value for name, value in environ.items() if name not in without}
        command = [*through, sys.executable, "-m", "hubkit.cli", *arguments]
        return subprocess.run(
            command,
            env={**known, "HUBKIT_ENDPOINT": hub.endpoint, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            timeout=60,
        )

    return run
