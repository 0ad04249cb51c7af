"""One question of huggingface_hub's: from the cache, else from the Hub, else from what is left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin

import attrs

from hubkit._clock import Clock, Deadline
from hubkit._lazy import dump_json
from hubkit._refs import is_commit_hash
from hubkit.cache._freshness import Freshness
from hubkit.errors import HubkitError, RateLimitedError, ServerError, TransportError
from hubkit.interop._caller import Answer, Caller
from hubkit.interop._http import XET_HASH, Http, Request, Response, Send, reply_of, uses_xet
from hubkit.interop._hub_side import HubSide
from hubkit.interop._judging import is_worth_keeping
from hubkit.interop._questions import Kind, Question, RepoName, question_in
from hubkit.interop._reply import Reply
from hubkit.interop._shelf import StoredReply

__all__ = ["Conversation"]

log = logging.getLogger("hubkit")

LookUp = Callable[[RepoName, Request], None]

_UNABLE: Final = (TransportError, RateLimitedError, ServerError)


@attrs.frozen
class _Found:
    """What the cache says to a question, which may have become one about a commit."""

    question: Question
    stored: StoredReply | None

    @property
    def is_hit(self) -> bool:
        return self.stored is not None and self.stored.freshness is Freshness.HIT

    @property
    def serves_on_error(self) -> bool:
        return self.stored is not None and self.stored.serves_on_error


class Conversation:
    """A question and what becomes of it.

    Args:
        question: What is asked.
        request: As huggingface_hub asks it.
        send: Sends a request to the Hub.
        http: The library that requests and responses are of.
        caller: Who asks.
        deadline: Seconds to wait for another's answer, or for a quota.
        clock: Where the time comes from.
        is_offline: Whether the Hub must not be asked.
        look_up: Asks about a repository of which it isn't known who may read it.
    """

    def __init__(
        self,
        question: Question,
        request: Request,
        *,
        send: Send,
        http: Http,
        caller: Caller,
        deadline: float,
        clock: Clock,
        is_offline: bool,
        look_up: LookUp | None,
    ) -> None:
        self._question = question
        self._request = request
        self._hub = HubSide(send, http, caller, deadline=deadline, clock=clock)
        self._http = http
        self._caller = caller
        self._deadline = deadline
        self._clock = clock
        self._is_offline = is_offline
        self._look_up = look_up

    def answer(self) -> Response:
        """The answer, as huggingface_hub expects it.

        Raises:
            OfflineModeIsEnabled: It isn't cached, and the network is forbidden.
            TransportError: Of the client's library: the Hub can't be reached.
        """
        tally = self._caller.tally
        found = self._find()
        if found.is_hit and found.stored is not None:
            tally.hits += 1
            return self._told(found.stored.reply)
        fallback = self._fallback(found)
        if self._is_offline:
            if fallback is None:
                tally.errors += 1
                raise _offline(self._request)
            tally.stale += 1
            return self._told(fallback)
        try:
            answer = self._caller.flights.run(
                found.question.text,
                ask=lambda: self._ask(found, patient=fallback is None),
                look=self._look,
                deadline=Deadline(self._deadline, self._clock),
                patient=fallback is None,
            )
        except HubkitError as error:
            return self._despite(error, fallback)
        tally.count_answer(asked=self._hub.response is not None, known=found.stored is not None)
        return self._told(answer.reply) if self._hub.response is None else self._pinned(self._hub.response)

    def _find(self) -> _Found:
        """What is cached: of a branch, what is known of the commit that it is at."""
        question, shelf = self._question, self._caller.shelf
        if question.is_on_branch:
            pin = shelf.find_pin(question)
            if pin is not None and pin.freshness is Freshness.HIT:
                question = question.at(pin.commit_hash)
        return _Found(question, shelf.find(question))

    def _fallback(self, found: _Found) -> Reply | None:
        """What may stand in for an answer that can't be had."""
        if found.stored is not None and found.serves_on_error:
            return found.stored.reply
        if not found.question.is_on_branch:
            return None
        pin = self._caller.shelf.find_pin(self._question)
        if pin is None or not pin.serves_on_error:
            return None
        stored = self._caller.shelf.find(self._question.at(pin.commit_hash))
        return stored.reply if stored is not None and stored.serves_on_error else None

    def _look(self) -> Answer | None:
        found = self._find()
        return Answer(found.stored.reply, shared=True) if found.is_hit and found.stored is not None else None

    def _ask(self, found: _Found, *, patient: bool) -> Answer:
        """Ask the Hub, and keep what it says, unless a write has overtaken it."""
        asked_at = self._caller.shelf.moment()
        response = self._hub.ask(found.question, self._request_for(found), patient=patient)
        if response.status_code == 304 and found.stored is not None:
            reply = found.stored.reply
            self._hub.response = self._http.respond(reply, self._request, str(self._request.url))
        else:
            reply = reply_of(response, found.question)
            if not is_worth_keeping(found.question, reply, was_redirected=bool(response.history)):
                return Answer(reply, shared=False)
        if asked_at is not self._caller.shelf.moment():
            return Answer(reply, shared=False)
        return Answer(reply, shared=self._keep(found.question, reply))

    def _request_for(self, found: _Found) -> Request:
        headers = {}
        etag = None if found.stored is None else found.stored.reply.get("etag")
        if (
            found.question.kind is Kind.INFO
            and found.stored is not None
            and found.stored.reply.status == 200
            and etag
        ):
            headers["if-none-match"] = etag
        moved = found.question is not self._question
        url = found.question.url if moved else str(self._request.url)
        return self._http.about(self._request, url, **headers)

    def _keep(self, question: Question, reply: Reply) -> bool:
        """Keep a reply, under the commit that it is about; whether others may read it."""
        shelf = self._caller.shelf
        commit_hash = _commit_of(question, reply)
        if question.repo is not None and question.kind is not Kind.INFO:
            at_commit = question if commit_hash is None else question.at(commit_hash)
            is_lost = reply.get("x-error-code") == "EntryNotFound"
            if not (shelf.knows_files(at_commit) if is_lost else shelf.knows_visibility(question.repo)):
                self._find_out(question.repo)
        if commit_hash is None or not question.is_on_branch:
            return shelf.store(question, reply)
        at_commit = question.at(commit_hash)
        shared = shelf.store(at_commit, reply) or shelf.lacks(at_commit)
        # Last, since whoever reads it looks for the answer.
        shelf.pin(question, commit_hash)
        return shared

    def _find_out(self, repo: RepoName) -> None:
        """Who may read about a repository, and which files it has; where a fleet will ask for the same."""
        if self._look_up is None:
            return
        try:
            self._look_up(repo, self._request)
        except Exception as error:  # noqa: BLE001 - whatever huggingface_hub's client may raise
            log.info("who may read about %s is unknown: %s", repo.repo_id, type(error).__name__)

    def _told(self, reply: Reply) -> Response:
        """A response from the cache; its file is to be fetched at the commit that it tells of."""
        url = self._address(reply.status, reply.get("x-repo-commit"))
        return self._without_idle_xet(self._http.respond(reply, self._request, url))

    def _pinned(self, response: Response) -> Response:
        """The Hub's own response, likewise; a redirect says itself where the file is."""
        if self._question.kind is Kind.FILE and response.status_code == 200:
            url = self._address(200, response.headers.get("x-repo-commit"))
            response.request = self._http.about(response.request, url)
        return self._without_idle_xet(response)

    def _without_idle_xet(self, response: Response) -> Response:
        """Told of Xet while it isn't there, huggingface_hub would fetch the file from the branch instead."""
        if self._question.kind is Kind.FILE and XET_HASH in response.headers and not uses_xet():
            del response.headers[XET_HASH]
        return response

    def _address(self, status: int, commit_hash: str | None) -> str:
        question = self._question
        if question.kind is Kind.FILE and status == 200 and commit_hash and is_commit_hash(commit_hash):
            return question.url_at(commit_hash)
        return str(self._request.url)

    def _despite(self, error: HubkitError, fallback: Reply | None) -> Response:
        """The best that can be said when the Hub can't be asked."""
        tally = self._caller.tally
        if fallback is not None and isinstance(error, _UNABLE):
            tally.stale += 1
            log.warning("stale answer to %s, since %s", self._question.url, error)
            return self._told(fallback)
        tally.errors += 1
        if self._hub.response is not None:
            return self._hub.response
        if self._hub.failure is not None:
            raise self._hub.failure
        if isinstance(error, (RateLimitedError, ServerError)):
            return self._http.respond(_refusal(error), self._request, str(self._request.url))
        raise self._http.unreachable(str(error), self._request) from error


def _commit_of(question: Question, reply: Reply) -> str | None:
    """The commit that an answer about a file is of; small files redirect to where it stands in the path."""
    commit_hash = reply.get("x-repo-commit")
    location = reply.get("location")
    if commit_hash is None and location is not None:
        target = question_in("HEAD", urljoin(question.url, location), endpoints=(question.endpoint,))
        commit_hash = target.revision if target is not None and target.is_immutable else None
    return commit_hash if question.kind is Kind.FILE and commit_hash and is_commit_hash(commit_hash) else None


def _refusal(error: RateLimitedError | ServerError) -> Reply:
    """A refusal that another met, as the Hub would have worded it."""
    status = error.status_code or 503
    headers = [("content-type", "application/json"), ("x-error-message", error.message)]
    seconds = error.retry_after
    if seconds is not None:
        whole = str(max(1, round(seconds)))
        headers += [("retry-after", whole), ("ratelimit", f'"api";r=0;t={whole}')]
    return Reply(status, tuple(headers), dump_json({"error": error.message}))


def _offline(request: Request) -> Exception:
    from huggingface_hub.errors import OfflineModeIsEnabled

    return OfflineModeIsEnabled(
        f"Cannot reach {request.url}: offline mode is enabled, and hubkit has no answer to it in its cache."
    )
