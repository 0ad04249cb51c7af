"""Files over the wire: ranges, names, trees, uploads and commits."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from hubkit.testing import LocalHub

LIST_KEYS = {
    "_id",
    "id",
    "likes",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
}


class TestFiles:
    def test_regular_files_are_named_by_git(self, hub: LocalHub, anyone: requests.Session) -> None:
        """HEAD says everything that clients store a file by."""
        commit_hash = hub.add_repo("a/b", {"sub dir/ü.txt": b"hello\n"})
        head = anyone.request("HEAD", "/a/b/resolve/main/sub%20dir/%C3%BC.txt")

        assert (200, '"ce013625030ba8dba906f756967f9e9ca394464a"', "6", commit_hash) == (
            head.status_code,
            head.headers["ETag"],
            head.headers["Content-Length"],
            head.headers["X-Repo-Commit"],
        )
        assert "X-Linked-Etag" not in head.headers

    def test_lfs_files_are_named_by_their_content(self, hub: LocalHub, anyone: requests.Session) -> None:
        """LFS files are served where they are, without a redirect and without Xet."""
        hub.add_repo("a/b", {"w.bin": b"\1" * 1000})
        head = anyone.request("HEAD", "/a/b/resolve/main/w.bin")

        assert (200, f'"{hashlib.sha256(bytes([1]) * 1000).hexdigest()}"', "1000") == (
            head.status_code,
            head.headers["X-Linked-Etag"],
            head.headers["X-Linked-Size"],
        )
        assert not [name for name in head.headers if "xet" in name.lower()]

    @pytest.mark.parametrize(
        ("asked", "content", "described"),
        [
            ("bytes=2-4", b"234", "bytes 2-4/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=-3", b"789", "bytes 7-9/10"),
            ("bytes=5-1000", b"56789", "bytes 5-9/10"),
        ],
    )
    @pytest.mark.parametrize("name", ["a.txt", "a.bin"])
    def test_parts_are_206(
        self, hub: LocalHub, anyone: requests.Session, asked: str, content: bytes, described: str, name: str
    ) -> None:
        """A download can go on where it stopped."""
        hub.add_repo("a/b", {name: b"0123456789"})
        answer = anyone.get(f"/a/b/resolve/main/{name}", headers={"Range": asked})

        assert (206, content, described, str(len(content))) == (
            answer.status_code,
            answer.content,
            answer.headers["Content-Range"],
            answer.headers["Content-Length"],
        )

    def test_parts_beyond_the_end_are_416(self, hub: LocalHub, anyone: requests.Session) -> None:
        """The refusal says how long the file is."""
        hub.add_repo("a/b", {"a.txt": b"0123456789"})
        answer = anyone.get("/a/b/resolve/main/a.txt", headers={"Range": "bytes=10-"})

        assert (416, "bytes */10") == (answer.status_code, answer.headers["Content-Range"])

    def test_a_known_etag_earns_a_304(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Files can be revalidated."""
        hub.add_repo("a/b", {"a.txt": b"hello"})
        etag = anyone.get("/a/b/resolve/main/a.txt").headers["ETag"]

        assert 304 == anyone.get("/a/b/resolve/main/a.txt", headers={"If-None-Match": etag}).status_code

    def test_every_prefix_and_revision_leads_to_a_file(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Data sets, Spaces, ids of one segment, commit hashes and quoted refs all resolve."""
        hub.add_repo("gpt2", {"f": b"model"})
        first = hub.add_repo("squad", {"f": b"dataset"}, repo_type="dataset")
        hub.add_repo("a/s", {"f": b"space"}, repo_type="space")
        hub.commit("squad", {"f": b"newer"}, repo_type="dataset")
        paths = {
            "/gpt2/resolve/main/f": "model",
            "/gpt2/resolve/refs%2Fheads%2Fmain/f": "model",
            "/datasets/squad/resolve/main/f": "newer",
            f"/datasets/squad/resolve/{first}/f": "dataset",
            "/spaces/a/s/resolve/main/f": "space",
        }

        assert paths == {path: anyone.get(path).text for path in paths}

    def test_trees_are_paged(self, hub: LocalHub, anyone: requests.Session) -> None:
        """A thousand entries a page, fifty with their commits."""
        hub.add_repo("a/b", {f"d/{number:04}": b"x" for number in range(1200)})
        short, expanded = (
            anyone.get("/api/models/a/b/tree/main/d"),
            anyone.get("/api/models/a/b/tree/main/d?expand=true"),
        )
        rest = requests.get(short.links["next"]["url"], timeout=5)

        assert [1000, 200, 50] == [len(answer.json()) for answer in (short, rest, expanded)]
        assert {"id", "title", "date"} == set(expanded.json()[0]["lastCommit"])
        assert "next" not in rest.links

    def test_trees_look_like_real_ones(self, hub: LocalHub, anyone: requests.Session, payloads: Path) -> None:
        """Entries have the keys of a recorded tree, but for Xet."""
        real = json.loads((payloads / "tree__ggml-org__Qwen3-0.6B-GGUF.json").read_text())
        hub.add_repo("a/b", {"README.md": b"x", "w.gguf": b"y", "sub/z": b"z"})
        folder, text, weights = anyone.get("/api/models/a/b/tree/main").json()

        assert {"type", "oid", "size", "path"} == set(folder) == set(real[0]) == set(text)
        assert set(real[2]) - {"xetHash"} == set(weights)
        assert set(real[2]["lfs"]) == set(weights["lfs"])
        assert 404 == anyone.get("/api/models/a/b/tree/main/nope").status_code


class TestUploads:
    def test_chunked_and_plain_uploads_are_checked(self, alice_wire: requests.Session, hub: LocalHub) -> None:
        """An object arrives either way; what is not what was announced is refused and can be sent again."""
        hub.add_repo("alice/x", {})
        content = b"weights" * 1000
        oid = hashlib.sha256(content).hexdigest()
        batch = {
            "operation": "upload",
            "transfers": ["basic"],
            "objects": [{"oid": oid, "size": len(content)}],
        }
        path = "/alice/x.git/info/lfs/objects/batch"
        (planned,) = alice_wire.request("POST", path, json=batch).json()["objects"]
        upload, verify = planned["actions"]["upload"]["href"], planned["actions"]["verify"]["href"]
        wrong = requests.put(upload, data=b"else", timeout=5)
        right = requests.put(upload, data=iter([content[:10], content[10:]]), timeout=5)
        used_up = requests.put(upload, data=content, timeout=5)
        verified = alice_wire.request(
            "POST", verify.removeprefix(hub.url), json={"oid": oid, "size": len(content)}
        )
        (known,) = alice_wire.request("POST", path, json=batch).json()["objects"]

        assert [400, 200, 403, 200] == [each.status_code for each in (wrong, right, used_up, verified)]
        assert {"oid": oid, "size": len(content)} == known

    def test_an_object_that_never_came_is_refused(self, alice_wire: requests.Session, hub: LocalHub) -> None:
        """A pointer to nothing is no commit."""
        hub.add_repo("alice/x", {})
        answer = _commit(
            alice_wire, [("lfsFile", {"path": "w.bin", "algo": "sha256", "oid": "0" * 64, "size": 1})]
        )

        assert 400 == answer.status_code
        assert "does not exist" in answer.json()["error"]

    def test_a_stale_parent_is_412(self, alice_wire: requests.Session, hub: LocalHub) -> None:
        """Who did not see the last commit must look again."""
        first = hub.add_repo("alice/x", {})
        hub.commit("alice/x", {"a": b"a"})
        answer = _commit(alice_wire, [_file("b", b"b")], parentCommit=first)

        assert 412 == answer.status_code

    def test_a_card_that_the_hub_refuses_is_no_commit(
        self, alice_wire: requests.Session, hub: LocalHub
    ) -> None:
        """Bad metadata is refused with the whole commit."""
        before = hub.add_repo("alice/x", {})
        answer = _commit(alice_wire, [_file("a", b"a"), _file("README.md", b"---\nlicense: nope\n---\n")])

        assert 400 == answer.status_code
        assert before == alice_wire.get("/api/models/alice/x").json()["sha"]

    @pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../b", ".git/config", ""])
    def test_paths_stay_inside(self, alice_wire: requests.Session, hub: LocalHub, path: str) -> None:
        """A file cannot be committed outside of its repository."""
        hub.add_repo("alice/x", {})

        assert 400 == _commit(alice_wire, [_file(path, b"x")]).status_code

    def test_deleting_what_is_not_there_is_404(self, alice_wire: requests.Session, hub: LocalHub) -> None:
        """The client library adds advice to this very text."""
        hub.add_repo("alice/x", {})
        answer = _commit(alice_wire, [("deletedFile", {"path": "nope"})])

        assert (404, "A file with this name doesn't exist") == (answer.status_code, answer.json()["error"])

    def test_strangers_and_readers_may_not_write(
        self,
        hub: LocalHub,
        alice_wire: requests.Session,
        wire_of: Callable[[str | None], requests.Session],
    ) -> None:
        """Anonymous callers are 401; read tokens and other people's are 403."""
        hub.add_repo("bob/x", {})
        reader = wire_of(hub.add_user("bob", role="read"))
        answers = [
            _commit(each, [_file("a", b"a")], repo="bob/x") for each in (wire_of(None), reader, alice_wire)
        ]

        assert [401, 403, 403] == [answer.status_code for answer in answers]
        assert "create_pr=1" in answers[2].json()["error"]


def _file(path: str, content: bytes) -> tuple[str, dict[str, str]]:
    return "file", {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}


def _commit(
    wire: requests.Session,
    operations: list[tuple[str, Any]],
    *,
    repo: str = "alice/x",
    parentCommit: str | None = None,
) -> requests.Response:
    lines = [("header", {"summary": "test", "parentCommit": parentCommit}), *operations]
    body = "\n".join(json.dumps({"key": key, "value": value}) for key, value in lines)
    return wire.request(
        "POST",
        f"/api/models/{repo}/commit/main",
        data=body.encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
