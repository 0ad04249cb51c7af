"""Where answers may send their readers: on, but never away."""

from __future__ import annotations

import json

import pytest

from hubkit import UnexpectedAnswerError
from hubkit._secrets import Secret
from hubkit._transport._links import next_page, resolve_on_origin

HUB = "https://huggingface.co"
CURRENT = f"{HUB}/api/models?limit=2"
AWAY = [
    "https://evil.example/api/models",
    "//evil.example/api/models",
    "http://huggingface.co/api/models",
    "https://huggingface.co:444/api/models",
    "https://huggingface.co.evil.example/",
    "https://evil@huggingface.co/",
    "https://huggingface.co@evil.example/",
    "https://me:pw@huggingface.co/",
    "https://huggingface.co\\@evil.example/",
    "https://evil.example\\.huggingface.co/",
    "ftp://huggingface.co/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://[::1",
    "//[",
    "https://huggingface.co:port/",
    "https://huggingface.co:99999/",
    "/api\x00/models",
    "/api /models",
]


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/api/models/openai-community/gpt2", f"{HUB}/api/models/openai-community/gpt2"),
        ("?cursor=x", f"{HUB}/api/models?cursor=x"),
        ("b?x", f"{HUB}/api/b?x"),
        ("", CURRENT),
        ("https://huggingface.co:443/a", "https://huggingface.co:443/a"),
        ("HTTPS://HuggingFace.co/a", "HTTPS://HuggingFace.co/a"),
    ],
)
def test_same_origin_is_followed(target, url) -> None:
    """Relative targets, and absolute ones on the same scheme, host and port, are resolved."""
    assert resolve_on_origin(target, current=CURRENT, endpoint=HUB).lower() == url.lower()


@pytest.mark.parametrize("target", AWAY)
def test_other_origins_are_refused(target) -> None:
    """Another scheme, host or port, credentials, and what can't be read are refused."""
    with pytest.raises(UnexpectedAnswerError, match="another origin") as caught:
        resolve_on_origin(target, current=CURRENT, endpoint=HUB)

    assert str(caught.value).isprintable()
    assert "pw" not in str(caught.value)


def test_refusal_does_not_repeat_the_token() -> None:
    """A target that holds the token is refused without printing it."""
    token = Secret("s3lf-hosted")
    for target in (f"https://evil/?t={token.reveal()}", f"https://{token.reveal()}.evil/"):
        with pytest.raises(UnexpectedAnswerError) as caught:
            resolve_on_origin(target, current=CURRENT, endpoint=HUB, token=token)

        assert token.reveal() not in str(caught.value)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (None, None),
        ("", None),
        ("garbage", None),
        ("<", None),
        (f'<{HUB}/a>; rel="next"', f"{HUB}/a"),
        (f"<{HUB}/a>; rel=next", f"{HUB}/a"),
        (f'<{HUB}/a>; rel="prev next"', f"{HUB}/a"),
        (f'<{HUB}/a>; rel="NEXT"', f"{HUB}/a"),
        ('</a?x=1,2>; rel="next"', f"{HUB}/a?x=1,2"),
        (f'<{HUB}/a>; rel="prev", <{HUB}/b>; rel="next"', f"{HUB}/b"),
        (f'<{HUB}/a>; rel="nextish"', None),
        (f"<{HUB}/a>", None),
        (f'<{HUB}/a>; title="rel=next"', None),
    ],
)
def test_next_page(link, url) -> None:
    """The relation decides; relative URLs are resolved; nonsense is no next page."""
    assert next_page(link, current=CURRENT, endpoint=HUB) == url


@pytest.mark.parametrize("target", AWAY)
def test_next_page_elsewhere_is_refused(target) -> None:
    """A listing that goes on elsewhere is refused: the token would go along."""
    with pytest.raises(UnexpectedAnswerError):
        next_page(f'<{target}>; rel="next"', current=CURRENT, endpoint=HUB)


def test_endless_header_is_refused() -> None:
    """A header too long to read is an error: cut short, it would end the listing in silence."""
    with pytest.raises(UnexpectedAnswerError):
        next_page(f'<{HUB}/{"x" * 20_000}>; rel="next"', current=CURRENT, endpoint=HUB)


def test_recorded_links(payloads) -> None:
    """The recorded headers lead where they say; other relations lead nowhere."""
    found = {}
    for path in sorted(payloads.glob("http__*.json")):
        link = json.loads(path.read_text("utf-8"))["headers"].get("link")
        if link and 'rel="next"' in link:
            origin = link[1:].partition("/api")[0]
            found[path.stem] = (
                next_page(link, current=origin + "/api", endpoint=origin) == link[1 : link.index(">")]
            )
        elif link:
            found[path.stem] = next_page(link, current=CURRENT, endpoint=HUB) is None

    assert len(found) >= 4
    assert all(found.values())
