"""The WSGI application: counts, spoils, limits and identifies requests, then lets handlers answer."""

from __future__ import annotations

import collections
import logging
import secrets
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs
from werkzeug.wrappers import Response

from hubkit._clock import Clock
from hubkit.testing._accounts import Identity, may_read
from hubkit.testing._call import Call, HubRequest, error_response
from hubkit.testing._failing import failed_response, too_many_response
from hubkit.testing._faults import Faults, RateLimit
from hubkit.testing._refusal import Refusal
from hubkit.testing._routing import UNKNOWN, Match, redirect_to, route
from hubkit.testing._state import HubState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["HubApp", "RequestRecord"]

_LOG = logging.getLogger("hubkit.testing")
_LOG_LENGTH = 100_000
_CHUNK = 1 << 18


@attrs.frozen(kw_only=True)
class RequestRecord:
    """One request that a `LocalHub` answered."""

    method: str
    """Such as ``GET``."""

    path: str
    """The path as it was sent, still quoted."""

    query: str
    """What followed the question mark, as it was sent."""

    route: str
    """The route's name, such as ``model_info``; ``unknown`` for a URL that the hub does not know."""

    status: int
    """HTTP status of the answer; 0 when the hub hung up as planned."""

    user: str | None
    """Who asked; None for anonymous callers and wrong tokens."""

    headers: Mapping[str, str] = attrs.field(repr=False)
    """What the client sent, tokens too; names in lower case."""

    answered_at: float
    """When it was answered, in epoch seconds of the hub's clock."""


class HubApp:
    """Answers every request of a hub.

    Args:
        state: What the hub knows.
        clock: Measures rate limit windows, and dates requests.
    """

    def __init__(self, state: HubState, clock: Clock) -> None:
        self.state = state
        self.faults = Faults()
        self.limit = RateLimit()
        self.stopping = threading.Event()
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: collections.Counter[str] = collections.Counter()
        self._log: collections.deque[RequestRecord] = collections.deque(maxlen=_LOG_LENGTH)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = HubRequest(environ)
        match, user, response = self._answer(request)
        response.headers.setdefault("X-Request-Id", f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)}")
        if environ.get("wsgi.input_terminated"):
            # The server leaves what a handler did not read of a chunked body on the connection, where it would
            # be taken for the next request.
            while request.stream.read(_CHUNK):
                pass
        self._remember(request, match.route, response.status_code, user)
        return response(environ, start_response)

    def counts(self) -> collections.Counter[str]:
        """Count the requests so far, by route."""
        with self._lock:
            return self._counts.copy()

    def log(self) -> list[RequestRecord]:
        """List the requests so far, oldest first."""
        with self._lock:
            return list(self._log)

    def reset(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._counts.clear()
            self._log.clear()

    def _answer(self, request: HubRequest) -> tuple[Match, str | None, Response]:
        target = str(request.environ["REQUEST_URI"])
        match, identity = UNKNOWN, None
        headers: dict[str, str] = {}
        try:
            match = route(request.method, target.partition("?")[0])
            spoilt = self._spoil(match)
            identity, refusal = self._identify(request, match)
            if target.startswith("/api/"):
                allowed, headers = self.limit.count(
                    identity.name if identity else None, self._clock.monotonic()
                )
                spoilt = spoilt or (None if allowed else too_many_response())
            if spoilt is None and refusal is not None:
                raise refusal
            response = spoilt or self._handle(request, match, identity, target)
        except Refusal as refusal:
            response = error_response(refusal, plain=match.plain_errors)
        except Exception:  # noqa: BLE001 - clients get an answer, never a traceback
            _LOG.exception("the local hub failed to answer %s %s", request.method, target)
            response = error_response(
                Refusal(500, "Internal Error - We're working hard to fix this"), plain=False
            )
        response.headers.update(headers)
        return match, identity.name if identity else None, response

    def _spoil(self, match: Match) -> Response | None:
        """Wait and fail as planned; None when the request shall be answered."""
        delay, failure = self.faults.next_for(match.route)
        if delay:
            # Real time, whatever clock the hub was given, and cut short when the hub stops.
            self.stopping.wait(delay)
        return failed_response(failure, plain=match.plain_errors) if failure else None

    def _identify(self, request: HubRequest, match: Match) -> tuple[Identity | None, Refusal | None]:
        if not match.needs_token:
            return None, None
        try:
            return self.state.accounts.identify(request.headers.get("Authorization")), None
        except Refusal as refusal:
            return None, refusal

    def _handle(self, request: HubRequest, match: Match, identity: Identity | None, target: str) -> Response:
        if match.handler is None:
            raise Refusal(404, "Sorry, we can't find the page you are looking for.")
        call = Call(
            state=self.state, request=request, identity=identity, repo_type=match.repo_type, args=match.args
        )
        if not match.locked:
            return match.handler(call)
        # The body is read before the lock is taken: a slow client must not stop the hub.
        if request.mimetype != "application/x-www-form-urlencoded":
            request.get_data()
        else:
            request.form  # noqa: B018
        with self.state.lock:
            return self._redirected(call, match, target) or match.handler(call)

    def _redirected(self, call: Call, match: Match, target: str) -> Response | None:
        """Lead a reader who used a former id to the true one; writers get there without a detour."""
        repo_id = match.args.get("repo_id")
        if repo_id is None or call.request.method not in ("GET", "HEAD"):
            return None
        repo = self.state.find(match.repo_type, repo_id)
        if repo is None or repo.repo_id == repo_id or not may_read(repo, call.identity):
            return None
        return redirect_to(target, repo_id, repo.repo_id)

    def _remember(self, request: HubRequest, name: str, status: int, user: str | None) -> None:
        path, _, query = str(request.environ["REQUEST_URI"]).partition("?")
        record = RequestRecord(
            method=request.method,
            path=path,
            query=query,
            route=name,
            status=status,
            user=user,
            headers={key.lower(): value for key, value in request.headers},
            answered_at=self._clock.now(),
        )
        with self._lock:
            self._counts[name] += 1
            self._log.append(record)
