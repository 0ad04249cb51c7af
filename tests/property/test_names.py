"""Repository ids, revisions and paths: whatever passes is safe to put into a URL."""

from __future__ import annotations

import posixpath
import string
from urllib.parse import quote, unquote, urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from hubkit import InvalidRefError
from hubkit._refs import api_prefix, is_repo_id, parse_repo_path, parse_revision, quote_revision

HUB = "https://hub.example"
PARTS = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=60).filter(
    lambda part: ".." not in part and part != "."
)
ANY = st.one_of(
    st.text(max_size=40),
    st.text("ab./\\@{}~^:?*[ -\n\0%ü\ud800", max_size=12),
    st.lists(PARTS, max_size=3).map("/".join),
)


def _passes(check, text) -> bool:
    try:
        return check(text) == text
    except InvalidRefError as error:
        refusal = str(error)

    assert refusal.isprintable()
    return False


@given(st.lists(PARTS, min_size=1, max_size=2).map("/".join))
def test_well_formed_ids_pass(model_id) -> None:
    """Letters, digits and three marks, in one part or two, are an id."""
    assert is_repo_id(model_id)


@given(ANY)
def test_whatever_passes_stays_in_its_place(text) -> None:
    """An id that passes is one or two plain segments of the URL: it can't climb, nor become a query."""
    if is_repo_id(text):
        url = urljoin(HUB, api_prefix("model", text))
        assert urlsplit(url).path == f"/api/models/{text}"
        assert posixpath.normpath(urlsplit(url).path) == f"/api/models/{text}"
        assert quote(text) == text
        assert 1 <= len(text.split("/")) <= 2


@given(ANY)
def test_revisions_are_one_segment(text) -> None:
    """A revision that passes is one segment of the URL, and comes out as it went in."""
    if _passes(parse_revision, text):
        quoted = quote_revision(text)
        assert "/" not in quoted
        assert unquote(quoted) == text
        assert urlsplit(urljoin(HUB, api_prefix("model", "a/b", text))).path.endswith(f"/revision/{quoted}")


@given(ANY)
def test_paths_stay_inside(text) -> None:
    """A path that passes leads to a place below its folder, and can be sent."""
    if _passes(parse_repo_path, text):
        assert posixpath.normpath(posixpath.join("/repo", text)) == f"/repo/{text}"
        assert text.encode().decode() == text


@given(st.one_of(st.none(), st.integers(), st.binary(max_size=5), st.lists(st.text(max_size=3), max_size=2)))
def test_what_is_no_text_is_refused(value) -> None:
    """Other types are refused in the same words, not crashed over."""
    assert not is_repo_id(value)
    assert not _passes(parse_revision, value)
    assert not _passes(parse_repo_path, value)
