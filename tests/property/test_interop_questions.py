"""URLs of any text, replies of any content, stores with anything in them."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hubkit._transport._links import resolve_on_origin
from hubkit.cache._entry import Entry
from hubkit.errors import CacheCorruptedError
from hubkit.interop._file_lists import absence, list_in, read_list
from hubkit.interop._judging import is_worth_keeping
from hubkit.interop._questions import Kind, changed_by, endpoint_of, question_in
from hubkit.interop._reply import Reply, decode_reply, encode_reply

HUB = "https://hub.example"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FORM = "application/x-www-form-urlencoded"
METHODS = st.sampled_from(["GET", "HEAD", "GET", "HEAD", "POST", "PUT", "DELETE"])
ANY = st.text(st.characters(codec=None), max_size=60)
PIECES = st.sampled_from(
    [
        HUB, "http://", "//", "/", "api", "/api/", "models", "datasets", "spaces", "/api/models/org/name",
        "org", "name", "gpt2", "/tree/", "/resolve/", "/revision/", "/commits/", "/refs", "/paths-info/",
        "/api/resolve-cache/models/", "main", COMMIT, "refs%2Fpr%2F1", "a.json", "%", "%2F", "%0a", "{}",
        "?", "&", "=", "cursor=", "recursive=true", "#", "..", "[", "]", "@", ":", "é", "\ud800", " ", "+",
    ]
)  # fmt: skip
NAMES = st.text("abcXYZ019._-", min_size=1, max_size=12)
SEGMENTS = st.text("abcXYZ019._-%/é{} ", min_size=1, max_size=12)
# Most texts are no questions; these nearly are.
QUESTIONS = st.builds(
    "{}{}/{}{}{}{}".format,
    st.sampled_from([HUB, HUB + ":8080", "http://h/mirror"]),
    st.sampled_from(["/api/models", "/api/datasets", "/api/resolve-cache/spaces", "/spaces", ""]),
    st.one_of(NAMES, st.tuples(NAMES, NAMES).map("/".join)),
    st.sampled_from(["/tree/", "/revision/", "/commits/", "/resolve/", "/paths-info/", "/refs", "/", ""]),
    st.one_of(st.just("main"), st.just(COMMIT), SEGMENTS, st.tuples(SEGMENTS, SEGMENTS).map("/".join)),
    st.one_of(st.just(""), st.text("?&=ab+%2é;", max_size=12).map("?".__add__)),
)
URLS = st.one_of(QUESTIONS, ANY, st.lists(PIECES, max_size=12).map("".join))
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["etag", "ETag", "Link", "location", "x-repo-commit", "set-cookie", "content-length", "x-y"]
        ),
        st.text(max_size=40),
    ),
    max_size=6,
)


@settings(max_examples=500)
@given(METHODS, URLS, st.binary(max_size=60), st.sampled_from(["", FORM, "application/json"]))
def test_any_text_is_asked_or_not(method, url, body, content_type):
    """Nothing raises, and what is a question is the same question at its own address."""
    question = question_in(method, url, content_type=content_type, body=body)
    changed_by(method, url, body=body)
    endpoint_of(url)
    if question is not None:
        again = question_in(method, question.url, content_type=content_type, body=question.form.encode())

        assert question == again


@given(NAMES, NAMES, NAMES, SEGMENTS, st.sampled_from(["", "?a=b", "?b=%C3%A9&a=1"]))
def test_the_same_of_a_commit(org, name, revision, path, query):
    """At a commit a question of a branch is that commit's, and nothing else of it changes."""
    question = question_in("HEAD", f"{HUB}/{org}/{name}/resolve/{revision}/{path}{query}")
    assume(question is not None and question.is_on_branch)
    moved = question.at(COMMIT)

    assert moved == question_in("HEAD", moved.url)
    assert (moved.repo, moved.file, moved.kind) == (question.repo, question.file, Kind.FILE)
    assert (HUB, True) == (moved.endpoint, moved.is_immutable)


@given(st.integers(200, 499), HEADERS, st.binary(max_size=80))
def test_replies_come_back(status, headers, body):
    """What is kept of an answer is kept as it is, however often it is stored."""
    url = f"{HUB}/api/models"
    reply = Reply.kept_of(status, headers, body, url=url)
    entry = Entry("key", reply.status, 0.0, None, None, encode_reply(reply))

    assert reply == decode_reply(entry, url=url)


@given(st.integers(-1, 1000), st.binary(max_size=120))
def test_noise_is_no_reply(status, noise):
    """Anything may lie in a store: it is a reply with nothing but what may be kept, or a corrupted entry."""
    try:
        reply = decode_reply(Entry("key", status, 0.0, None, None, noise), url=HUB)
    except CacheCorruptedError:
        reply = Reply(404, ())
    for method, path in (("GET", "/api/models/a/b"), ("HEAD", "/a/b/resolve/main/x"), ("GET", "/api/models")):
        question = question_in(method, HUB + path)
        is_worth_keeping(question, reply, was_redirected=True)
        list_in(question, reply)

    assert reply == Reply.kept_of(reply.status, reply.headers, reply.body, url=HUB)


@given(st.lists(st.tuples(URLS, st.sampled_from(["next", "prev", "xet-auth", 'x"; y="<z>'])), max_size=4))
def test_links_lead_nowhere_else(links):
    """Of any Link header only targets at the Hub are left."""
    import requests.utils

    text = ", ".join(f'<{target}>; rel="{rel}"' for target, rel in links)
    kept = Reply.kept_of(200, [("link", text)], b"", url=f"{HUB}/api/models").get("link")
    targets = [item["url"] for item in requests.utils.parse_header_links(kept)] if kept else []

    assert all(resolve_on_origin(target, current=HUB, endpoint=HUB) for target in targets)


@given(st.binary(max_size=80))
def test_noise_is_no_list(noise):
    """Nor is it a list of files."""
    files = read_list(noise)

    assert files is None or files == read_list(files.encode())


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8), st.text(max_size=20))
def test_lists_know_what_is_missing(paths, asked):
    """A file is missing exactly where the list hasn't got it."""
    body = b'{"sha": "%s", "gated": false, "siblings": %s}'
    import json

    siblings = json.dumps([{"rfilename": path} for path in paths]).encode()
    said = Reply(200, (), body % (COMMIT.encode(), siblings))
    files = list_in(question_in("GET", f"{HUB}/api/models/a/b"), said)
    from urllib.parse import quote

    question = question_in("HEAD", f"{HUB}/a/b/resolve/{COMMIT}/{quote(asked)}")
    assume(question is not None)

    assert (asked not in paths) == files.lacks(question)
    assert COMMIT == absence(question).get("x-repo-commit")
