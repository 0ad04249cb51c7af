"""Redirects: followed within the Hub, a few times, and never with the token to anybody else."""

from __future__ import annotations

import pytest

from hubkit import ServerError, UnexpectedAnswerError

STATUSES = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("form", ["/api/models/new/name", "{}/api/models/new/name", "name", "./name"])
def test_same_origin_is_followed(hostile, make_transport, status, form) -> None:
    """A renamed repository is found under its new name, by the same reader."""
    hostile.play(hostile.reply(status, Location=form.format(hostile.endpoint)), hostile.reply(200, b"5"))
    response = make_transport("hf_token").get("/api/models/new/old")

    assert response.json() == 5
    assert response.url == f"{hostile.endpoint}/api/models/new/name"
    assert [request.headers["authorization"] for request in hostile.requests] == ["Bearer hf_token"] * 2


@pytest.mark.parametrize(
    ("location", "target"),
    [("/new", "/new?blobs=true"), ("/new?etag=1", "/new?etag=1")],
)
def test_query_goes_along(hostile, transport, location, target) -> None:
    """The query is asked again of a Location that has none of its own."""
    hostile.play(hostile.reply(307, Location=location), hostile.reply(200, b"5"))
    transport.get("/old", params=[("blobs", "true")])

    assert hostile.requests[1].target == target


def test_etag_goes_along(hostile, transport) -> None:
    """A conditional request stays one."""
    hostile.play(hostile.reply(307, Location="/new"), hostile.reply(304, length=False))

    assert transport.get("/old", etag='"1"').status == 304
    assert hostile.requests[1].headers["if-none-match"] == '"1"'


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "form",
    [
        "http://localhost:{0}/x",
        "http://127.0.0.1:{1}/x",
        "//127.0.0.1:{1}/x",
        "https://127.0.0.1:{0}/x",
        "http://me@127.0.0.1:{0}/x",
        "http://me:pw@127.0.0.1:{0}/x",
        "http://127.0.0.1:{0}@127.0.0.1:{1}/x",
        "http://127.0.0.1:{0}\\@127.0.0.1:{1}/x",
        "ftp://127.0.0.1:{0}/x",
        "http://[::1/x",
        "http://127.0.0.1:port/x",
    ],
)
def test_elsewhere_is_refused(hostile, start_server, make_transport, clock, status, form) -> None:
    """Another host, port or scheme, or credentials in the URL, get neither request nor token."""
    other = start_server()
    hostile.play(hostile.reply(status, Location=form.format(hostile.port, other.port)))
    with pytest.raises(UnexpectedAnswerError, match="another origin"):
        make_transport("hf_token").get("/x")

    assert (1, 0, []) == (len(hostile.requests), other.connections, clock.slept)


@pytest.mark.parametrize("location", ["/loop", "", "?", "#x", "."])
def test_loops_end(hostile, transport, clock, location) -> None:
    """A redirect that leads round is given up after six requests."""
    hostile.play(hostile.reply(302, Location=location))
    with pytest.raises(UnexpectedAnswerError, match="too many redirects"):
        transport.get("/loop")

    assert (6, []) == (len(hostile.requests), clock.slept)


def test_long_chains_end(hostile, transport) -> None:
    """A redirect to ever new places is given up too; five are followed."""
    hostile.behave = lambda request, sock: hostile.reply(302, Location=f"/{len(hostile.requests)}")
    with pytest.raises(UnexpectedAnswerError):
        transport.get("/")
    hostile.requests.clear()
    hostile.play(
        *[hostile.reply(302, Location=f"/{number}") for number in range(5)], hostile.reply(200, b"5")
    )

    assert transport.get("/").json() == 5


def test_redirect_without_a_place(hostile, transport) -> None:
    """A redirect that doesn't say where to is given up, not crashed over."""
    hostile.play(hostile.reply(302))
    with pytest.raises(UnexpectedAnswerError):
        transport.get("/")


def test_body_of_a_redirect_does_not_matter(hostile, transport) -> None:
    """Compressed or not, a redirect's body is read and forgotten, and the connection stays."""
    hostile.play(
        hostile.reply(302, b"<html>moved</html>", Location="/b", content_type="text/html"),
        hostile.reply(200, b"5"),
    )

    assert transport.get("/").json() == 5
    assert hostile.connections == 1


def test_redirects_and_failures_together_end(hostile, transport) -> None:
    """Another attempt goes on where the last was led to, and all of them have six requests together."""
    hostile.behave = lambda request, sock: (
        hostile.reply(302, Location=f"/{len(hostile.requests)}")
        if len(hostile.requests) < 4
        else hostile.reply(503)
    )
    with pytest.raises(ServerError):
        transport.get("/")

    assert ["/", "/1", "/2", "/3", "/3", "/3"] == [request.target for request in hostile.requests]
