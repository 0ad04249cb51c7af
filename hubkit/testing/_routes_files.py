"""Handlers that show files: trees, paths, contents, history."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from hubkit.testing._call import Call, json_response, next_link, read_cursor
from hubkit.testing._commits import Commit, Directory, FileEntry, list_tree, timestamp
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import Repo

__all__ = ["commits", "paths_info", "resolve", "tree"]

_PAGE, _EXPANDED_PAGE, _COMMITS_PAGE = 1000, 50, 50
_UNSCANNED = {"status": "unscanned", "avScan": None, "pickleImportScan": None}


def tree(call: Call) -> Response:
    """GET /api/{kind}/{id}/tree/{rev}/{path}."""
    repo = call.repo()
    commit, path = call.commit(repo), call.args.get("path", "").strip("/")
    items = list_tree(commit.files, path, recursive=call.flag("recursive"))
    if path and not items:
        raise Refusal(404, f"{path} does not exist on {call.args['revision']!r}", code="EntryNotFound")
    expand, start = call.flag("expand"), read_cursor(call, int) or 0
    most = _EXPANDED_PAGE if expand else _PAGE
    end = start + call.number("limit", most, most=most)
    headers = next_link(call, end) if end < len(items) else None
    return json_response([_shown(repo, item, expand=expand) for item in items[start:end]], headers=headers)


def paths_info(call: Call) -> Response:
    """POST /api/{kind}/{id}/paths-info/{rev}, with a form or JSON."""
    repo = call.repo()
    commit = call.commit(repo)
    if call.request.mimetype == "application/json":
        body = call.json()
        paths, expand = [str(path) for path in body.get("paths", [])], bool(body.get("expand"))
    else:
        paths = call.request.form.getlist("paths")
        expand = call.request.form.get("expand", "").lower() == "true"
    everything = {item.path: item for item in list_tree(commit.files, "", recursive=True)}
    found = [everything[path] for path in dict.fromkeys(paths) if path in everything]
    return json_response([_shown(repo, item, expand=expand) for item in found])


def commits(call: Call) -> Response:
    """GET /api/{kind}/{id}/commits/{rev}."""
    repo = call.repo()
    history = list(repo.history(call.commit(repo).commit_hash))
    start = read_cursor(call, int) or 0
    end = start + call.number("limit", _COMMITS_PAGE, most=_COMMITS_PAGE)
    headers = {"X-Total-Count": str(len(history))}
    headers |= next_link(call, end) if end < len(history) else {}
    formatted = "formatted" in call.values("expand")
    return json_response(
        [_shown_commit(each, formatted=formatted) for each in history[start:end]], headers=headers
    )


def resolve(call: Call) -> Response:
    """HEAD and GET /{id}/resolve/{rev}/{path}."""
    repo = call.repo_with_files()
    commit = call.commit(repo)
    revealed = {"X-Repo-Commit": commit.commit_hash, "Accept-Ranges": "bytes"}
    entry = commit.files.get(call.args["path"])
    if entry is None:
        raise Refusal(404, "Entry not found", code="EntryNotFound", headers=revealed)
    if entry.digest not in call.state.blobs:
        text = "Entry not found: this hub knows the file by name alone, from a loaded record"
        raise Refusal(404, text, code="EntryNotFound", headers=revealed)
    return _content(call, entry, revealed)


def _content(call: Call, entry: FileEntry, headers: dict[str, str]) -> Response:
    """Send a file, or the part that the client asked for."""
    size, name = int(entry.size or 0), entry.path.rpartition("/")[2]
    body = FileWrapper(call.state.blobs.open(str(entry.digest)), 1 << 18)
    kind = "binary/octet-stream" if entry.is_lfs else (mimetypes.guess_type(name)[0] or "text/plain")
    response = Response(body, headers=headers, content_type=kind, direct_passthrough=True)
    response.content_length = size
    response.set_etag(entry.etag)
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    if entry.is_lfs:
        response.headers["X-Linked-Etag"] = f'"{entry.etag}"'
        response.headers["X-Linked-Size"] = str(size)
    try:
        return response.make_conditional(call.request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable as error:
        response.close()
        text = "Range Not Satisfiable"
        raise Refusal(416, text, headers={**headers, "Content-Range": f"bytes */{size}"}) from error


def _shown(repo: Repo, item: FileEntry | Directory, *, expand: bool) -> dict[str, Any]:
    if isinstance(item, Directory):
        shown: dict[str, Any] = {"type": "directory", "oid": item.oid, "size": 0, "path": item.path}
    else:
        shown = {"type": "file", "oid": item.blob_id, "size": item.size or 0, "path": item.path}
        if item.is_lfs:
            shown["lfs"] = {"oid": item.digest, "size": item.size, "pointerSize": item.pointer_size}
    last = repo.commits.get(item.changed_in)
    if expand and last is not None:
        shown["lastCommit"] = {"id": last.commit_hash, "title": last.title, "date": timestamp(last.date)}
        if isinstance(item, FileEntry):
            shown["securityFileStatus"] = dict(_UNSCANNED)
    return shown


def _shown_commit(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    author = {"user": commit.author, "avatar": f"/avatars/{commit.author}.svg"}
    shown: dict[str, Any] = {
        "id": commit.commit_hash,
        "title": commit.title,
        "message": commit.message,
        "authors": [author],
        "date": timestamp(commit.date),
    }
    if formatted:
        shown["formatted"] = {"title": commit.title, "message": commit.message}
    return shown
