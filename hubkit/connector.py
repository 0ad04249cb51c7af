"""The async face: connectors to platforms, as PEFT Studio's plugins speak them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NoReturn

import attrs

from hubkit._client import HubClient
from hubkit._compatibility import is_compatible
from hubkit._credentials import token_from
from hubkit._local_paths import parse_local_path
from hubkit._metadata import FoundModels
from hubkit._model_cache import ModelCache
from hubkit._secrets import without_frames
from hubkit.config import HubConfig
from hubkit.errors import InvalidArgumentError, InvalidTokenError, NotConnectedError
from hubkit.models import ModelMetadata

__all__ = ["HuggingFaceConnector", "ModelCache", "ModelMetadata", "PlatformConnector"]


class PlatformConnector(ABC):
    """What every platform of the studio is asked, whatever it can do.

    A platform that can't do a thing raises `NotImplementedError` and says so in its
    ``supports_*`` attribute beforehand.
    """

    name: ClassVar[str] = ""
    """Identifier."""
    display_name: ClassVar[str] = ""
    """For people."""
    description: ClassVar[str] = ""
    version: ClassVar[str] = "1.0.0"

    supports_training: ClassVar[bool] = False
    supports_inference: ClassVar[bool] = False
    supports_registry: ClassVar[bool] = False
    supports_tracking: ClassVar[bool] = False

    @abstractmethod
    async def connect(self, credentials: Mapping[str, str]) -> bool:
        """Take credentials and prove that they work.

        Raises:
            ValueError: They are missing, malformed or refused.
            ConnectionError: The platform can't be reached.
        """

    @abstractmethod
    async def disconnect(self) -> bool:
        """Forget the credentials."""

    @abstractmethod
    async def verify_connection(self) -> bool:
        """Whether the credentials work now."""

    @abstractmethod
    async def submit_job(self, config: Any) -> str:
        """Start a training job; its id."""

    @abstractmethod
    async def get_job_status(self, job_id: str) -> Any:
        """How a job is doing."""

    @abstractmethod
    async def cancel_job(self, job_id: str) -> bool:
        """Stop a job."""

    @abstractmethod
    def stream_logs(self, job_id: str) -> AsyncIterator[str]:
        """A job's log lines as they come."""

    @abstractmethod
    async def fetch_artifact(self, job_id: str) -> bytes:
        """What a job has made."""

    @abstractmethod
    async def upload_artifact(self, path: str, metadata: Mapping[str, Any]) -> str:
        """Put an artifact into the platform's registry; its URL."""

    @abstractmethod
    async def list_resources(self) -> Sequence[Any]:
        """The machines that can be had."""

    @abstractmethod
    async def get_pricing(self, resource_id: str) -> Any:
        """What a machine costs."""

    def get_required_credentials(self) -> list[str]:
        """The keys that `connect` needs."""
        return []


class HuggingFaceConnector(PlatformConnector):
    """The Hugging Face Hub as a model registry.

    Blocking work runs in threads, so the event loop never waits. Until `connect` has
    succeeded nothing is asked of the Hub: metadata, licence and compatibility are
    answered from the cache, everything else raises `NotConnectedError`.

    Args:
        cache_dir: Folder of cached metadata; where the settings say if left out.
        config: Settings; ``HubConfig.load()`` if left out.

    Raises:
        ConfigError: A setting can't be right.
        InvalidArgumentError: ``cache_dir`` is a URL, or ``config`` no `HubConfig`.

    With ``async with`` it gives back connections and files at the end.
    """

    name = "huggingface"
    display_name = "HuggingFace Hub"
    description = "Model registry and adapter hosting on the Hugging Face Hub"

    supports_registry = True

    def __init__(self, cache_dir: str | Path | None = None, *, config: HubConfig | None = None) -> None:
        places = {} if cache_dir is None else {"cache": _folder(cache_dir).absolute().as_uri()}
        if config is None:
            config = HubConfig.load(places)
        elif places and isinstance(config, HubConfig):
            config = attrs.evolve(config, **places)
        self._client = HubClient(config)

    async def __aenter__(self) -> HuggingFaceConnector:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Finish what goes on in the background, and give back connections and files.

        The connector opens new ones when it is used again.
        """
        await asyncio.to_thread(self._client.close)

    @property
    def _cache(self) -> ModelCache:
        return self._client.cache

    async def connect(self, credentials: Mapping[str, str]) -> bool:
        """Take a token and ask the Hub whose it is.

        Args:
            credentials: ``{"token": "hf_..."}``.

        Raises:
            InvalidTokenError: No token, or one of the wrong shape.
            AuthenticationError: The Hub refused it.
            TransportError: The Hub can't be reached.
        """
        try:
            token = token_from(credentials)
        except InvalidTokenError as error:
            raise without_frames(error) from None
        finally:
            # Crash reports print the variables of frames, asyncio's too.
            credentials = {}
        return await asyncio.to_thread(self._client.connect, {"token": token})

    async def disconnect(self) -> bool:
        """Forget the token; True."""
        return await asyncio.to_thread(self._client.disconnect)

    async def verify_connection(self) -> bool:
        """Whether `connect` has succeeded and the Hub takes the token now."""
        return self._client.is_connected and await asyncio.to_thread(self._client.verify_connection)

    async def search_models(
        self,
        query: str | None = None,
        filter_tags: Sequence[str] | None = None,
        sort: str = "downloads",
        limit: int = 20,
    ) -> FoundModels:
        """Find models.

        Args:
            query: Part of the model's name.
            filter_tags: Tags; all are required.
            sort: ``downloads``, ``likes``, ``trending``, ``updated`` or ``created``; descending.
            limit: At most so many.

        Returns:
            A list that says by ``from_cache`` and ``told_at`` whose answer it is, and how old.

        Raises:
            NotConnectedError: Before `connect`.
        """
        self._require_connection()
        return await asyncio.to_thread(self._client.search_models, query, filter_tags, sort, limit)

    async def get_model_metadata(self, model_id: str, use_cache: bool = True) -> ModelMetadata | None:
        """What the Hub says about a model; None when there is none, or it isn't cached and nobody can be asked.

        Args:
            model_id: ``org/name``.
            use_cache: False asks the Hub whatever is cached.
        """
        if self._client.is_connected:
            return await asyncio.to_thread(self._client.get_model_metadata, model_id, use_cache)
        return await asyncio.to_thread(self._client.recall_metadata, model_id) if use_cache else None

    async def download_model(self, model_id: str, cache_dir: str | Path | None = None) -> Path:
        """Bring a model's files to this machine; their folder.

        Args:
            model_id: ``org/name``.
            cache_dir: Folder of the snapshots; the one that Hugging Face's tools share if left out.

        Raises:
            NotConnectedError: Before `connect`.
            RepoNotFoundError: There is no such model; it is a ``FileNotFoundError``.
            TransferError: The download failed; as all others it is a ``RuntimeError``.
        """
        self._require_connection()
        return await asyncio.to_thread(self._client.download_model, model_id, cache_dir)

    async def upload_artifact(self, path: str, metadata: Mapping[str, Any]) -> str:
        """Upload a trained adapter with a model card, as one commit; its URL.

        Args:
            path: The adapter's folder; it is only read.
            metadata: As for `HubClient.upload_artifact`; ``repo_id`` is required.

        Raises:
            NotConnectedError: Before `connect`.
            LocalPathError: The folder is missing or empty; it is a ``FileNotFoundError``.
            InvalidArgumentError: A key is missing, unknown or of the wrong kind; it is a ``ValueError``.
        """
        self._require_connection()
        return await asyncio.to_thread(self._client.upload_artifact, path, metadata)

    async def check_license(self, model_id: str) -> str | None:
        """The id of the licence that a model states; None when that isn't known."""
        model = await self.get_model_metadata(model_id)
        return None if model is None else model.license

    async def check_compatibility(self, model_id: str, required_library: str | None = None) -> bool:
        """Whether a model has a configuration and weights, and is made for that library."""
        model = await self.get_model_metadata(model_id)
        return model is not None and is_compatible(model, required_library)

    def get_required_credentials(self) -> list[str]:
        """``["token"]``."""
        return ["token"]

    async def submit_job(self, config: Any) -> str:
        """Not what a registry does."""
        _not_supported("training jobs")

    async def get_job_status(self, job_id: str) -> Any:
        """Not what a registry does."""
        _not_supported("training jobs")

    async def cancel_job(self, job_id: str) -> bool:
        """Not what a registry does."""
        _not_supported("training jobs")

    def stream_logs(self, job_id: str) -> AsyncIterator[str]:
        """Not what a registry does."""
        _not_supported("training jobs")

    async def fetch_artifact(self, job_id: str) -> bytes:
        """Not what a registry does."""
        _not_supported("training jobs")

    async def list_resources(self) -> Sequence[Any]:
        """Not what a registry does."""
        _not_supported("compute resources")

    async def get_pricing(self, resource_id: str) -> Any:
        """Not what a registry does."""
        _not_supported("compute resources")

    def _require_connection(self) -> None:
        if not self._client.is_connected:
            raise NotConnectedError("Not connected to HuggingFace")


def _folder(cache_dir: str | Path) -> Path:
    if "://" in str(cache_dir):
        raise InvalidArgumentError(
            "cache_dir is a folder; the URL of a cache goes into config, as HubConfig(cache='redis://host/0')"
        )
    return parse_local_path(cache_dir, field="cache_dir")


def _not_supported(what: str) -> NoReturn:
    raise NotImplementedError(f"The Hugging Face Hub is a registry: it has no {what}")
