"""A client's ``send`` with the cache in front of it."""

from __future__ import annotations

import sys
from typing import Any

from hubkit._clock import Clock
from hubkit.config import HubConfig
from hubkit.interop._caller import Callers
from hubkit.interop._conversation import Conversation
from hubkit.interop._http import Client, Http, Request, Response, Send, body_of, credentials_of
from hubkit.interop._questions import Kind, Question, RepoName, changed_by, endpoint_of, question_in
from hubkit.interop._tamed import tamed

__all__ = ["CachedSend"]

# As huggingface_hub has it.
_REFUSED = "Invalid credentials in Authorization header"
# Whoever asks so wants a part, or only what is new.
_CONDITIONS = frozenset({"range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


class CachedSend:
    """Answers what it can from the cache, and passes on all else.

    Args:
        client: Whose ``send`` it is.
        http: The library that the client belongs to.
        callers: Those who ask.
        config: Settings; token and endpoint are each request's own.
        clock: Where the time comes from.
        reaches_others: Whether what is public goes where others read it.
    """

    def __init__(
        self,
        client: Client,
        http: Http,
        callers: Callers,
        config: HubConfig,
        clock: Clock,
        *,
        reaches_others: bool,
    ) -> None:
        self._client = client
        self.original: Send = client.send
        """What it stands before."""
        self._http = http
        self._callers = callers
        self._config = config
        self._clock = clock
        self._reaches_others = reaches_others

    def __call__(self, request: Request, **options: Any) -> Response:
        """As the client's ``send``."""
        question = self._question(request, options)
        if question is None:
            return self._pass_on(request, options)
        caller = self._callers.of(question.endpoint, credentials_of(request))

        def send(sent: Request) -> Response:
            response = self._send(sent, options)
            # Whole, so that it can be kept; a client that wanted to stream it still may.
            response.read()
            return response

        return Conversation(
            question,
            request,
            send=send,
            http=self._http,
            caller=caller,
            deadline=self._config.deadline,
            clock=self._clock,
            is_offline=self._config.offline or _hub_is_offline(),
            look_up=self._look_up if self._reaches_others else None,
        ).answer()

    def _question(self, request: Request, options: dict[str, Any]) -> Question | None:
        """What is asked, if that can be told, and is all that the answer depends on."""
        if request.method not in ("GET", "HEAD", "POST") or self._signs(request, options):
            return None
        if not _CONDITIONS.isdisjoint(request.headers):
            return None
        question = question_in(
            request.method,
            str(request.url),
            content_type=request.headers.get("content-type") or "",
            body=body_of(request, self._http),
            endpoints=self._endpoints(),
        )
        if question is not None and question.kind is Kind.FILE and self._follows(options):
            # Its reader wants to be led to the file, wherever that is.
            return None
        return question

    def _signs(self, request: Request, options: dict[str, Any]) -> bool:
        """Whether the client shows who asks only when it sends: then nobody here knows who it is."""
        given = options.get("auth", self._http.library.USE_CLIENT_DEFAULT)
        auth = self._client.auth if given is self._http.library.USE_CLIENT_DEFAULT else given
        return auth is not None or bool(request.url.userinfo)

    def _follows(self, options: dict[str, Any]) -> bool:
        given = options.get("follow_redirects", self._http.library.USE_CLIENT_DEFAULT)
        return bool(
            self._client.follow_redirects if given is self._http.library.USE_CLIENT_DEFAULT else given
        )

    def _pass_on(self, request: Request, options: dict[str, Any]) -> Response:
        changed = changed_by(
            request.method, str(request.url), body=body_of(request, self._http), endpoints=self._endpoints()
        )
        status = None
        try:
            response = self._send(request, options)
            status = response.status_code
            return response
        finally:
            # Only a refusal is certain to have changed nothing.
            if status is None or not 400 <= status < 500:
                for repo in changed:
                    self._callers.drop(repo, credentials_of(request))

    def _send(self, request: Request, options: dict[str, Any]) -> Response:
        response = self.original(request, **options)
        if response.status_code == 401 and response.headers.get("x-error-message") == _REFUSED:
            endpoint = endpoint_of(str(request.url), self._endpoints())
            self._callers.of(endpoint, credentials_of(request)).shelf.forget_own()
        return tamed(response, request, self._http)

    def _look_up(self, repo: RepoName, request: Request) -> None:
        """Ask about a repository, so that its answers can go where others may read them."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in ("authorization", "cookie", "user-agent")
        }
        url = f"{repo.endpoint}/api/{repo.repo_type}/{repo.repo_id}"
        self(self._http.library.Request("GET", url, headers=headers, extensions=request.extensions))

    def _endpoints(self) -> tuple[str, ...]:
        constants = sys.modules.get("huggingface_hub.constants")
        return (self._config.endpoint, str(getattr(constants, "ENDPOINT", self._config.endpoint)).rstrip("/"))


def _hub_is_offline() -> bool:
    """Whether huggingface_hub was told to use no network, now or when it was imported."""
    constants: Any = sys.modules.get("huggingface_hub.constants")
    is_offline = getattr(constants, "is_offline_mode", None)
    return bool(is_offline() if is_offline else getattr(constants, "HF_HUB_OFFLINE", False))
