"""Every error that hubkit raises, in one tree.

Each is also of the builtin kind that callers without hubkit knowledge would
catch: a missing repository is a ``FileNotFoundError``, an unreachable Hub a
``ConnectionError``.

::

    HubkitError
    ├── ConfigError(ValueError)
    │   └── BackendUnavailableError(ImportError)
    ├── InvalidArgumentError(ValueError)
    │   ├── InvalidRefError
    │   ├── InvalidTokenError
    │   └── LocalPathError(FileNotFoundError)
    ├── NotConnectedError(RuntimeError)
    ├── OfflineError
    ├── TransportError(RuntimeError, ConnectionError)
    │   ├── TransportTimeoutError(TimeoutError)
    │   └── UnexpectedAnswerError
    ├── TransferError(RuntimeError)
    │   └── InsufficientSpaceError
    ├── BundleError(ValueError)
    ├── LockError(ValueError)
    ├── ResponseError(RuntimeError)
    │   ├── AuthenticationError(ValueError)
    │   ├── DisabledRepoError
    │   ├── GatedRepoError
    │   ├── RateLimitedError
    │   ├── ServerError
    │   └── NotFoundError
    │       ├── RepoNotFoundError(FileNotFoundError)
    │       ├── RevisionNotFoundError
    │       └── RepoFileNotFoundError
    ├── DecodeError
    ├── CardError
    └── CacheError
        ├── CacheUnavailableError
        └── CacheCorruptedError

Cache errors stay inside the cache: callers of ``HubClient`` never see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "AuthenticationError",
    "BackendUnavailableError",
    "BundleError",
    "CacheCorruptedError",
    "CacheError",
    "CacheUnavailableError",
    "CardError",
    "ConfigError",
    "DecodeError",
    "DisabledRepoError",
    "GatedRepoError",
    "HubkitError",
    "InsufficientSpaceError",
    "InvalidArgumentError",
    "InvalidRefError",
    "InvalidTokenError",
    "LocalPathError",
    "LockError",
    "NotConnectedError",
    "NotFoundError",
    "OfflineError",
    "RateLimitedError",
    "RepoFileNotFoundError",
    "RepoNotFoundError",
    "ResponseError",
    "RevisionNotFoundError",
    "ServerError",
    "TransferError",
    "TransportError",
    "TransportTimeoutError",
    "UnexpectedAnswerError",
]


class HubkitError(Exception):
    """The root: ``except HubkitError`` catches everything hubkit raises on purpose."""

    def __init__(self, message: str, /) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        # The OSError kin below would print "[Errno ...]" in front of it.
        return self.message


class ConfigError(HubkitError, ValueError):
    """A setting is unknown, contradictory or out of range."""


class BackendUnavailableError(ConfigError, ImportError):
    """A chosen component needs a package that is not installed; the text names the extra."""


class InvalidArgumentError(HubkitError, ValueError):
    """An argument can't be right whatever the Hub says; raised before any I/O."""


class InvalidRefError(InvalidArgumentError):
    """A repository id, revision or path inside a repository is malformed."""


class InvalidTokenError(InvalidArgumentError):
    """A token is missing or doesn't have the shape of one. Its text is never shown."""


class LocalPathError(InvalidArgumentError, FileNotFoundError):
    """A local folder is missing, empty, or isn't a folder."""


class NotConnectedError(HubkitError, RuntimeError):
    """The operation needs a token and none is configured."""


class OfflineError(HubkitError):
    """The answer isn't cached, and the network is forbidden or out of reach."""


class TransportError(HubkitError, RuntimeError, ConnectionError):
    """The Hub couldn't be reached, or the connection broke."""


class TransportTimeoutError(TransportError, TimeoutError):
    """The Hub didn't answer within the timeouts or the total deadline."""


class UnexpectedAnswerError(TransportError):
    """What answered doesn't behave as a Hub: a login portal, an endless listing, a redirect elsewhere."""


class TransferError(HubkitError, RuntimeError):
    """A download or upload failed for a reason that no other class names."""


class InsufficientSpaceError(TransferError):
    """The disk hasn't the room, or this user's quota hasn't, for what has to be fetched."""


class BundleError(HubkitError, ValueError):
    """A bundle is damaged, hostile, of another version, or not signed with the fleet's key."""


class LockError(HubkitError, ValueError):
    """A lock is missing, damaged or changed by hand, doesn't fit its list of models, or can't be made or kept."""


class ResponseError(HubkitError, RuntimeError):
    """The Hub answered, and the answer was an error.

    Attributes:
        status_code: The HTTP status.
        url: What was asked, without credentials.
        request_id: The Hub's ``X-Request-Id``; quote it to their support.
        server_message: The Hub's own words, stripped of control characters.
    """

    def __init__(
        self,
        message: str,
        /,
        status_code: int = 0,
        url: str = "",
        request_id: str | None = None,
        server_message: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.url = url
        self.request_id = request_id
        self.server_message = server_message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle through ``args``, which holds the message alone.
        return (type(self), self._arguments())

    def _arguments(self) -> tuple[Any, ...]:
        return (self.message, self.status_code, self.url, self.request_id, self.server_message)


class AuthenticationError(ResponseError, ValueError):
    """The Hub refused the token, or the token may not do this."""


class DisabledRepoError(ResponseError):
    """The Hub has disabled the repository, for everybody; no token changes that."""


class GatedRepoError(ResponseError):
    """The repository is gated and this token has no access; ask for it on its page."""


class RateLimitedError(ResponseError):
    """The quota is used up.

    Attributes:
        retry_after: Seconds until the Hub will answer again; None when it didn't say.
        partial: What a call for many models had gathered before the quota ended.
    """

    def __init__(
        self,
        message: str,
        /,
        status_code: int = 429,
        url: str = "",
        request_id: str | None = None,
        server_message: str | None = None,
        retry_after: float | None = None,
        partial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, status_code, url, request_id, server_message)
        self.retry_after = retry_after
        self.partial: Mapping[str, Any] = {} if partial is None else partial

    def _arguments(self) -> tuple[Any, ...]:
        return (*super()._arguments(), self.retry_after, self.partial)


class ServerError(ResponseError):
    """The Hub failed (5xx) and kept failing through the retries.

    Attributes:
        retry_after: Seconds until the Hub expects to be back; None when it didn't say.
    """

    def __init__(
        self,
        message: str,
        /,
        status_code: int = 500,
        url: str = "",
        request_id: str | None = None,
        server_message: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status_code, url, request_id, server_message)
        self.retry_after = retry_after

    def _arguments(self) -> tuple[Any, ...]:
        return (*super()._arguments(), self.retry_after)


class NotFoundError(ResponseError):
    """What was asked for does not exist, or this token may not know that it does."""


class RepoNotFoundError(NotFoundError, FileNotFoundError):
    """No such repository, or it is private and this token may not see it."""


class RevisionNotFoundError(NotFoundError):
    """The repository exists; the branch, tag or commit does not."""


class RepoFileNotFoundError(NotFoundError):
    """The repository exists; the file in it does not."""


class DecodeError(HubkitError):
    """An answer or a stored record doesn't fit the model it should be."""


class CardError(HubkitError):
    """A model card can't be made from what was given, or holds what can't be published."""


class CacheError(HubkitError):
    """A cache backend failed. Stays inside the cache; to callers it is a miss."""


class CacheUnavailableError(CacheError):
    """The store can't be reached, read or written just now."""


class CacheCorruptedError(CacheError):
    """The stored bytes are not an entry, or not the entry that was asked for."""
