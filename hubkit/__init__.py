"""The Hugging Face Hub for programs that must not stop when it is slow, rate-limited or away.

>>> from hubkit import HubClient, HubConfig
>>> hub = HubClient(HubConfig(offline=True, cache="memory://"))
>>> hub.get_model_metadata("org/name") is None
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubkit._version import __version__
from hubkit.errors import (
    AuthenticationError,
    BackendUnavailableError,
    BundleError,
    CacheCorruptedError,
    CacheError,
    CacheUnavailableError,
    CardError,
    ConfigError,
    DecodeError,
    DisabledRepoError,
    GatedRepoError,
    HubkitError,
    InsufficientSpaceError,
    InvalidArgumentError,
    InvalidRefError,
    InvalidTokenError,
    LocalPathError,
    LockError,
    NotConnectedError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    RepoFileNotFoundError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    ServerError,
    TransferError,
    TransportError,
    TransportTimeoutError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from hubkit._client import HubClient
    from hubkit._compatibility import CompatibilityReport
    from hubkit._licenses import LicenseReport
    from hubkit._metadata import FoundModels
    from hubkit._model_cache import CacheStats, ModelCache
    from hubkit._transfers import SnapshotStatus
    from hubkit.config import HubConfig
    from hubkit.models import Identity, ModelFile, ModelMetadata


__all__ = [
    "AuthenticationError",
    "BackendUnavailableError",
    "BundleError",
    "CacheCorruptedError",
    "CacheError",
    "CacheStats",
    "CacheUnavailableError",
    "CardError",
    "CompatibilityReport",
    "ConfigError",
    "DecodeError",
    "DisabledRepoError",
    "FoundModels",
    "GatedRepoError",
    "HubClient",
    "HubConfig",
    "HubkitError",
    "Identity",
    "InsufficientSpaceError",
    "InvalidArgumentError",
    "InvalidRefError",
    "InvalidTokenError",
    "LicenseReport",
    "LocalPathError",
    "LockError",
    "ModelCache",
    "ModelFile",
    "ModelMetadata",
    "NotConnectedError",
    "NotFoundError",
    "OfflineError",
    "RateLimitedError",
    "RepoFileNotFoundError",
    "RepoNotFoundError",
    "ResponseError",
    "RevisionNotFoundError",
    "ServerError",
    "SnapshotStatus",
    "TransferError",
    "TransportError",
    "TransportTimeoutError",
    "UnexpectedAnswerError",
    "__version__",
]

# Loaded at first use: a program that only catches our errors, or only reads its
# settings, pays for nothing else.
_LAZY = {
    "CacheStats": "hubkit._model_cache",
    "CompatibilityReport": "hubkit._compatibility",
    "FoundModels": "hubkit._metadata",
    "HubClient": "hubkit._client",
    "HubConfig": "hubkit.config",
    "Identity": "hubkit.models",
    "LicenseReport": "hubkit._licenses",
    "ModelCache": "hubkit._model_cache",
    "ModelFile": "hubkit.models",
    "ModelMetadata": "hubkit.models",
    "SnapshotStatus": "hubkit._transfers",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'hubkit' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
