"""`MetadataStore`: one model, or many by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from hubkit._clock import Clock
from hubkit._metadata._asking import HubAsker
from hubkit._metadata._mishaps import Mishaps
from hubkit._metadata._refreshing import Refreshing
from hubkit._refs import parse_repo_id, parse_revision, parse_several
from hubkit._transport import Transport
from hubkit.cache._answers import Answers, StoredModel
from hubkit.cache._flight import SingleFlight
from hubkit.cache._freshness import Freshness
from hubkit.errors import (
    DecodeError,
    HubkitError,
    InvalidArgumentError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    RepoNotFoundError,
    RevisionNotFoundError,
    ServerError,
    TransportError,
)
from hubkit.models import ModelMetadata

__all__ = ["UNABLE", "MetadataStore"]

log = logging.getLogger("hubkit")

UNABLE = (TransportError, OfflineError, RateLimitedError, ServerError, DecodeError)
"""Reasons why an answer can't be had now, as against answers; half a record is none."""


class MetadataStore:
    """What the Hub says about models: from the cache while it is good, else from the Hub.

    Args:
        answers: The cache, as the caller may read it.
        transport: The way to the Hub.
        flights: Lets one ask for all who want the same.
        max_workers: Requests under way at once in `get_many`, and in the background.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        answers: Answers,
        transport: Transport,
        *,
        flights: SingleFlight[ModelMetadata],
        max_workers: int,
        clock: Clock,
    ) -> None:
        self._answers = answers
        self._memory = answers.memory
        # The tiers' own, which outlive a change of the token.
        self._tally = answers.tally
        self._transport = transport
        self._flights = flights
        self._asker = HubAsker(answers, transport, clock=clock)
        self._max_workers = max_workers
        self._refreshing = Refreshing(max_workers=max_workers)

    def get(
        self, model_id: str, *, use_cache: bool = True, revision: str | None = None
    ) -> ModelMetadata | None:
        """The metadata of a model; None when there is no such model or nobody can be asked."""
        try:
            return self.require(model_id, use_cache=use_cache, revision=revision)
        except NotFoundError:
            return None
        except (OfflineError, TransportError) as error:
            log.warning("no metadata of %s: %s", model_id, error)
            return None

    def require(self, model_id: str, *, use_cache: bool = True, revision: str | None = None) -> ModelMetadata:
        """The metadata of a model.

        Raises:
            InvalidRefError: The id or revision is malformed.
            RepoNotFoundError: The Hub knows no such model, or not for this token.
            OfflineError: It isn't cached, and the network is forbidden.
            TransportError: It isn't cached, and the Hub can't be reached.
            ResponseError: The Hub answered with another error, through all retries.
        """
        if use_cache and isinstance(model_id, str) and (revision is None or isinstance(revision, str)):
            at_hand = self._memory.get((model_id, revision))
            if at_hand is not None:
                self._tally.hits += 1
                return at_hand
        parse_repo_id(model_id)
        if revision is not None:
            parse_revision(revision)
        stored = self._answers.find_model(model_id, revision)
        if use_cache and stored is not None:
            if stored.freshness is Freshness.HIT:
                self._tally.hits += 1
                return _model_of(stored, model_id, revision)
            if self._serves_meanwhile(stored) and stored.model is not None:
                self._tally.stale += 1
                self._refresh_in_background(model_id, revision, stored)
                return stored.model
        return self._asked(model_id, revision, stored, use_cache=use_cache)

    def get_many(self, model_ids: Sequence[str]) -> dict[str, ModelMetadata | None]:
        """`get` for many models: one look into the cache, then a few requests at a time.

        Raises:
            RateLimitedError: The quota is used up; ``partial`` has what is known by then.
        """
        given = parse_several(model_ids, field="model_ids")
        wanted = list(dict.fromkeys(parse_repo_id(model_id) for model_id in given))
        found = self._cached(wanted)
        missing = [model_id for model_id in wanted if model_id not in found]
        if missing:
            self._ask_many(missing, found)
        return {model_id: found.get(model_id) for model_id in wanted}

    def known(self, model_id: str) -> ModelMetadata | None:
        """What may be used without asking anybody, as if the Hub were out of reach."""
        if not isinstance(model_id, str):
            raise InvalidArgumentError(f"model_id must be text, not {type(model_id).__name__}")
        stored = self._answers.find_model(model_id)
        if stored is None:
            return None
        usable = stored.freshness is Freshness.HIT or stored.serves_on_error
        return stored.model if usable or self._serves_meanwhile(stored) else None

    def recall(self, model_id: str, *, revision: str | None = None) -> ModelMetadata | None:
        """What the cache still has about a model, however old; asks nobody."""
        stored = self._answers.find_model(model_id, revision)
        return None if stored is None else stored.model

    def drop(self, repo_id: str, repo_type: str = "model") -> None:
        """Forget what a write of this process has changed."""
        if repo_type == "model":
            self._answers.drop_model(repo_id)
            self._answers.searches.drop()
        else:
            self._answers.drop_replies(f"{repo_type}s/{repo_id}")

    def finish(self) -> None:
        """Wait for answers that are being refreshed: a program that ends now would lose them."""
        self._refreshing.finish(self._transport.new_deadline())

    def _asked(
        self, model_id: str, revision: str | None, stored: StoredModel | None, *, use_cache: bool
    ) -> ModelMetadata:
        """The Hub's answer, asked here or by another who wants it too; else the stale one, where permitted."""
        asked = False
        is_known = stored is not None and stored.model is not None
        fallback = stored.model if use_cache and stored is not None and stored.serves_on_error else None
        # Nobody waits who has something to go on with.
        patient = fallback is None

        def ask() -> ModelMetadata:
            nonlocal asked
            asked = True
            return self._asker.ask(model_id, revision, stored, patient=patient)

        try:
            if self._transport.offline or not use_cache:
                model = ask()
            else:
                model = self._flown(model_id, revision, ask, patient=patient)
        except NotFoundError:
            self._tally.count_answer(asked=asked, known=is_known)
            raise
        except HubkitError as error:
            if fallback is None or not isinstance(error, UNABLE):
                self._tally.errors += 1
                raise
            self._tally.stale += 1
            log.warning("stale metadata of %s, since %s", model_id, error)
            return fallback
        self._tally.count_answer(asked=asked, known=is_known)
        return model

    def _flown(
        self, model_id: str, revision: str | None, ask: Callable[[], ModelMetadata], *, patient: bool
    ) -> ModelMetadata:
        """What ``ask`` gives here, or gave whoever else was just asking the same."""
        return self._flights.run(
            f"{model_id} @ {revision}" if revision else model_id,
            ask=ask,
            look=lambda: self._fresh(model_id, revision),
            deadline=self._transport.new_deadline(),
            patient=patient,
        )

    def _fresh(self, model_id: str, revision: str | None) -> ModelMetadata | None:
        """What another may have stored meanwhile."""
        stored = self._answers.find_model(model_id, revision)
        if stored is None or stored.freshness is not Freshness.HIT:
            return None
        return _model_of(stored, model_id, revision)

    def _serves_meanwhile(self, stored: StoredModel) -> bool:
        """Whether an expired answer may be used while it is asked anew, which offline nobody does."""
        return stored.freshness is Freshness.STALE_OK and not self._transport.offline

    def _refresh_in_background(self, model_id: str, revision: str | None, stored: StoredModel) -> None:
        """Ask anew while the caller goes on with the stale answer; once at a time for each model."""

        def ask() -> ModelMetadata:
            return self._asker.ask(model_id, revision, stored, patient=False)

        def refresh() -> None:
            try:
                self._flown(model_id, revision, ask, patient=False)
            except HubkitError as error:
                log.info("background refresh of %s failed: %s", model_id, error)

        self._refreshing.start((model_id, revision), refresh)

    def _cached(self, model_ids: Sequence[str]) -> dict[str, ModelMetadata | None]:
        """What needs no request, negative answers included."""
        found: dict[str, ModelMetadata | None] = {}
        for model_id in model_ids:
            at_hand = self._memory.get((model_id, None))
            if at_hand is not None:
                found[model_id] = at_hand
        rest = [model_id for model_id in model_ids if model_id not in found]
        if rest:
            found |= self._answers.fresh_models(rest)
        self._tally.hits += len(found)
        return found

    def _ask_many(self, model_ids: Sequence[str], found: dict[str, ModelMetadata | None]) -> None:
        """Ask for each; what concerns them all ends the asking, and what concerns one waits for the others."""
        mishaps = Mishaps()

        def ask(model_id: str) -> None:
            if mishaps.concern_all:
                self._stand_in(model_id, found)
                return
            try:
                found[model_id] = self.require(model_id)
            except NotFoundError:
                found[model_id] = None
            except HubkitError as error:
                mishaps.note(error)

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(self._max_workers, len(model_ids)), "hubkit") as pool:
            list(pool.map(ask, model_ids))
        mishaps.settle(model_ids, found)

    def _stand_in(self, model_id: str, found: dict[str, ModelMetadata | None]) -> None:
        """Use what is known of a model that nobody is asked about any more."""
        usable = self.known(model_id)
        if usable is None:
            self._tally.errors += 1
        else:
            self._tally.stale += 1
            found[model_id] = usable


def _model_of(stored: StoredModel, model_id: str, revision: str | None) -> ModelMetadata:
    if stored.model is not None:
        return stored.model
    if stored.missing == "revision":
        raise RevisionNotFoundError(
            f"{model_id}: the Hub said a moment ago that there is no revision {revision}", 404
        )
    raise RepoNotFoundError(f"{model_id}: the Hub said a moment ago that there is no such model", 404)
