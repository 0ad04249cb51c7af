"""Handlers of branches and tags."""

from __future__ import annotations

import re

from werkzeug.wrappers import Response

from hubkit.testing._call import Call, json_response
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import MAIN, Repo, branch_ref, tag_ref

__all__ = ["branch_create", "branch_delete", "refs", "squash", "tag_create", "tag_delete"]

_NAME = re.compile(
    r"(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))[^\s~^:?*\[\\\x00-\x1f/.][^\s~^:?*\[\\\x00-\x1f]*(?<![/.])"
)


def refs(call: Call) -> Response:
    """GET /api/{kind}/{id}/refs."""
    repo = call.repo()
    repo.commit()
    shown: dict[str, list[dict[str, str]]] = {"tags": [], "branches": [], "converts": []}
    groups = {"refs/heads/": "branches", "refs/tags/": "tags", "refs/convert/": "converts"}
    if call.flag("include_prs"):
        shown["pullRequests"] = []
        groups["refs/pr/"] = "pullRequests"
    for ref, target in repo.refs.items():
        for prefix, group in groups.items():
            if ref.startswith(prefix):
                name = ref.removeprefix("refs/" if group == "pullRequests" else prefix)
                shown[group].append({"name": name, "ref": ref, "targetCommit": target})
    return json_response(shown)


def branch_create(call: Call) -> Response:
    """POST /api/{kind}/{id}/branch/{name}."""
    repo, ref = call.own_repo(), branch_ref(_name(call.args["name"]))
    start = repo.commit_hash(str(call.json().get("startingPoint") or "main"))
    if ref in repo.refs:
        raise Refusal(409, f"Reference already exists: {ref}")
    repo.refs[ref] = start
    call.state.save(repo)
    return json_response({"ref": ref, "targetCommit": start}, status=201)


def branch_delete(call: Call) -> Response:
    """DELETE /api/{kind}/{id}/branch/{name}."""
    repo, ref = call.own_repo(), branch_ref(call.args["name"])
    if ref == MAIN:
        raise Refusal(403, "Cannot delete the main branch")
    return _delete(call, repo, ref)


def tag_create(call: Call) -> Response:
    """POST /api/{kind}/{id}/tag/{rev}."""
    repo, body = call.own_repo(), call.json()
    ref, target = tag_ref(_name(str(body.get("tag") or ""))), call.commit(repo).commit_hash
    if ref in repo.refs:
        raise Refusal(409, f"Tag reference exists already: {ref}")
    repo.refs[ref] = target
    call.state.save(repo)
    return json_response({"ref": ref, "targetCommit": target}, status=201)


def tag_delete(call: Call) -> Response:
    """DELETE /api/{kind}/{id}/tag/{tag}."""
    return _delete(call, call.own_repo(), tag_ref(call.args["revision"]))


def squash(call: Call) -> Response:
    """POST /api/{kind}/{id}/super-squash/{branch}."""
    repo, ref = call.own_repo(), branch_ref(call.args["revision"])
    repo.commit(ref)
    title = str(call.json().get("message") or "Super-squash history")
    made = repo.squash(ref, title=title, author=call.author, date=call.state.clock.now())
    call.state.save(repo)
    return json_response({"commitId": made.commit_hash})


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Refusal(400, f"Invalid reference name: {text!r}")
    return text


def _delete(call: Call, repo: Repo, ref: str) -> Response:
    repo.commit()
    if ref not in repo.refs:
        raise Refusal(404, f"Reference does not exist: {ref}", code="RevisionNotFound")
    del repo.refs[ref]
    call.state.save(repo)
    return json_response({})
