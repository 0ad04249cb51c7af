"""Asking the Hub about one model, and keeping what it says."""

from __future__ import annotations

from datetime import datetime, timezone

import attrs

from hubkit._clock import Clock
from hubkit._refs import api_prefix
from hubkit._transport import HubResponse, Transport
from hubkit.cache._answers import Answers, StoredModel
from hubkit.errors import (
    DecodeError,
    OfflineError,
    RateLimitedError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    UnexpectedAnswerError,
)
from hubkit.models import ModelMetadata

__all__ = ["HubAsker"]

# With sizes and blob ids of files, which a plain answer leaves out.
_FULL = (("blobs", "true"),)

# What may change while the commit stays the same.
_COUNTERS = ("downloads", "likes", "private", "gated", "disabled", "lastModified", "sha")
_SMALL = tuple(("expand", field) for field in _COUNTERS)

_WORTH_A_LOOK = 2048
"""Bytes of a stored answer from which it is cheaper to ask first whether its commit has moved."""

_BAD_REQUEST = 400


class HubAsker:
    """Asks as one caller.

    An expired answer is confirmed as cheaply as the Hub allows: a small one by its
    etag; of a large one the counters are asked, and all of it only when its commit
    has moved. (The etag of a full answer changes with every download, so it seldom
    earns a 304.)

    Args:
        answers: The cache, as the caller may write it.
        transport: The way to the Hub.
        clock: Dates what is kept.
    """

    def __init__(self, answers: Answers, transport: Transport, *, clock: Clock) -> None:
        self._answers = answers
        self._transport = transport
        self._clock = clock

    def ask(
        self, model_id: str, revision: str | None, stored: StoredModel | None, *, patient: bool
    ) -> ModelMetadata:
        """The Hub's answer of now.

        Args:
            model_id: A checked id.
            revision: A checked revision, or None for the default branch.
            stored: What is known already, stale or not.
            patient: Whether to wait for a quota that is used up or a Hub that is silent.

        Raises:
            OfflineError: The network is forbidden.
            RepoNotFoundError: No such model, or not for this token; that is remembered.
            RevisionNotFoundError: No such revision; that is remembered.
            TransportError: The Hub can't be reached.
            ResponseError: It answered with another error.
        """
        if self._transport.offline:
            raise OfflineError(f"{model_id} is not cached, or expired, and hubkit is offline")
        asked_at = self._answers.moment()
        try:
            model, etag = self._current(model_id, revision, stored, patient=patient)
        except RepoNotFoundError:
            self._answers.store_missing(model_id, revision, asked_at=asked_at)
            raise
        except RevisionNotFoundError:
            self._answers.store_missing(model_id, revision, missing="revision", asked_at=asked_at)
            raise
        self._answers.store_model(model_id, model, etag=etag, revision=revision, asked_at=asked_at)
        return model

    def _current(
        self, model_id: str, revision: str | None, stored: StoredModel | None, *, patient: bool
    ) -> tuple[ModelMetadata, str | None]:
        """The model and the etag to keep with it."""
        if stored is None or stored.model is None:
            return self._full(model_id, revision, etag=None, patient=patient)
        if stored.size >= _WORTH_A_LOOK and stored.model.sha is not None and not stored.model.partial:
            refreshed = self._refreshed(model_id, revision, stored.model, patient=patient)
            if refreshed is not None:
                return refreshed, stored.etag
            return self._full(model_id, revision, etag=None, patient=patient)
        try:
            return self._full(model_id, revision, etag=stored.etag, patient=patient)
        except _NotModifiedError:
            return attrs.evolve(stored.model, cached_at=self._now()), stored.etag

    def _refreshed(
        self, model_id: str, revision: str | None, known: ModelMetadata, *, patient: bool
    ) -> ModelMetadata | None:
        """The known answer with new counters; None when its commit or name has changed, or this Hub can't tell."""
        path = api_prefix("model", model_id, revision)
        try:
            response = self._transport.get(path, params=_SMALL, patient=patient)
        except (RateLimitedError, RepoNotFoundError, RevisionNotFoundError):
            raise
        except ResponseError as error:
            if error.status_code != _BAD_REQUEST:
                raise
            return None
        told = self._model_in(response, model_id, revision)
        if (told.sha, told.model_id) != (known.sha, known.model_id):
            return None
        fields = {"downloads", "likes", "private", "gated", "disabled", "last_modified"}
        news = {field: getattr(told, field) for field in fields if getattr(told, field) is not None}
        return attrs.evolve(known, **news, cached_at=self._now())

    def _full(
        self, model_id: str, revision: str | None, *, etag: str | None, patient: bool
    ) -> tuple[ModelMetadata, str | None]:
        path = api_prefix("model", model_id, revision)
        response = self._transport.get(path, params=_FULL, etag=etag, patient=patient)
        if response.status == 304 and etag is not None:
            raise _NotModifiedError
        return self._model_in(response, model_id, revision), response.etag

    def _model_in(self, response: HubResponse, model_id: str, revision: str | None) -> ModelMetadata:
        """The model in an answer, if it is the one that was asked for."""
        record = response.json()
        if not isinstance(record, dict):
            raise DecodeError(f"{response.url}: expected a JSON object")
        endpoint = self._transport.endpoint
        model = ModelMetadata.from_hub(record, endpoint=endpoint, cached_at=self._now())
        # A renamed model answers under its new name, and the redirect led there. Any
        # other name is somebody else's answer: a confused proxy, a shared connection.
        paths = {endpoint + api_prefix("model", model.model_id, known) for known in (None, revision)}
        if response.url.partition("?")[0].casefold() not in {path.casefold() for path in paths}:
            raise UnexpectedAnswerError(f"{response.url} answered about another model than {model_id}")
        return model

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), timezone.utc)


class _NotModifiedError(Exception):
    """The Hub confirmed the answer at hand."""
