"""Handlers of discussions and pull requests."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from hubkit.testing._accounts import check_write_token
from hubkit.testing._call import Call, json_response
from hubkit.testing._commits import PullRequest, commit_hash_of, timestamp
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import MAIN, Repo, pull_ref

__all__ = ["comment", "discussion", "discussions", "merge", "open_discussion", "status"]


def discussions(call: Call) -> Response:
    """GET /api/{kind}/{id}/discussions."""
    repo = call.repo()
    shown = [_summary(repo, each) for each in sorted(repo.pulls.values(), key=lambda pull: -pull.number)]
    text, size = call.request.args.get("p", "0"), 50
    if not text.isdecimal():
        raise Refusal(400, f"Invalid p: {text}")
    page = int(text)
    listed = shown[page * size : (page + 1) * size]
    return json_response({"discussions": listed, "count": len(shown), "start": page * size})


def open_discussion(call: Call) -> Response:
    """POST /api/{kind}/{id}/discussions."""
    repo, body = call.repo(), call.json()
    identity = check_write_token(call.identity)
    made = PullRequest(
        number=repo.next_number(),
        title=str(body.get("title") or ""),
        description=str(body.get("description") or ""),
        author=identity.name,
        created_at=call.state.clock.now(),
        is_pull_request=bool(body.get("pullRequest")),
        base=repo.commit().commit_hash,
    )
    if made.is_pull_request:
        made.status = "draft"
        repo.refs[pull_ref(made.number)] = made.base
    repo.pulls[made.number] = made
    call.state.save(repo)
    return json_response({"num": made.number, "url": f"{call.page_of(repo)}/discussions/{made.number}"})


def discussion(call: Call) -> Response:
    """GET /api/{kind}/{id}/discussions/{number}."""
    repo = call.repo()
    pull = _pull(call, repo)
    shown = _summary(repo, pull) | {"events": [_opening(pull), *pull.events], "filesWithConflicts": []}
    if pull.is_pull_request:
        changes: dict[str, Any] = {"base": MAIN}
        if pull.merged_as:
            changes["mergeCommitId"] = pull.merged_as
        shown |= {"changes": changes, "diff": ""}
    return json_response(shown)


def merge(call: Call) -> Response:
    """POST /api/{kind}/{id}/discussions/{number}/merge."""
    repo = call.own_repo("merge under")
    pull = _pull(call, repo)
    if not pull.is_pull_request or pull.status in ("merged", "closed"):
        raise Refusal(400, f"Discussion {pull.number} cannot be merged: it is no open pull request")
    title = f"{pull.title} (#{pull.number})"
    now = call.state.clock.now()
    made = repo.add_commit(MAIN, _changes_of(repo, pull), title=title, author=call.author, date=now)
    pull.status, pull.merged_as = "merged", made.commit_hash
    return _happened(call, repo, pull, "status-change", {"status": "merged"})


def comment(call: Call) -> Response:
    """POST /api/{kind}/{id}/discussions/{number}/comment."""
    repo = call.repo()
    check_write_token(call.identity)
    latest = {
        "raw": str(call.json().get("comment") or ""),
        "html": "",
        "updatedAt": timestamp(call.state.clock.now()),
    }
    data = {"edited": False, "hidden": False, "latest": latest}
    return _happened(call, repo, _pull(call, repo), "comment", data)


def status(call: Call) -> Response:
    """POST /api/{kind}/{id}/discussions/{number}/status."""
    repo = call.own_repo("change discussions under")
    pull, wanted = _pull(call, repo), str(call.json().get("status"))
    if wanted not in ("open", "closed") or pull.status == "merged":
        raise Refusal(400, f"Discussion {pull.number} cannot become {wanted}")
    pull.status = wanted
    return _happened(call, repo, pull, "status-change", {"status": wanted})


def _pull(call: Call, repo: Repo) -> PullRequest:
    text = call.args["number"]
    found = repo.pulls.get(int(text)) if text.isdecimal() else None
    if found is None:
        raise Refusal(404, f"Discussion {text} not found")
    return found


def _happened(call: Call, repo: Repo, pull: PullRequest, kind: str, data: dict[str, Any]) -> Response:
    """Add an event, and answer with it."""
    pull.events.append(_event(pull, call.author, call.state.clock.now(), kind, data))
    call.state.save(repo)
    # The Hub has a name of its own for each kind of event.
    return json_response({"newMessage" if kind == "comment" else "newStatus": pull.events[-1]})


def _changes_of(repo: Repo, pull: PullRequest) -> dict[str, Any]:
    """Say what a pull request changed since it grew from its base."""
    old, new = repo.commits[pull.base].files, repo.commits[repo.refs[pull_ref(pull.number)]].files
    changed = {path: entry for path, entry in new.items() if old.get(path) != entry}
    return {**changed, **{path: None for path in old if path not in new}}


def _summary(repo: Repo, pull: PullRequest) -> dict[str, Any]:
    return {
        "num": pull.number,
        "title": pull.title,
        "status": pull.status,
        "author": {"name": pull.author, "type": "user"},
        "isPullRequest": pull.is_pull_request,
        "createdAt": timestamp(pull.created_at),
        "repo": {"name": repo.repo_id, "type": repo.repo_type},
    }


def _opening(pull: PullRequest) -> dict[str, Any]:
    latest = {"raw": pull.description, "html": pull.description, "updatedAt": timestamp(pull.created_at)}
    data = {"edited": False, "hidden": False, "latest": latest}
    return _event(pull, pull.author, pull.created_at, "comment", data)


def _event(pull: PullRequest, author: str, now: float, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": commit_hash_of([pull.number, kind, now, len(pull.events)])[:24],
        "author": {"name": author, "type": "user"},
        "createdAt": timestamp(now),
        "type": kind,
        "data": data,
    }
