"""Four libraries through which a program asks the Hub about models, each set up to go on as well as it can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import attrs

__all__ = ["ASKERS", "Asker", "Setup"]


@attrs.frozen(kw_only=True)
class Setup:
    """Where to ask, and what to remember."""

    endpoint: str
    folder: Path
    ttl: float = 86_400.0
    """Seconds for which an answer counts as fresh; expired ones may be used for a week where there is such a thing."""
    token: str | None = None


class Asker(Protocol):
    """One library."""

    def ask(self, model_id: str) -> str:
        """The commit of a model, or an exception."""
        ...

    def listing(self) -> Iterator[str]:
        """The ids of all models, page after page."""
        ...


class Hubkit:
    """hubkit over a SQLite file."""

    def __init__(self, setup: Setup) -> None:
        from hubkit import HubClient, HubConfig

        self._hub = HubClient(
            HubConfig(
                endpoint=setup.endpoint,
                token=setup.token,
                cache=f"sqlite://{setup.folder}/cache.db",
                ttl=setup.ttl,
                stale_if_error="7d",
                deadline=2,
                # Each question has to go to the store.
                memory_entries=0,
            )
        )

    def ask(self, model_id: str) -> str:
        """Through `require_model_metadata`."""
        return str(self._hub.require_model_metadata(model_id).sha)

    def listing(self) -> Iterator[str]:
        """Through `iter_models`."""
        return (model.model_id for model in self._hub.iter_models())


class RequestsCache:
    """requests-cache over a SQLite file, with ``stale_if_error``."""

    def __init__(self, setup: Setup) -> None:
        import requests_cache

        self._setup = setup
        self._session = requests_cache.CachedSession(
            backend=requests_cache.SQLiteCache(str(setup.folder / "cache.db"), wal=True),
            expire_after=setup.ttl,
            stale_if_error=True,
        )

    def ask(self, model_id: str) -> str:
        """A GET, as `huggingface_hub` would send it."""
        return _sha(_got(self._session, self._setup, f"/api/models/{model_id}").json())

    def listing(self) -> Iterator[str]:
        """GETs that follow the links between pages, as the recipes of requests do."""
        return _pages(self._session, self._setup)


class Hishel:
    """hishel over a SQLite file."""

    def __init__(self, setup: Setup) -> None:
        import hishel
        import requests
        from hishel.requests import CacheAdapter

        self._setup = setup
        self._session = requests.Session()
        storage = hishel.SqliteStorage(database_path=str(setup.folder / "cache.db"), default_ttl=setup.ttl)
        self._session.mount("http://", CacheAdapter(storage=storage))

    def ask(self, model_id: str) -> str:
        """A GET, as `huggingface_hub` would send it."""
        return _sha(_got(self._session, self._setup, f"/api/models/{model_id}").json())

    def listing(self) -> Iterator[str]:
        """GETs that follow the links between pages, as the recipes of requests do."""
        return _pages(self._session, self._setup)


class HuggingfaceHub:
    """HfApi, which keeps no answers."""

    def __init__(self, setup: Setup) -> None:
        from huggingface_hub import HfApi

        self._api = HfApi(endpoint=setup.endpoint, token=setup.token or False)

    def ask(self, model_id: str) -> str:
        """Through `model_info`."""
        return str(self._api.model_info(model_id, timeout=10).sha)

    def listing(self) -> Iterator[str]:
        """Through `list_models`."""
        return (model.id for model in self._api.list_models())


ASKERS: dict[str, Callable[[Setup], Asker]] = {
    "hubkit": Hubkit,
    "requests-cache": RequestsCache,
    "hishel": Hishel,
    "huggingface_hub": HuggingfaceHub,
}
"""By the names under which they are shown."""


def _got(session: Any, setup: Setup, url: str) -> Any:
    headers = {} if setup.token is None else {"Authorization": f"Bearer {setup.token}"}
    response = session.get(url if "://" in url else setup.endpoint + url, headers=headers, timeout=10)
    response.raise_for_status()
    return response


def _pages(session: Any, setup: Setup) -> Iterator[str]:
    url: str | None = "/api/models"
    while url is not None:
        response = _got(session, setup, url)
        yield from (record["id"] for record in response.json())
        url = response.links.get("next", {}).get("url")


def _sha(record: Any) -> str:
    return str(record["sha"])
