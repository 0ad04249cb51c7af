"""Handlers that make, move, set up and delete repositories."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.wrappers import Response

from hubkit.testing._accounts import check_writable, check_write_token
from hubkit.testing._call import Call, json_response
from hubkit.testing._known import DEFAULT_GITATTRIBUTES
from hubkit.testing._refusal import Refusal

__all__ = ["create_repo", "delete_repo", "move_repo", "settings"]

_NAME = re.compile(r"(?!.*(?:--|\.\.))[\w][\w.-]{0,94}[\w]|[\w]")
_GATES = (False, "auto", "manual")


def create_repo(call: Call) -> Response:
    """POST /api/repos/create."""
    body = call.json()
    identity = check_write_token(call.identity)
    repo_type, name = _type_of(body), str(body.get("name") or "")
    namespace = str(body.get("organization") or identity.name)
    if "/" in name and not body.get("organization"):
        namespace, _, name = name.partition("/")
    if not _NAME.fullmatch(name):
        raise Refusal(400, f"Invalid repo name: {namespace}/{name}")
    check_writable(namespace, call.identity, to=f"create a {repo_type} under")
    existing = call.state.find(repo_type, f"{namespace}/{name}")
    if existing is not None:
        text = f"You already created this {repo_type} repo"
        raise Refusal(409, text, body={"url": call.page_of(existing)})
    repo = call.state.create(repo_type, f"{namespace}/{name}", private=_is_private(body) or False)
    files = {".gitattributes": DEFAULT_GITATTRIBUTES.encode()}
    call.state.put_files(repo, files, title="initial commit", author=identity.name)
    return json_response({"url": call.page_of(repo), "name": repo.repo_id, "id": repo.object_id})


def delete_repo(call: Call) -> Response:
    """DELETE /api/repos/delete."""
    body = call.json()
    identity = check_write_token(call.identity)
    repo_id = f"{body.get('organization') or identity.name}/{body.get('name')}"
    repo = call.find(repo_id, _type_of(body))
    check_writable(repo.namespace, identity, to="delete repositories under")
    call.state.delete(repo)
    return json_response({})


def move_repo(call: Call) -> Response:
    """POST /api/repos/move."""
    body = call.json()
    repo = call.find(str(body.get("fromRepo")), _type_of(body))
    target = str(body.get("toRepo"))
    for namespace in (repo.namespace, target.rpartition("/")[0]):
        check_writable(namespace, call.identity, to="move repositories under")
    if not _NAME.fullmatch(target.rpartition("/")[2]):
        raise Refusal(400, f"Invalid repo name: {target}")
    try:
        call.state.move(repo, target)
    except ValueError as error:
        raise Refusal(409, f"Cannot move to {target}: a repository of that name exists") from error
    return json_response({"url": call.page_of(repo)})


def settings(call: Call) -> Response:
    """PUT /api/{kind}/{id}/settings."""
    repo, body = call.own_repo(), call.json()
    private, gated = _is_private(body), body.get("gated", repo.gated)
    if gated not in _GATES:
        raise Refusal(400, f"Invalid gated: expected one of {_GATES}")
    repo.private = repo.private if private is None else private
    repo.gated = gated
    call.state.save(repo)
    return json_response({"private": repo.private, "gated": repo.gated})


def _type_of(body: dict[str, Any]) -> str:
    repo_type = str(body.get("type") or "model")
    if repo_type not in ("model", "dataset", "space"):
        raise Refusal(400, f"Invalid repo type: {repo_type}")
    return repo_type


def _is_private(body: dict[str, Any]) -> bool | None:
    """Read either spelling; None when the body has neither."""
    if body.get("visibility") is not None:
        return bool(body["visibility"] == "private")
    return None if body.get("private") is None else bool(body["private"])
