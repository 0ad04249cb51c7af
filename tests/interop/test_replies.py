"""What is kept of an answer, what of it is told, and what is not worth keeping."""

from __future__ import annotations

import json

import pytest

from hubkit.cache._entry import Entry
from hubkit.errors import CacheCorruptedError
from hubkit.interop._file_lists import list_in, read_list
from hubkit.interop._judging import is_worth_keeping
from hubkit.interop._questions import question_in
from hubkit.interop._reply import Reply, decode_reply

HUB = "https://huggingface.co"
COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
URL = f"{HUB}/openai-community/gpt2/resolve/main/model.safetensors"


def kept(name, value, url=URL):
    """What is kept of one header."""
    return Reply.kept_of(200, [(name, value)], b"", url=url).get(name.lower())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ETag", '"abc"'),
        ("X-Repo-Commit", COMMIT),
        ("X-Linked-Size", "5"),
        ("X-Xet-Hash", "ab"),
        ("Location", "/api/resolve-cache/models/x"),
        ("Location", f"{HUB}/new/name"),
        ("Content-Disposition", 'inline; filename="größe"'),
        ("X-HF-Warning", "topic; text"),
        ("Link", f'<{HUB}/api/models?cursor=a%2Cb>; rel="next"'),
    ],
)
def test_kept(name, value):
    """What huggingface_hub reads."""
    assert value == kept(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Set-Cookie", "a=b"),
        ("Date", "x"),
        ("RateLimit", '"api";r=0;t=5'),
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "chunked"),
        ("Retry-After", "5"),
        ("Authorization", "Bearer x"),
        ("Location", "https://cdn.example/x?Signature=y"),
        ("Location", "//cdn.example/x"),
        ("Location", "https://huggingface.co:8443/x"),
        ("Location", "http://huggingface.co/x"),
        ("Location", "https://huggingface.co@evil.example/x"),
        ("Location", "https://me:pw@huggingface.co/x"),
        ("Location", r"\\evil.example\x"),
        ("X-Xet-Refresh-Route", "https://evil.example/"),
        ("Link", '<https://evil.example/x>; rel="next"'),
        ("ETag", '"a"\r\nX-Evil: 1'),
    ],
)
def test_not_kept(name, value):
    """What is about the exchange that is over, or leads elsewhere."""
    assert kept(name, value) is None


def test_links_are_kept_one_by_one():
    """Of several only those that stay at the Hub."""
    token = f'<{HUB}/api/models/x/xet-read-token/y>; rel="xet-auth"'
    text = f'{token}, <https://cas.example/z>; rel="xet-reconstruction-info"'

    assert token == kept("Link", text)


@pytest.mark.parametrize(
    "name",
    [
        "http__resolve_307_small_file",
        "http__resolve_307_gpt2_config",
        "http__resolve_302_gpt2_safetensors",
        "http__resolve_200_2023",
        "http__resolve_cache_200_gpt2_config",
        "http__resolve_404_EntryNotFound",
    ],
)
def test_recorded_answers_are_kept(payloads, name):
    """What the live Hub said of files, with all that huggingface_hub takes from it."""
    recorded = json.loads((payloads / f"{name}.json").read_text())
    target = recorded["request"].split()[1]
    url = target if target.startswith("http") else f"{HUB}/{target.lstrip('/')}"
    question = question_in("HEAD", url)
    reply = Reply.kept_of(recorded["status"], recorded["headers"].items(), b"", url=url)
    said = recorded["headers"]
    leaves = said.get("location", "").startswith("https://")

    assert is_worth_keeping(question, reply, was_redirected=False)
    assert (200 if leaves else recorded["status"]) == reply.status
    for header in ("x-repo-commit", "x-linked-etag", "x-linked-size", "x-xet-hash", "x-error-code"):
        assert said.get(header) == reply.get(header)
    assert (None if leaves else said.get("location")) == reply.get("location")
    assert (None if leaves else said.get("content-length")) == reply.get("content-length")


def judged(method, path, status, headers=(), body=b""):
    """Whether an answer is worth keeping."""
    question = question_in(method, HUB + path, content_type="application/x-www-form-urlencoded")
    reply = Reply.kept_of(status, headers, body, url=question.url)
    return is_worth_keeping(question, reply, was_redirected=False)


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body"),
    [
        ("GET", "/api/models/a/b", 200, [], b'{"id": "a/c"}'),
        ("GET", "/api/models/a/b", 200, [], b"[]"),
        ("GET", "/api/models/a/b", 200, [], b"<html>"),
        ("GET", "/api/models/a/b", 204, [], b'{"id": "a/b"}'),
        ("GET", "/api/models/a/b", 404, [], b""),
        ("GET", "/api/models/a/b", 401, [("X-Error-Code", "RepoNotFound")], b""),
        ("GET", "/api/models/a/b", 403, [("X-Error-Code", "GatedRepo")], b""),
        ("GET", "/api/models/a/b", 500, [], b""),
        ("GET", "/api/models", 200, [], b'{"error": "x"}'),
        ("GET", "/api/models/a/b/refs", 200, [], b"[]"),
        ("GET", "/api/models/a/b/tree/main", 200, [], b"{}"),
        ("POST", "/api/models/a/b/paths-info/main", 200, [], b"null"),
        ("HEAD", "/a/b/resolve/main/x", 200, [("ETag", '"x"')], b""),
        ("HEAD", "/a/b/resolve/main/x", 200, [("X-Repo-Commit", COMMIT)], b""),
        ("HEAD", "/a/b/resolve/main/x", 200, [("X-Repo-Commit", "main"), ("ETag", '"x"')], b""),
        ("HEAD", f"/a/b/resolve/{'0' * 40}/x", 200, [("X-Repo-Commit", COMMIT), ("ETag", '"x"')], b""),
        ("HEAD", "/a/b/resolve/main/x", 302, [("Location", "https://sso.example/login")], b""),
        ("HEAD", "/a/b/resolve/main/x", 403, [("X-Error-Code", "GatedRepo")], b""),
    ],
)
def test_not_worth_keeping(method, path, status, headers, body):
    """Another's answer, a portal's page, a refusal, a shape that nobody asked for."""
    assert not judged(method, path, status, headers, body)


@pytest.mark.parametrize("status", [0, 99, 199, 500, 999])
def test_entries_with_other_statuses(status):
    """Whoever wrote them, they are no replies."""
    with pytest.raises(CacheCorruptedError):
        decode_reply(Entry("key", status, 0.0, None, None, b"\0\0\0\x02[]"), url=URL)


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("/api/models/a/b", {"sha": COMMIT, "gated": False, "siblings": [{"rfilename": "x"}]}, {"x"}),
        ("/api/models/a/b", {"sha": COMMIT, "gated": "auto", "siblings": [{"rfilename": "x"}]}, None),
        ("/api/models/a/b", {"sha": COMMIT, "siblings": [{"rfilename": "x"}]}, None),
        ("/api/models/a/b", {"sha": COMMIT, "gated": False, "siblings": []}, None),
        ("/api/models/a/b", {"sha": COMMIT, "gated": False, "siblings": [{"rfilename": "x"}, {}]}, None),
        ("/api/models/a/b", {"sha": "main", "gated": False, "siblings": [{"rfilename": "x"}]}, None),
        ("/api/models/a/b", {"gated": False, "siblings": [{"rfilename": "x"}]}, None),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true", [{"type": "file", "path": "x/y"}], {"x/y"}),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true", [{"type": "directory", "path": "x"}], set()),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true&cursor=z", [{"type": "file", "path": "x"}], None),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true&limit=1", [{"type": "file", "path": "x"}], None),
        (f"/api/models/a/b/tree/{COMMIT}", [{"type": "file", "path": "x"}], None),
        (f"/api/models/a/b/tree/{COMMIT}/sub?recursive=true", [{"type": "file", "path": "x"}], None),
        ("/api/models/a/b/tree/main?recursive=true", [{"type": "file", "path": "x"}], None),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true", [{"type": "file", "path": 3}], None),
        (f"/api/models/a/b/tree/{COMMIT}?recursive=true", {"path": "x"}, None),
    ],
)
def test_lists_that_are_whole(path, body, found):
    """Only where it is certain that nothing is left out, and of which commit it is."""
    files = list_in(question_in("GET", HUB + path), Reply(200, (), json.dumps(body).encode()))

    assert found == (None if files is None else files.paths)
    assert files is None or files == read_list(files.encode())


def test_pages_are_not_whole():
    """A tree with a next page says so."""
    question = question_in("GET", f"{HUB}/api/models/a/b/tree/{COMMIT}?recursive=true")
    reply = Reply(200, (("link", f'<{HUB}/x>; rel="next"'),), b'[{"type": "file", "path": "x"}]')

    assert list_in(question, reply) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'["main", "x"]', b"[1]", b'{"a": 1}', b"\xff"])
def test_lists_of_somebody_else(body):
    """What isn't such a list is none."""
    assert read_list(body) is None
