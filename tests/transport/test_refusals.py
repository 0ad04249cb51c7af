"""From the Hub's error answers, as recorded, to errors that say what is the matter."""

from __future__ import annotations

import json
import pickle

import pytest
from requests.structures import CaseInsensitiveDict

from hubkit import (
    AuthenticationError,
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
from hubkit._secrets import Secret
from hubkit._transport import HubResponse, error_from

MODEL = "https://huggingface.co/api/models/org/name"
FILE = "https://huggingface.co/org/name/resolve/main/config.json"
WHOAMI = "https://huggingface.co/api/whoami-v2"
TOKEN = Secret("s3lf-hosted-token")


def _response(status, url=MODEL, body=b"", **headers):
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return HubResponse(status, url, named, body)


@pytest.fixture
def recorded(payloads):
    """Gives a recorded exchange as an answer."""

    def recorded(name, url=MODEL):
        exchange = json.loads((payloads / f"http__{name}.json").read_text("utf-8"))
        headers = CaseInsensitiveDict(exchange["headers"])
        body = exchange["body"]
        if isinstance(body, dict):
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
            body = json.dumps(body)
        return HubResponse(exchange["status"], url, headers, (body or "").encode())

    return recorded


def _kind(response, token=None):
    return type(error_from(response, token=token, now=0.0))


@pytest.mark.parametrize(
    ("name", "url", "token", "kind"),
    [
        ("api_401_missing_repo_anonymous", MODEL, None, RepoNotFoundError),
        ("api_401_missing_repo_anonymous", FILE, None, RepoNotFoundError),
        ("api_401_missing_repo_anonymous", WHOAMI, None, AuthenticationError),
        ("api_401_missing_repo_anonymous", MODEL, TOKEN, AuthenticationError),
        ("api_401_bad_token", MODEL, TOKEN, AuthenticationError),
        ("api_401_bad_token", WHOAMI, TOKEN, AuthenticationError),
        ("api_401_bad_token", MODEL, None, AuthenticationError),
        ("resolve_401_GatedRepo", FILE, None, GatedRepoError),
        ("resolve_401_GatedRepo", FILE, TOKEN, GatedRepoError),
        ("api_404_missing_repo_authenticated", MODEL, TOKEN, RepoNotFoundError),
        ("api_404_RevisionNotFound", MODEL, None, RevisionNotFoundError),
        ("resolve_404_EntryNotFound", FILE, None, RepoFileNotFoundError),
        ("api_429_shape", MODEL, None, RateLimitedError),
        ("api_400_expand", MODEL, None, ResponseError),
    ],
)
def test_recorded_refusals(recorded, name, url, token, kind) -> None:
    """A missing repository, a bad token and a gated file, all three a 401, are three errors."""
    assert _kind(recorded(name, url), token) is kind


def test_recorded_answers_are_all_looked_at(payloads, recorded) -> None:
    """No recorded answer, of whatever status, breaks the translation."""
    names = [path.stem.removeprefix("http__") for path in payloads.glob("http__*.json")]
    errors = [error_from(recorded(name), token=TOKEN, now=0.0) for name in names]

    assert len(errors) >= 17
    assert all(str(error) for error in errors)
    assert [vars(error) for error in errors] == [vars(pickle.loads(pickle.dumps(error))) for error in errors]


def test_quota_says_when(recorded) -> None:
    """The recorded 429 says in how many seconds the Hub answers again."""
    assert error_from(recorded("api_429_shape"), token=None, now=0.0).retry_after == 34.0


def test_request_id_is_in_the_message(recorded) -> None:
    """What the Hub's support would ask for is in the error."""
    error = error_from(recorded("resolve_404_EntryNotFound", FILE), token=None, now=0.0)

    assert error.request_id == "Root=1-6a118da6-09710e4b3b11484a3a651820"
    assert error.request_id in str(error)
    assert error.server_message == "Entry not found"


@pytest.mark.parametrize(
    ("status", "url", "kind"),
    [
        (400, MODEL, ResponseError),
        (403, MODEL, AuthenticationError),
        (404, MODEL, RepoNotFoundError),
        (404, FILE, RepoNotFoundError),
        (404, WHOAMI, NotFoundError),
        (409, MODEL, ResponseError),
        (418, MODEL, ResponseError),
        (429, WHOAMI, RateLimitedError),
        (500, MODEL, ServerError),
        (503, MODEL, ServerError),
        (599, MODEL, ServerError),
        (999, MODEL, ServerError),
    ],
)
def test_bare_statuses(status, url, kind) -> None:
    """Without the Hub's own code the status decides."""
    assert _kind(_response(status, url)) is kind


def test_disabled_repository() -> None:
    """It is no matter of tokens."""
    disabled = _response(403, X_Error_Message="Access to this resource is disabled.")

    assert _kind(disabled) is DisabledRepoError


def test_code_goes_before_status() -> None:
    """The Hub's code outranks the status; one that nobody knows counts as none."""
    assert _kind(_response(403, X_Error_Code="GatedRepo")) is GatedRepoError
    assert _kind(_response(500, X_Error_Code="RepoNotFound")) is RepoNotFoundError
    assert _kind(_response(404, WHOAMI, X_Error_Code="Whatever")) is NotFoundError


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitedError), (503, ServerError)])
def test_both_kinds_of_wait(status, kind) -> None:
    """A full quota and maintenance may both say when to come back."""
    error = error_from(_response(status, Retry_After="120"), token=None, now=0.0)

    assert (kind, 120.0) == (type(error), error.retry_after)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X_Error_Message": "said", "Content_Type": "application/json"}, b'{"error": "other"}'),
        ({"Content_Type": "application/json"}, b'{"error": "said"}'),
        ({"Content_Type": "application/json; charset=utf-8"}, b'{"error": "sa\\u0007id\\u001b[2J"}'),
        ({"Content_Type": "application/json"}, b'{"error": "\\n said\\r\\n"}'),
    ],
)
def test_words_of_the_hub(headers, body) -> None:
    """The Hub's own words are in the error, without what a terminal would obey."""
    error = error_from(_response(400, body=body, **headers), token=None, now=0.0)

    assert error.server_message == "said"
    assert "(the Hub says: said)" in str(error)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b""),
        ("application/json", b"null"),
        ("application/json", b"[1]"),
        ("application/json", b'{"error": {"a": 1}}'),
        ("application/json", b'{"error": ""}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff\xfe"),
        ("text/html", b"<html>login</html>"),
        ("", b"words"),
    ],
)
def test_no_words(content_type, body) -> None:
    """An error without readable words has none, and is an error of its status all the same."""
    error = error_from(_response(500, body=body, Content_Type=content_type), token=None, now=0.0)

    assert error.server_message is None
    assert "500" in str(error)


@pytest.mark.parametrize(
    "echo",
    [
        {"X_Error_Message": f"bad token {TOKEN.reveal()}"},
        {"X_Error_Message": "\x1b[0m".join(TOKEN.reveal())},
        {"X_Error_Message": "x" * 495 + TOKEN.reveal()},
        {"X_Request_Id": TOKEN.reveal()},
        {"X_Request_Id": "x" * 95 + TOKEN.reveal()},
        {"X_Error_Message": "or hf_abcdefghijklmnop then"},
    ],
)
def test_echoed_token_is_masked(echo) -> None:
    """A server that repeats the token doesn't get it printed: not whole, not in part, not in escapes."""
    error = error_from(_response(400, **echo), token=TOKEN, now=0.0)

    assert TOKEN.reveal()[:6] not in f"{error} {error!r} {vars(error)}"
    assert "hf_abc" not in str(error)
    assert TOKEN.reveal().encode() not in pickle.dumps(error)


def test_missing_repository_anonymous_is_not_called_a_login_failure(recorded) -> None:
    """Who gave neither name nor password isn't told that they were wrong."""
    error = error_from(recorded("api_401_missing_repo_anonymous"), token=None, now=0.0)

    assert "password" not in str(error)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_page_for_people_is_no_refusal(status) -> None:
    """A proxy's web page says nothing about a repository; the Hub's own pages name themselves."""
    page = {"Content_Type": "text/html; charset=utf-8"}

    assert _kind(_response(status, body=b"<html>", **page)) is UnexpectedAnswerError
    assert _kind(_response(status, X_Error_Code="GatedRepo", **page)) is GatedRepoError
