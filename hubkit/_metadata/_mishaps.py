"""What went wrong as many models were asked for at once, and what the caller hears of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from hubkit.errors import (
    AuthenticationError,
    DisabledRepoError,
    GatedRepoError,
    HubkitError,
    OfflineError,
    RateLimitedError,
    TransportError,
    UnexpectedAnswerError,
)
from hubkit.models import ModelMetadata

__all__ = ["Mishaps"]

log = logging.getLogger("hubkit")

_UNAUTHORIZED = 401
_MOST_ODDITIES = 3
"""Answers that are no Hub's, up to which each may be the fault of its model; more are a proxy's in between."""


class Mishaps:
    """The failures of one call; any thread may add to them."""

    def __init__(self) -> None:
        self._hindrances: list[HubkitError] = []
        self._refusals: list[HubkitError] = []
        self._oddities: list[HubkitError] = []
        self._failures: list[HubkitError] = []

    @property
    def concern_all(self) -> bool:
        """Whether the next model would meet the same, so that nobody should be asked any more."""
        return bool(self._hindrances)

    def note(self, error: HubkitError) -> None:
        """Add one."""
        if isinstance(error, UnexpectedAnswerError):
            self._oddities.append(error)
            if len(self._oddities) > _MOST_ODDITIES:
                self._hindrances.append(error)
        elif _is_refusal(error):
            self._refusals.append(error)
        elif isinstance(error, (TransportError, OfflineError, RateLimitedError, AuthenticationError)):
            self._hindrances.append(error)
        else:
            self._failures.append(error)

    def settle(self, model_ids: Collection[str], found: Mapping[str, ModelMetadata | None]) -> None:
        """Raise what the caller has to know, and log why something is left out.

        Args:
            model_ids: Which were asked for.
            found: What is known of them, and of those that needn't be asked for.

        Raises:
            RateLimitedError: With what was found.
            HubkitError: All were refused, or one failed in a way that isn't the network's.
        """
        for error in (*self._hindrances, *self._failures):
            if isinstance(error, RateLimitedError):
                raise _with_partial(error, found)
            if not isinstance(error, (TransportError, OfflineError)):
                raise error
        if len(self._refusals) == len(model_ids):
            raise self._refusals[0]
        reasons = (*self._hindrances, *self._oddities, *self._refusals)
        if reasons:
            missing = sum(model_id not in found for model_id in model_ids)
            log.warning("no metadata of %d models: %s", missing, reasons[0])


def _is_refusal(error: HubkitError) -> bool:
    """Whether one repository is out of bounds. A token that is none is so for all of them."""
    if isinstance(error, AuthenticationError):
        return error.status_code != _UNAUTHORIZED
    return isinstance(error, (DisabledRepoError, GatedRepoError))


def _with_partial(error: RateLimitedError, found: Mapping[str, ModelMetadata | None]) -> RateLimitedError:
    return RateLimitedError(
        f"{error.message}; {len(found)} models are in .partial",
        error.status_code,
        error.url,
        error.request_id,
        error.server_message,
        error.retry_after,
        dict(found),
    )
