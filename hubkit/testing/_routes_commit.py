"""Handlers that change files: what to upload how, and the commit itself."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from werkzeug.wrappers import Response

from hubkit.testing._accounts import check_write_token
from hubkit.testing._call import Call, json_response
from hubkit.testing._commits import Commit, FileEntry, PullRequest
from hubkit.testing._front_matter import judge_card
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import Repo, branch_ref, pull_ref

__all__ = ["commit", "preupload"]

_NO_SUCH_FILE = "A file with this name doesn't exist"
_STALE_PARENT = "A commit has happened since. Please refresh and try again."
_USE_PULL_REQUEST = "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request"


@attrs.frozen
class _Change:
    """What a commit asks for."""

    header: Mapping[str, Any]
    """``summary``, ``description``, ``parentCommit``."""

    files: Mapping[str, FileEntry | None]
    """New files by path; None removes one."""


def preupload(call: Call) -> Response:
    """POST /api/{kind}/{id}/preupload/{rev}."""
    repo = call.repo()
    check_write_token(call.identity)
    head = call.commit(repo)
    shown = []
    for each in call.objects("files"):
        path, size = str(each.get("path")), each.get("size") or 0
        if not isinstance(size, int):
            raise Refusal(400, f"Invalid size: {size}")
        mode = "lfs" if call.state.goes_to_lfs(path, size, head) else "regular"
        current = head.files.get(path)
        known = {"oid": current.etag} if current else {}
        shown.append({"path": path, "uploadMode": mode, "shouldIgnore": False, **known})
    return json_response({"files": shown, "commitOid": head.commit_hash})


def commit(call: Call) -> Response:
    """POST /api/{kind}/{id}/commit/{rev}, of one JSON object per line."""
    repo = call.repo()
    identity = check_write_token(call.identity)
    wants_pull_request = call.flag("create_pr")
    if not wants_pull_request and not identity.owns(repo.namespace):
        raise Refusal(403, _USE_PULL_REQUEST)
    revision = call.args["revision"]
    ref = _movable(repo, revision)
    head = repo.commits[repo.refs[ref]]
    change = _read_change(call, head)
    if change.header.get("parentCommit") not in (None, head.commit_hash):
        raise Refusal(412, _STALE_PARENT)
    _check_card(call, change)
    request = _open_pull_request(call, repo, head, change) if wants_pull_request else None
    made = repo.add_commit(
        pull_ref(request.number) if request else ref,
        change.files,
        title=_title(change),
        message=str(change.header.get("description") or ""),
        author=identity.name,
        date=call.state.clock.now(),
        parent=head.commit_hash,
    )
    call.state.save(repo)
    page = call.page_of(repo)
    answer = {
        "success": True,
        "commitOid": made.commit_hash,
        "commitUrl": f"{page}/commit/{made.commit_hash}",
        "hookOutput": "",
    }
    if request:
        answer["pullRequestUrl"] = f"{page}/discussions/{request.number}"
    return json_response(answer)


def _movable(repo: Repo, revision: str) -> str:
    """Spell out the branch, or branch of a pull request, that a commit may move."""
    repo.commit(revision)
    ref = branch_ref(revision)
    if ref not in repo.refs or ref.startswith("refs/tags/"):
        raise Refusal(400, f"Cannot commit to {revision}: it is no branch")
    return ref


def _title(change: _Change) -> str:
    return str(change.header.get("summary") or "Update files")


def _open_pull_request(call: Call, repo: Repo, head: Commit, change: _Change) -> PullRequest:
    request = PullRequest(
        number=repo.next_number(),
        title=_title(change),
        description=str(change.header.get("description") or ""),
        author=call.author,
        created_at=call.state.clock.now(),
        base=head.commit_hash,
    )
    repo.pulls[request.number] = request
    return request


def _check_card(call: Call, change: _Change) -> None:
    card = change.files.get("README.md")
    text = call.state.describer.text(card)
    errors = judge_card(text, call.repo_type).errors if text is not None else ()
    if errors:
        details = [{"message": message} for message in errors]
        raise Refusal(400, f"Invalid metadata in README.md.\n- {errors[0]}", body={"errors": details})


def _read_change(call: Call, head: Commit) -> _Change:
    header: Mapping[str, Any] | None = None
    files: dict[str, FileEntry | None] = {}
    for line in call.request.get_data().splitlines():
        if not line.strip():
            continue
        key, value = _read_line(line)
        if key == "header":
            header = value
        else:
            files |= _read_operation(call, head, key, value)
    if header is None:
        raise Refusal(400, "A commit needs a header line")
    return _Change(header, files)


def _read_line(line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        item = json.loads(line)
        key, value = item["key"], item["value"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refusal(400, f"Invalid line in commit: {error}") from error
    if not isinstance(key, str) or not isinstance(value, Mapping):
        raise Refusal(400, "Invalid line in commit: expected a key and an object")
    return key, value


def _read_operation(
    call: Call, head: Commit, key: str, value: Mapping[str, Any]
) -> Mapping[str, FileEntry | None]:
    path = str(value.get("path", ""))
    if not path or path.startswith("/") or ".." in path.split("/") or ".git" in path.split("/"):
        raise Refusal(400, f"Invalid path in commit: {path!r}")
    if key == "file":
        return {path: call.state.store(path, _content(value))}
    if key == "lfsFile":
        return {path: _stored(call, path, value)}
    if key == "deletedFile":
        return dict.fromkeys(_existing(head, [path]))
    if key in ("deletedFolder", "deletedEntry"):
        return dict.fromkeys(_existing(head, _below(head, path)))
    raise Refusal(400, f"Unknown operation in commit: {key}")


def _content(value: Mapping[str, Any]) -> bytes:
    content = str(value.get("content", ""))
    if value.get("encoding") != "base64":
        return content.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise Refusal(400, f"Invalid base64 content: {error}") from error


def _stored(call: Call, path: str, value: Mapping[str, Any]) -> FileEntry:
    oid = str(value.get("oid"))
    if oid not in call.state.blobs:
        raise Refusal(400, f"LFS pointer pointed to a file that does not exist: {path} -> {oid}")
    return FileEntry.of_lfs(path, oid, call.state.blobs.size(oid))


def _below(head: Commit, path: str) -> Iterator[str]:
    folder = path.rstrip("/") + "/"
    return (each for each in head.files if each.startswith(folder) or each == path)


def _existing(head: Commit, paths: Iterator[str] | list[str]) -> list[str]:
    found = [path for path in paths if path in head.files]
    if not found:
        raise Refusal(404, _NO_SUCH_FILE, code="EntryNotFound")
    return found
