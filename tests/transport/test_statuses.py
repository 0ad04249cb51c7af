"""Every status that a Hub may answer with, and the error it becomes. No server: the answers are made up."""

from __future__ import annotations

import pytest
import responses

from hubkit import (
    AuthenticationError,
    HubConfig,
    NotFoundError,
    RateLimitedError,
    RepoNotFoundError,
    ResponseError,
    ServerError,
)
from hubkit._transport import Transport

HUB = "https://hub.example"
REPO = "/api/models/org/name"

KINDS = {
    400: ResponseError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: RepoNotFoundError,
    409: ResponseError,
    412: ResponseError,
    418: ResponseError,
    429: RateLimitedError,
    451: ResponseError,
    500: ServerError,
    501: ServerError,
    502: ServerError,
    503: ServerError,
    504: ServerError,
    599: ServerError,
}


@pytest.fixture
def answers():
    """Answers in place of a network."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def transport():
    """A way to nowhere, with a token and without retries."""
    return Transport(HubConfig(endpoint=HUB, retries=0), token=HubConfig(token="hf_abcdefgh").token)


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
def test_status_to_error(answers, transport, status, kind):
    """Each status has its class, exactly, and the Hub's own words are in the message."""
    answers.get(HUB + REPO, json={"error": "said so"}, status=status)
    with pytest.raises(ResponseError) as info:
        transport.get(REPO)

    assert kind is type(info.value)
    assert (status, HUB + REPO, "said so") == (
        info.value.status_code,
        info.value.url,
        info.value.server_message,
    )


def test_404_of_what_is_no_repository(answers, transport):
    """A path of the API itself that is missing isn't a missing repository."""
    answers.get(f"{HUB}/api/whoami-v2", json={}, status=404)
    with pytest.raises(NotFoundError) as info:
        transport.get("/api/whoami-v2")

    assert NotFoundError is type(info.value)


def test_request_as_it_is_sent(answers, transport):
    """Token, query and user agent."""
    answers.get(HUB + REPO, json={"ok": True})
    response = transport.get(REPO, params=[("expand", "sha"), ("expand", "likes")], etag='W/"x"')
    (call,) = answers.calls

    assert {"ok": True} == response.json()
    assert f"{HUB}{REPO}?expand=sha&expand=likes" == call.request.url
    assert ("Bearer hf_abcdefgh", 'W/"x"') == (
        call.request.headers["Authorization"],
        call.request.headers["If-None-Match"],
    )
    assert call.request.headers["User-Agent"].startswith("hubkit/")
