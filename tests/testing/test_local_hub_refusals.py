"""What the local hub refuses: wrong requests get the status and words of the real Hub, and change nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import requests

from hubkit.testing import LocalHub

DIGEST = hashlib.sha256(b"never sent").hexdigest()
HEADER = {"key": "header", "value": {"summary": "change"}}
FILE = {"key": "file", "value": {"path": "b.txt", "content": "Yg==", "encoding": "base64"}}


def _lines(*items: Any) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in items)


@pytest.fixture
def head(hub: LocalHub, alice_wire: requests.Session) -> str:
    """The commit of a repository of alice's, which has a tag; bob has one too, and there are two discussions."""
    commit_hash = hub.add_repo("alice/x", {"a.txt": b"a"})
    hub.add_repo("alice/taken", {})
    hub.add_repo("bob/y", {})
    hub.add_model({"id": "carol/gone", "disabled": True})
    alice_wire.post("/api/models/alice/x/tag/main", json={"tag": "v1"}).raise_for_status()
    for is_pull in (False, True):
        body = {"title": "t", "description": "d", "pullRequest": is_pull}
        alice_wire.post("/api/models/alice/x/discussions", json=body).raise_for_status()
    return commit_hash


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/api/repos/create", {"name": "a--b"}, 400, "Invalid repo name: alice/a--b"),
        ("POST", "/api/repos/create", {"name": "bob/new"}, 403, "under"),
        ("POST", "/api/repos/create", {"name": "new", "type": "zoo"}, 400, "Invalid repo type: zoo"),
        ("POST", "/api/repos/create", {"name": "alice/taken"}, 409, "You already created this model repo"),
        ("POST", "/api/repos/move", {"fromRepo": "alice/x", "toRepo": "alice/.x"}, 400, "Invalid repo name"),
        ("POST", "/api/repos/move", {"fromRepo": "alice/x", "toRepo": "alice/taken"}, 409, "exists"),
        ("POST", "/api/repos/move", {"fromRepo": "alice/x", "toRepo": "alice/TAKEN"}, 409, "exists"),
        ("PUT", "/api/models/alice/x/settings", {"gated": "perhaps"}, 400, "Invalid gated"),
        ("DELETE", "/api/models/alice/x/branch/none", None, 404, "Reference does not exist"),
        ("POST", "/api/models/alice/x/discussions/1/merge", {}, 400, "it is no open pull request"),
        (
            "POST",
            "/api/models/alice/x/discussions/2/status",
            {"status": "merged"},
            400,
            "cannot become merged",
        ),
        (
            "POST",
            "/api/models/alice/x/discussions/9/comment",
            {"comment": "c"},
            404,
            "Discussion 9 not found",
        ),
        (
            "POST",
            "/api/models/alice/x/discussions/x/comment",
            {"comment": "c"},
            404,
            "Discussion x not found",
        ),
        ("POST", "/alice/x.git/info/lfs/objects/batch", {"operation": "download"}, 400, "Only uploads"),
        ("POST", "/alice/x.git/info/lfs/verify", {"oid": DIGEST, "size": 10}, 404, "was not uploaded"),
        (
            "POST",
            "/alice/x.git/info/lfs/objects/batch",
            {"operation": "upload", "objects": ["o"]},
            400,
            "objects",
        ),
        ("POST", "/api/models/alice/x/preupload/main", {"files": "a.txt"}, 400, "a list of objects"),
        (
            "POST",
            "/api/models/alice/x/preupload/main",
            {"files": [{"path": "a", "size": "b"}]},
            400,
            "Invalid size",
        ),
        ("GET", "/api/models/bob/y/auth-check/write", None, 403, "write under"),
        ("GET", "/api/models/carol/gone", None, 403, "Access to this resource is disabled."),
        ("GET", "/api/models?limit=0", None, 400, "Invalid limit: 0"),
        ("GET", "/api/models?limit=many", None, 400, "Invalid limit: many"),
        ("GET", "/api/models?cursor=mine", None, 400, "Invalid cursor"),
        ("GET", "/api/models/alice/x/discussions?p=one", None, 400, "Invalid p: one"),
    ],
)
def test_requests_that_make_no_sense(
    alice_wire: requests.Session, head: str, method: str, path: str, body: Any, status: int, said: str
) -> None:
    """The status tells what kind of mistake it is, and the words which one."""
    answer = alice_wire.request(method, path, json=body)

    assert status == answer.status_code
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/api/models", "/api/models/alice/x/tree/main", "/api/models/alice/x/commits/main"]
)
@pytest.mark.parametrize("cursor", [b'"here"', b"[1, 2]", b"{}"])
def test_cursors_of_something_else(alice_wire: requests.Session, head: str, path: str, cursor: bytes) -> None:
    """A cursor that another list gave away is told from a good one."""
    opaque = base64.urlsafe_b64encode(cursor).decode()
    answer = alice_wire.get(f"{path}?cursor={opaque}")

    assert (400, "Invalid cursor") == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize(
    ("revision", "body", "said"),
    [
        ("main", _lines(FILE), "A commit needs a header line"),
        ("main", _lines(HEADER, {"key": 3, "value": {}}), "expected a key and an object"),
        ("main", _lines(HEADER, {"key": "file", "value": []}), "expected a key and an object"),
        (
            "main",
            _lines(HEADER, {"key": "rename", "value": {"path": "a.txt"}}),
            "Unknown operation in commit: rename",
        ),
        (
            "main",
            _lines(HEADER, {"key": "file", "value": {**FILE["value"], "content": "%"}}),  # type: ignore[dict-item]
            "Invalid base64 content",
        ),
        ("v1", _lines(HEADER, FILE), "Cannot commit to v1: it is no branch"),
    ],
)
def test_commits_that_make_no_sense(
    alice_wire: requests.Session, head: str, revision: str, body: bytes, said: str
) -> None:
    """They are refused whole: the branch stays where it was."""
    answer = alice_wire.post(f"/api/models/alice/x/commit/{revision}", data=body)

    assert 400 == answer.status_code
    assert said in answer.json()["error"]
    assert head == alice_wire.get("/api/models/alice/x").json()["sha"]


def test_a_name_may_get_capitals(alice_wire: requests.Session, head: str) -> None:
    """A repository is no obstacle to itself; who asks by the former name finds it."""
    alice_wire.post("/api/repos/move", json={"fromRepo": "alice/x", "toRepo": "alice/X"}).raise_for_status()

    assert "alice/X" == alice_wire.get("/api/models/alice/x").json()["id"]


def test_empty_lines_of_a_commit_say_nothing(alice_wire: requests.Session, head: str) -> None:
    """Whoever ends the last line, or leaves one empty, commits all the same."""
    body = _lines(HEADER) + b"\n\n" + _lines(FILE) + b"\n \n"
    alice_wire.post("/api/models/alice/x/commit/main", data=body).raise_for_status()

    assert b"b" == alice_wire.get("/alice/x/resolve/main/b.txt").content


@pytest.mark.parametrize(
    "wanted", [{"oid": "short", "size": 1}, {"oid": DIGEST, "size": -1}, {"oid": DIGEST}, {"size": 1}, {}]
)
def test_objects_that_are_none(alice_wire: requests.Session, head: str, wanted: Any) -> None:
    """Each object of a batch has its own verdict: a wrong one spoils no other."""
    good = {"oid": DIGEST, "size": 10}
    body = {"operation": "upload", "objects": [wanted, good]}
    bad, planned = alice_wire.post("/alice/x.git/info/lfs/objects/batch", json=body).json()["objects"]

    assert (422, False) == (bad["error"]["code"], "actions" in bad)
    assert {"upload", "verify"} == set(planned["actions"])


def test_an_object_of_another_size_is_not_verified(alice_wire: requests.Session, head: str) -> None:
    """What was uploaded must be what the client thinks it sent."""
    content, oid = b"sent", hashlib.sha256(b"sent").hexdigest()
    body = {"operation": "upload", "objects": [{"oid": oid, "size": 4}]}
    (planned,) = alice_wire.post("/alice/x.git/info/lfs/objects/batch", json=body).json()["objects"]
    requests.put(planned["actions"]["upload"]["href"], data=content, timeout=10).raise_for_status()
    sizes = [
        alice_wire.post("/alice/x.git/info/lfs/verify", json={"oid": oid, "size": size}) for size in (4, 5)
    ]

    assert [200, 422] == [answer.status_code for answer in sizes]


def test_nobody_asks_who_he_is(anyone: requests.Session) -> None:
    """Without a token there is no name to tell."""
    answer = anyone.get("/api/whoami-v2")

    assert (401, "Invalid username or password.") == (answer.status_code, answer.json()["error"])


def test_history_may_be_asked_for_with_its_html(alice_wire: requests.Session, head: str) -> None:
    """As the client library does when it is told to format."""
    plain, formatted = (
        alice_wire.get(f"/api/models/alice/x/commits/main{query}").json()[0]
        for query in ("", "?expand[]=formatted")
    )

    assert "formatted" not in plain
    assert plain["title"] == formatted["formatted"]["title"]


def test_paths_may_be_asked_for_in_json(alice_wire: requests.Session, head: str) -> None:
    """As newer clients do; what isn't there is left out."""
    body = {"paths": ["a.txt", "none.txt", "a.txt"], "expand": True}
    found = alice_wire.post("/api/models/alice/x/paths-info/main", json=body).json()

    assert ["a.txt"] == [item["path"] for item in found]
    assert "lastCommit" in found[0]


def test_records_follow_their_repository(hub: LocalHub, alice_wire: requests.Session) -> None:
    """A loaded model that moves to another owner is described as his."""
    hub.add_model({"id": "alice/old", "author": "alice", "downloads": 5})
    hub.rename("alice/old", "acme/new")
    described = alice_wire.get("/api/models/alice/old").json()

    assert ("acme/new", "acme", 5) == (described["id"], described["author"], described["downloads"])
    with pytest.raises(ValueError, match="exists already"):
        hub.add_repo("acme/new", {})


def test_what_is_not_there_can_not_be_changed(hub: LocalHub) -> None:
    """Whoever mistypes a name in a test learns so at once."""
    for change in (
        lambda: hub.rename("no/such", "a/b"),
        lambda: hub.grant("no/such", "alice"),
        lambda: hub.commit("no/such", {"a": b""}),
    ):
        with pytest.raises(LookupError, match="no such model: no/such"):
            change()


def test_a_role_is_one_of_two(hub: LocalHub) -> None:
    """Any other would be taken for neither."""
    with pytest.raises(ValueError, match="'read' or 'write', not 'admin'"):
        hub.add_user("dave", role="admin")
