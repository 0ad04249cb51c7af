"""The program against a running hub, away from this machine's tokens, keystore and settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keyring
import pytest
from click.testing import CliRunner, Result
from huggingface_hub import constants
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import PasswordDeleteError

from hubkit.cli._app import app
from hubkit.testing import LocalHub

ADAPTERS = Path(__file__).parent.parent / "data" / "adapters"
ALICE = "hf_aliceToken0123456789abcdefghij"

LLAMA = {
    "id": "acme/tiny-llama",
    "author": "acme",
    "private": False,
    "gated": False,
    "downloads": 12_345_678,
    "likes": 4_321,
    "pipeline_tag": "text-generation",
    "library_name": "transformers",
    "tags": ["transformers", "safetensors", "llama", "license:apache-2.0"],
    "createdAt": "2024-01-02T03:04:05.000Z",
    "lastModified": "2024-06-07T08:09:10.000Z",
    "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}],
}
BARE = {
    "id": "acme/bare",
    "author": "acme",
    "private": False,
    "downloads": 7,
    "likes": 0,
    "tags": [],
    "siblings": [{"rfilename": "README.md"}],
}


class MemoryKeystore(KeyringBackend):
    """A keystore that forgets everything when the test ends."""

    priority = 1  # type: ignore[assignment]
    name = "test keystore"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither settings, tokens, caches nor the keystore of this machine have a say."""
    for name in os.environ:
        if name.startswith(("HUBKIT_", "HF_", "HUGGING_FACE_", "_HUBKIT")) or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HUBKIT_CACHE", (tmp_path / "cache").as_uri())
    monkeypatch.setenv("HUBKIT_RETRIES", "0")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # Read at import, which may have been another test's.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.chdir(tmp_path)
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def keystore() -> MemoryKeystore:
    """A keystore that this machine has, for once."""
    keystore = MemoryKeystore()
    keyring.set_keyring(keystore)
    return keystore


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A running hub with two models and the user alice, which the program takes for the real one."""
    with LocalHub() as running:
        running.add_user("alice", ALICE)
        running.add_model(LLAMA)
        running.add_model(BARE)
        monkeypatch.setenv("HUBKIT_ENDPOINT", running.endpoint)
        # The oldest releases of the client library take the endpoint of some URLs from here.
        monkeypatch.setattr(constants, "ENDPOINT", running.endpoint)
        template = running.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield running


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> str:
    """Alice's token, in the environment."""
    monkeypatch.setenv("HF_TOKEN", ALICE)
    return ALICE


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command in this process; whatever it is, it never prints a token."""

    def run(*arguments: str, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, arguments, input=typed, prog_name="hubkit")
        assert ALICE not in result.output
        assert "Traceback" not in result.stderr or "-vv" in arguments
        return result

    return run


@pytest.fixture
def spawn() -> Callable[..., subprocess.Popen[bytes]]:
    """Start a process of the program, with pipes."""

    def spawn(arguments: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "hubkit.cli", *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, **{**pipes, **options})

    return spawn


@pytest.fixture
def adapter() -> Path:
    """A real trained adapter."""
    return ADAPTERS / "lora-causal-lm"
