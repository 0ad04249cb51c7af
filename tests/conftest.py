"""What every test gets: an environment that knows nothing of the machine it runs on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path_factory):
    for name in list(os.environ):
        if name.startswith(("HUBKIT_", "HF_", "HUGGING")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture
def payloads():
    """The folder of recorded answers of the Hub."""
    return DATA / "payloads"


@pytest.fixture
def adapters():
    """The folder of real trained adapters."""
    return DATA / "adapters"
