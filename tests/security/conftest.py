"""The threats that hubkit has to withstand, by name, and what the tests of each need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hostile_server import HostileServer
from tallies import Tally

from hubkit import HubClient, HubConfig
from hubkit.testing import FakeClock, LocalHub

NOBODY = 65_534

_tally = Tally("threat", each="attempts")
pytest_itemcollected = _tally.mark
pytest_runtest_logreport = _tally.count
pytest_terminal_summary = _tally.tell


@pytest.fixture
def hub():
    """A hub with a public and a private model of alice's."""
    with LocalHub() as hub:
        hub.add_repo("alice/open", {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n# Open\n"})
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        yield hub


@pytest.fixture
def alice(hub):
    """A token of the hub's."""
    return hub.add_user("alice")


@pytest.fixture
def bob(hub):
    """Another's token."""
    return hub.add_user("bob")


@pytest.fixture
def hostile():
    """A server that does whatever a test tells it to."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def elsewhere():
    """A server of somebody else's, who would like to have a token."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def clock():
    """A clock that only pauses move."""
    return FakeClock()


@pytest.fixture
def make_client(tmp_path, clock):
    """Builds clients; settings may be changed by name."""
    clients = []

    def make(endpoint, *, clock=clock, **settings):
        defaults = {"cache": (tmp_path / "cache").as_uri(), "progress": False}
        clients.append(HubClient(HubConfig(endpoint=endpoint, **{**defaults, **settings}), clock=clock))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def everybodys():
    """A folder, away from the test's own, into which every user may write."""
    folder = Path(tempfile.mkdtemp(prefix="hubkit-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def another_user():
    """Runs a shell command as somebody else; needs root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can act as another user")

    def run(command):
        subprocess.run(["/bin/sh", "-c", command], check=True, user=NOBODY, group=NOBODY, cwd="/")

    return run


@pytest.fixture
def run_hubkit(tmp_path):
    """Runs the program in a process of its own, in an environment that knows nothing of this machine.

    The text of a variable whose name ends in ``_PATH`` is put into a file.
    """

    def run(*arguments, typed=None, **variables):
        for name, text in variables.items():
            if name.endswith("_PATH"):
                (tmp_path / name).write_text(text)
                variables[name] = str(tmp_path / name)
        environ = {
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "HUBKIT_CACHE": (tmp_path / "cache").as_uri(),
            "HUBKIT_RETRIES": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            **variables,
        }
        command = [sys.executable, "-m", "hubkit.cli", *arguments]
        return subprocess.run(
            command, input=typed, capture_output=True, text=True, env=environ, cwd=tmp_path, timeout=60
        )

    return run
