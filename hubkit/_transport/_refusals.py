"""From an error answer of the Hub to one of our errors."""

from __future__ import annotations

import re

from hubkit._secrets import Secret, redact
from hubkit._transport._exchange import HubResponse
from hubkit._transport._pauses import retry_after
from hubkit.errors import (
    AuthenticationError,
    DecodeError,
    DisabledRepoError,
    GatedRepoError,
    NotFoundError,
    RateLimitedError,
    RepoFileNotFoundError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    ServerError,
    UnexpectedAnswerError,
)

__all__ = ["REFUSALS", "error_from"]

REFUSALS = (AuthenticationError, DisabledRepoError, GatedRepoError, RepoNotFoundError)
"""By which the Hub says that a caller doesn't get a repository."""

_BY_CODE: dict[str, tuple[type[ResponseError], str]] = {
    "RepoNotFound": (RepoNotFoundError, "no such repository, or it is private"),
    "RevisionNotFound": (RevisionNotFoundError, "no such revision"),
    "EntryNotFound": (RepoFileNotFoundError, "no such file"),
    "GatedRepo": (GatedRepoError, "the repository is gated: ask for access on its page"),
}
_BAD_TOKEN = re.compile(r"invalid (?:credentials in authorization header|user token)", re.IGNORECASE)
_DISABLED = "Access to this resource is disabled"
_REPO_PATH = re.compile(r"/api/(?:models|datasets|spaces)/|/resolve/")


# What these say of a repository would be remembered, so they have to be the Hub's own words.
_JUDGEMENTS = frozenset({401, 403, 404})


def error_from(
    response: HubResponse, *, token: Secret | None, now: float
) -> ResponseError | UnexpectedAnswerError:
    """The error for an answer with status 400 or above.

    The Hub's ``X-Error-Code`` comes first: it answers 401 for repositories that don't exist too.

    Args:
        response: The answer.
        token: What was sent with the request; no text that repeats it is shown.
        now: Epoch seconds, to read a date in ``Retry-After``.
    """
    if response.status in _JUDGEMENTS and _is_a_page(response):
        return UnexpectedAnswerError(
            f"{response.url} answered {response.status} with a web page: is a proxy or login portal in between?"
        )
    kind, meaning = _classify(response, token is not None)
    words = _server_words(response, token)
    if kind is RepoNotFoundError and response.status == 401:
        # "Invalid username or password", to somebody who gave neither.
        words = None
    request_id = redact(response.headers.get("X-Request-Id") or "", token)[:100] or None
    message = f"{response.status} from {response.url}: {meaning}"
    has_time = kind is RateLimitedError or kind is ServerError
    seconds = retry_after(response.headers, now=now) if has_time else None
    if seconds is not None:
        message += f", try again in {seconds:.0f} s"
    if words:
        message += f" (the Hub says: {words})"
    if request_id:
        message += f" [request {request_id}]"
    common = (message, response.status, response.url, request_id, words)
    if kind is RateLimitedError or kind is ServerError:
        return kind(*common, seconds)
    return kind(*common)


def _is_a_page(response: HubResponse) -> bool:
    """Whether something else than the Hub answered: its refusals are JSON or plain text, and name themselves."""
    named = response.headers.get("X-Error-Code") or response.headers.get("X-Error-Message")
    return not named and "html" in response.headers.get("Content-Type", "").lower()


def _classify(response: HubResponse, had_token: bool) -> tuple[type[ResponseError], str]:
    status = response.status
    by_code = _BY_CODE.get(response.headers.get("X-Error-Code") or "")
    if by_code is not None:
        return by_code
    if status == 401:
        return _classify_401(response, had_token)
    if status == 403 and (response.headers.get("X-Error-Message") or "").startswith(_DISABLED):
        return DisabledRepoError, "the repository is disabled"
    if status == 403:
        return AuthenticationError, "the token may not do this" if had_token else "this needs a token"
    if status == 404:
        return _BY_CODE["RepoNotFound"] if _REPO_PATH.search(response.url) else (NotFoundError, "not found")
    if status == 429:
        return RateLimitedError, "too many requests"
    if status >= 500:
        return ServerError, "the Hub failed"
    return ResponseError, "the request was refused"


def _classify_401(response: HubResponse, had_token: bool) -> tuple[type[ResponseError], str]:
    """Anonymous callers get a 401 for a repository that doesn't exist or is private."""
    said = response.headers.get("X-Error-Message") or ""
    if had_token or _BAD_TOKEN.search(said):
        return AuthenticationError, "the token was refused: it is wrong, expired or revoked"
    if _REPO_PATH.search(response.url):
        return _BY_CODE["RepoNotFound"]
    return AuthenticationError, "this needs a token"


def _server_words(response: HubResponse, token: Secret | None) -> str | None:
    said = response.headers.get("X-Error-Message")
    if not said and "json" in response.headers.get("Content-Type", ""):
        try:
            body = response.json()
        except (DecodeError, UnexpectedAnswerError):
            body = None
        said = body.get("error") if isinstance(body, dict) else None
    # On one line: the next would look like another record in a log.
    return " ".join(redact(said, token).split()) or None if isinstance(said, str) else None
