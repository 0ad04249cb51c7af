"""Requests of any shape and replies of any content: kept as what they are, or not at all."""

from __future__ import annotations

import struct
from urllib.parse import urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from hubkit import CacheCorruptedError
from hubkit._lazy import dump_json
from hubkit._refs import is_repo_id
from hubkit.cache._entry import Entry
from hubkit.interop._judging import is_worth_keeping
from hubkit.interop._questions import Kind, changed_by, question_in
from hubkit.interop._reply import Reply, decode_reply, encode_reply

HUB = "https://hub.example"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

methods = st.sampled_from(["GET", "HEAD", "POST", "GET", "HEAD", "PUT", "DELETE"])
words = st.sampled_from(
    [
        *("api", "models", "datasets", "spaces", "org", "name", "tree", "refs", "commits", "paths-info"),
        *("revision", "main", COMMIT, "refs%2Fpr%2F1", "resolve", "resolve-cache", "config.json", "settings"),
        *("..", ".", "%2e%2e", "", "a%00b", "a%0Ab", "%C3%BC", "%", "{}", "a b", "models--a--b", "x" * 97),
    ]
)
shapes = st.sampled_from(
    [
        *("/api/{type}", "/api/{type}/{a}/{b}", "/api/{type}/{b}", "/api/{type}/{a}/{b}/tree/{c}/{d}"),
        *(
            "/api/{type}/{a}/{b}/refs",
            "/api/{type}/{a}/{b}/commits/{c}",
            "/api/{type}/{a}/{b}/paths-info/{c}",
        ),
        *("/api/{type}/{a}/{b}/revision/{c}", "/api/resolve-cache/{type}/{a}/{b}/{c}/{d}"),
        *(
            "/{a}/{b}/resolve/{c}/{d}",
            "/{type}/{a}/{b}/resolve/{c}/{d}",
            "/{b}/resolve/{c}/{d}",
            "/{a}/{b}/{c}/{d}",
        ),
    ]
)
sane = st.sampled_from(["org", "name", "main", "v1"])
paths = st.builds(
    lambda shape, kind, a, b, c, d: shape.format(type=kind, a=a, b=b, c=c, d=d),
    shapes,
    st.sampled_from(["models", "datasets", "spaces"]),
    *[sane | sane | words] * 4,
) | st.lists(words, max_size=7).map(lambda parts: "/" + "/".join(parts))
queries = st.sampled_from(["", "?blobs=true", "?b=2&a=1&a=0", "?%00=%ff", "?=&&", "?a", "?expand=%7B%7D"])
hosts = st.sampled_from([HUB, f"{HUB}:8443", "http://127.0.0.1:8080", f"{HUB}/mirror"])
urls = st.builds(lambda host, path, query: host + path + query, hosts, paths, queries)
latin = st.text(st.characters(max_codepoint=255), max_size=40)
names = st.sampled_from(["Location", "link", "Link", "location"]) | st.sampled_from(
    [
        "Location",
        "LINK",
        "etag",
        "x-repo-commit",
        "x-error-code",
        "set-cookie",
        "authorization",
        "content-length",
    ]
)
targets = st.lists(
    st.sampled_from(
        [
            *("https://", "http://", "//", "hub.example", "evil.example", ":443", "@", "/", "\\", "?", "#"),
            *(
                "[",
                "]",
                ":",
                "%40",
                " ",
                "\t",
                "<",
                ">",
                ";",
                ",",
                "x",
                "\u2028",
                "\uff0f",
                "\u2100",
                "\u3002",
            ),
        ]
    ),
    max_size=8,
).map("".join)
values = latin | targets | targets.map('<{}>; rel="next"'.format)
headers = st.lists(st.tuples(names, values), max_size=5)
statuses = st.integers(100, 599)


ASKED = question_in("GET", f"{HUB}/api/models/org/name")


def target_of(link):
    """Where a link leads."""
    return link.partition("<")[2].partition(">")[0]


@given(methods, urls, st.sampled_from(["", "application/x-www-form-urlencoded"]), st.binary(max_size=40))
def test_questions(method, url, content_type, body) -> None:
    """Whatever the request, it is a question about one repository of one Hub, and asked again it is the same one."""
    asked = question_in(method, url, content_type=content_type, body=body)
    if asked is None:
        return
    again = question_in(method, asked.url, content_type=content_type, body=asked.form.encode())

    assert again == asked
    assert url.startswith(f"{asked.endpoint}/")
    assert asked.repo is None or is_repo_id(asked.repo.repo_id)
    assert (asked.repo is None) == (asked.kind is Kind.LIST)
    assert asked.revision is None or asked.at(COMMIT).is_immutable


@given(methods, urls, st.binary(max_size=60))
def test_changes(method, url, body) -> None:
    """What a request changes are repositories with names that can be."""
    for repo in changed_by(method, url, body=body):
        assert is_repo_id(repo.repo_id)
        assert method not in ("GET", "HEAD")


@given(
    st.dictionaries(
        st.sampled_from(["name", "organization", "type", "fromRepo", "toRepo"]), st.text() | st.none()
    )
)
def test_moves(said) -> None:
    """Nor does what is said in the body of one that makes, deletes or moves."""
    body = dump_json(said)
    for ending in ("create", "delete", "move"):
        for repo in changed_by("POST", f"{HUB}/api/repos/{ending}", body=body):
            assert is_repo_id(repo.repo_id)


@given(statuses, headers, st.binary(max_size=40))
def test_replies_round_trip(status, given_headers, body) -> None:
    """What is kept of an answer is the same when it is read again."""
    kept = Reply.kept_of(status, given_headers, body, url=ASKED.url)
    entry = Entry("k", kept.status, 1.0, None, None, encode_reply(kept))
    try:
        again = decode_reply(entry, url=ASKED.url)
    except CacheCorruptedError:
        assert not 200 <= kept.status < 500
        return

    assert again == kept


@given(statuses, headers, st.binary(max_size=40))
@example(200, [("link", '<:https://evil.example/x>; rel="next"')], b"")
@example(302, [("location", ":https://evil.example/x")], b"")
@example(200, [("location", ":A:")], b"")
def test_forged_replies_lead_nowhere_else(status, forged, body) -> None:
    """Whoever wrote the entry, none of its headers leads to another host as the client's library reads it."""
    from huggingface_hub import get_session

    head = dump_json(forged)
    entry = Entry("k", status, 1.0, None, None, struct.pack(">I", len(head)) + head + body)
    try:
        reply = decode_reply(entry, url=ASKED.url)
    except CacheCorruptedError:
        return
    client = get_session()

    assert not any(character in value for _, value in reply.headers for character in "\r\n\0")
    assert not {"set-cookie", "authorization"} & {name for name, _ in reply.headers}
    for name, value in reply.headers:
        if name in ("location", "link"):
            target = target_of(value) if name == "link" else value
            try:
                sent_to = client.build_request("GET", ASKED.url).url.join(target)
            except Exception:  # noqa: BLE001 - the library's own errors: then nothing is sent
                continue
            assert (sent_to.scheme, sent_to.host, sent_to.userinfo) == ("https", "hub.example", b"")


@given(st.integers(0, 599), st.binary(max_size=120))
def test_replies_of_any_bytes(status, noise) -> None:
    """Noise is corrupt or a reply of an allowed status, of which it can be told whether it is worth keeping."""
    try:
        reply = decode_reply(Entry("k", status, 1.0, None, None, noise), url=ASKED.url)
    except CacheCorruptedError:
        return

    assert 200 <= reply.status < 500
    assert is_worth_keeping(ASKED, reply, was_redirected=True) in (True, False)


@given(st.text(max_size=60))
def test_no_repository_leaves_its_key(name) -> None:
    """No id, however it is written in a URL, ends the part of the key that is its own."""
    asked = question_in("GET", f"{HUB}/api/models/{name}")

    assert asked is None or asked.repo is None or not set(asked.repo.repo_id) & set(" |\n\0")
    assert asked is None or urlsplit(asked.url).netloc == "hub.example"
