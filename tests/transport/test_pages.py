"""Listings: page after page, to their end, and not for ever."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from hubkit import ServerError, UnexpectedAnswerError


def _serve(hostile, pages, *, link='<{endpoint}/api/models?cursor={next}>; rel="next"'):
    """Serve these lists; each but the last links to its successor."""

    def behave(request, sock):
        number = int(request.target.partition("cursor=")[2] or 0)
        body = pages[number] if number < len(pages) else []
        headers = {}
        if number + 1 < len(pages):
            headers["Link"] = link.format(endpoint=hostile.endpoint, next=number + 1)
        return hostile.reply(200, json.dumps(body).encode(), **headers)

    hostile.behave = behave


@pytest.mark.parametrize(
    "link",
    [
        '<{endpoint}/api/models?cursor={next}>; rel="next"',
        '</api/models?cursor={next}>; rel="next"',
        '<?cursor={next}>; rel="next"',
        '<{endpoint}/api/models>; rel="first", <{endpoint}/api/models?cursor={next}>; rel="next"',
    ],
)
def test_all_pages(hostile, make_transport, link) -> None:
    """Pages come in their order, by absolute and by relative links, each asked for with the token."""
    _serve(hostile, [[1, 2], [3], [4]], link=link)
    pages = make_transport("hf_token").pages("/api/models", params=[("limit", "2")])

    assert [page.json() for page in pages] == [[1, 2], [3], [4]]
    assert [request.target for request in hostile.requests] == [
        "/api/models?limit=2",
        "/api/models?cursor=1",
        "/api/models?cursor=2",
    ]
    assert {request.headers["authorization"] for request in hostile.requests} == {"Bearer hf_token"}


def test_pages_are_lazy(hostile, transport) -> None:
    """What nobody reads is not asked for."""
    _serve(hostile, [[number] for number in range(100)])

    assert [page.json() for page in islice(transport.pages("/api/models"), 2)] == [[0], [1]]
    assert len(hostile.requests) == 2


def test_pages_are_retried_one_by_one(hostile, transport, clock) -> None:
    """A page that fails once is asked for again; those before aren't."""
    _serve(hostile, [[1], [2], [3]])
    inner = hostile.behave
    hostile.behave = lambda request, sock: (
        hostile.reply(503) if len(hostile.requests) == 2 else inner(request, sock)
    )

    assert [page.json() for page in transport.pages("/api/models")] == [[1], [2], [3]]
    assert (4, 1) == (len(hostile.requests), len(clock.slept))


def test_each_page_has_its_own_deadline(hostile, transport, clock) -> None:
    """A listing may take longer than one call."""
    _serve(hostile, [[1], [2], [3]])
    found = []
    for page in transport.pages("/api/models"):
        found += page.json()
        clock.advance(seconds=29.0)

    assert found == [1, 2, 3]


@pytest.mark.parametrize("link", ['<http://127.0.0.1:{}/x>; rel="next"', '<//127.0.0.1:{}/x>; rel="next"'])
def test_next_page_elsewhere(hostile, start_server, make_transport, link) -> None:
    """A listing that goes on elsewhere ends with an error; nobody else sees the token."""
    other = start_server()
    hostile.play(hostile.reply(200, b"[1]", Link=link.format(other.port)))
    pages = make_transport("hf_token").pages("/api/models")

    assert next(pages).json() == [1]
    with pytest.raises(UnexpectedAnswerError, match="another origin"):
        next(pages)
    assert other.connections == 0


@pytest.mark.parametrize("target", ["/api/models", "/api/models?cursor=1"])
def test_circles_end(hostile, transport, target) -> None:
    """A page that links back to one already seen ends the listing with an error."""
    hostile.play(hostile.reply(200, b"[1]", Link=f'<{target}>; rel="next"'))
    with pytest.raises(UnexpectedAnswerError, match="doesn't end"):
        list(transport.pages("/api/models"))

    assert len(hostile.requests) <= 2


@pytest.mark.parametrize("page", [b"[]", b" [ ] \n", b"[\n]", b"", b"[1]"])
def test_empty_pages_end(hostile, transport, page) -> None:
    """Pages that say nothing, or what the last one said, and always promise another are given up after a few."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, page, Link=f'</api/models?cursor={len(hostile.requests)}>; rel="next"'
    )
    with pytest.raises(UnexpectedAnswerError, match="doesn't end"):
        list(transport.pages("/api/models"))

    assert len(hostile.requests) <= 6


def test_an_empty_page_between_is_allowed(hostile, transport) -> None:
    """A filter may leave a page empty; the listing goes on behind it."""
    _serve(hostile, [[1], [], [], [2], [], [], [], [3]])

    assert [item for page in transport.pages("/api/models") for item in page.json()] == [1, 2, 3]


def test_endless_listings_end(hostile, transport) -> None:
    """A listing that brings ever new pages ends at the bound."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, b"[%d]" % len(hostile.requests), Link=f'</api/models?cursor={len(hostile.requests)}>; rel="next"'
    )
    pages = transport.pages("/api/models", max_pages=5)
    with pytest.raises(UnexpectedAnswerError, match="doesn't end"):
        list(pages)

    assert len(hostile.requests) == 5


def test_failing_page(hostile, transport) -> None:
    """What came before a failing page was given; the failure is told."""
    hostile.behave = lambda request, sock: (
        hostile.reply(200, b"[1]", Link='</b>; rel="next"')
        if len(hostile.requests) == 1
        else hostile.reply(500)
    )
    pages = transport.pages("/a")
    found = next(pages).json()
    with pytest.raises(ServerError):
        next(pages)

    assert found == [1]
