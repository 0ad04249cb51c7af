"""A client's ``send`` with the cache in front of it."""

from __future__ import annotations

import sys
from typing import Any

from hubkit._clock import Clock
from hubkit._secrets import Secret
from hubkit.config import HubConfig
from hubkit.interop._caller import Callers
from hubkit.interop._conversation import Conversation
from hubkit.interop._http import Http, Request, Response, Send, body_of, token_of
from hubkit.interop._questions import RepoName, changed_by, question_in

__all__ = ["CachedSend"]


class CachedSend:
    """Answers what it can from the cache, and passes on all else.

    Args:
        send: The client's own.
        http: The library that the client belongs to.
        callers: Those who ask.
        config: Settings; token and endpoint are each request's own.
        clock: Where the time comes from.
        reaches_others: Whether what is public goes where others read it.
    """

    def __init__(
        self,
        send: Send,
        http: Http,
        callers: Callers,
        config: HubConfig,
        clock: Clock,
        *,
        reaches_others: bool,
    ) -> None:
        self._send = send
        self._http = http
        self._callers = callers
        self._config = config
        self._clock = clock
        self._reaches_others = reaches_others

    def __call__(self, request: Request, **options: Any) -> Response:
        """As the client's ``send``."""
        url, content_type = str(request.url), request.headers.get("content-type") or ""
        question = question_in(
            request.method,
            url,
            content_type=content_type,
            body=body_of(request, self._http),
            endpoints=self._endpoints(),
        )
        if question is None:
            return self._pass_on(request, options)
        caller = self._callers.of(question.endpoint, token_of(request))

        def send(sent: Request) -> Response:
            response = self._send(sent, **options)
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

    def _pass_on(self, request: Request, options: dict[str, Any]) -> Response:
        changed = changed_by(
            request.method,
            str(request.url),
            body=body_of(request, self._http),
            endpoints=self._endpoints(),
        )
        response = self._send(request, **options)
        if response.status_code < 300:
            for repo in changed:
                self._forget(repo, token_of(request))
        return response

    def _forget(self, repo: RepoName, token: Secret | None) -> None:
        self._callers.of(repo.endpoint, token).shelf.drop(repo)

    def _look_up(self, repo: RepoName, request: Request) -> None:
        """Ask about a repository, so that its answers can go where others may read them."""
        headers = {
            name: value for name, value in request.headers.items() if name in ("authorization", "user-agent")
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
