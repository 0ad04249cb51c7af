"""A running hub and the client library, kept away from the real Hub and from the user's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from huggingface_hub import HfApi, constants

from hubkit.testing import FakeClock, LocalHub

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalHub]:
    """A running hub, which the client library takes for the real one."""
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with LocalHub() as running:
        # The oldest releases take the endpoint of some URLs from here, whatever HfApi was told.
        template = running.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", running.endpoint)
        yield running


@pytest.fixture
def api_of(hub: LocalHub) -> Callable[[str], HfApi]:
    """Make a client for a new user with a token that may write."""
    return lambda name: HfApi(endpoint=hub.endpoint, token=hub.add_user(name))


@pytest.fixture
def alice(api_of: Callable[[str], HfApi]) -> HfApi:
    """A client that acts for alice."""
    return api_of("alice")


@pytest.fixture
def anonymous(hub: LocalHub) -> HfApi:
    """A client without a token."""
    return HfApi(endpoint=hub.endpoint, token=False)


@pytest.fixture
def payloads() -> Path:
    """Real answers of the Hub."""
    return DATA / "payloads"


@pytest.fixture
def adapters() -> Path:
    """Real trained adapters."""
    return DATA / "adapters"


class Wire(requests.Session):
    """A session whose URLs are paths of one hub."""

    def __init__(self, hub: LocalHub, token: str | None = None) -> None:
        super().__init__()
        self._hub_url = hub.url
        # Neither a proxy nor a .netrc of the machine has a say in tests.
        self.trust_env = False
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str | bytes, url: str | bytes, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request."""
        return super().request(method, f"{self._hub_url}{url!s}", **{"timeout": 10, **options})


@pytest.fixture
def wire_of(hub: LocalHub) -> Callable[[str | None], requests.Session]:
    """Make a session with a token, or with none; its URLs are paths of the hub."""
    return lambda token: Wire(hub, token)


@pytest.fixture
def anyone(wire_of: Callable[[str | None], requests.Session]) -> requests.Session:
    """Requests without a token."""
    return wire_of(None)


@pytest.fixture
def alice_wire(hub: LocalHub, wire_of: Callable[[str | None], requests.Session]) -> requests.Session:
    """Requests with alice's token."""
    return wire_of(hub.add_user("alice"))
