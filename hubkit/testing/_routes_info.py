"""Handlers that describe: who am I, one repository, lists of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from hubkit.testing._accounts import check_files_readable, check_writable, may_read
from hubkit.testing._call import INVALID_CURSOR, Call, json_response, next_link, read_cursor
from hubkit.testing._front_matter import judge_card
from hubkit.testing._known import DATASET_LIST_FIELDS, INFO_ONLY_FIELDS, MODEL_LIST_FIELDS, SPACE_LIST_FIELDS
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import Repo

__all__ = ["agent_harnesses", "auth_check", "info", "listing", "validate_yaml", "whoami"]

_PAGE = 1000
_FIELDS = {"model": MODEL_LIST_FIELDS, "dataset": DATASET_LIST_FIELDS, "space": SPACE_LIST_FIELDS}
_NUMBERS = frozenset({"downloads", "likes", "likes30d", "mainSize", "num_parameters", "trendingScore"})
_DATES = frozenset({"createdAt", "lastModified"})
_ALWAYS = ("_id", "id")
_BRIEF = (
    "likes",
    "trendingScore",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
    "sdk",
)
_FULL = ("author", "gated", "lastModified", "sha")


def whoami(call: Call) -> Response:
    """GET /api/whoami-v2."""
    if call.identity is None:
        raise Refusal(401, "Invalid username or password.")
    return json_response(call.identity.describe())


def info(call: Call) -> Response:
    """GET /api/{kind}/{id} and its ``/revision/{rev}``."""
    expand, blobs = call.values("expand"), call.flag("blobs")
    repo = call.repo()
    allowed = (*_FIELDS[call.repo_type], *INFO_ONLY_FIELDS)
    _check_expand(expand, allowed, with_blobs=blobs or call.flag("securityStatus"))
    commit = call.commit(repo) if "revision" in call.args else None
    described = call.state.describer.describe(repo, commit)
    if not expand or "siblings" in expand:
        described["siblings"] = call.state.describer.siblings(repo, commit, blobs=blobs)
    if expand:
        described = _only(described, [*_ALWAYS, *expand])
    return json_response(described).make_conditional(call.request)


def listing(call: Call) -> Response:
    """GET /api/{kind}."""
    expand = call.values("expand")
    _check_expand(expand, _FIELDS[call.repo_type], with_blobs=False)
    order = _order_by(call.request.args.get("sort"), ascending=call.request.args.get("direction") == "1")
    limit, start = call.number("limit", _PAGE, most=_PAGE), read_cursor(call, list)
    found = [(order(record, repo), repo, record) for repo, record in _matching(call)]
    found.sort(key=lambda each: each[0])
    match start:
        case None:
            pass
        case [int() | float(), str()]:
            found = [each for each in found if list(each[0]) > start]
        case _:
            raise Refusal(400, INVALID_CURSOR)
    page = [_listed(call, repo, record, expand) for _, repo, record in found[:limit]]
    more = len(found) > limit
    return json_response(page, headers=next_link(call, found[limit - 1][0]) if more else None)


def auth_check(call: Call) -> Response:
    """GET /api/{kind}/{id}/auth-check, and its ``/write``."""
    repo = call.repo()
    check_files_readable(repo, call.identity)
    if call.args.get("access") == "write":
        check_writable(repo.namespace, call.identity, to="write under")
    return json_response({})


def validate_yaml(call: Call) -> Response:
    """POST /api/validate-yaml."""
    body = call.json()
    verdict = judge_card(str(body.get("content", "")), str(body.get("repoType") or "model"))
    answer = {
        "errors": [{"message": message} for message in verdict.errors],
        "warnings": [{"message": message} for message in verdict.warnings],
    }
    return json_response(answer, status=400 if verdict.errors else 200)


def agent_harnesses(call: Call) -> Response:
    """GET /api/agent-harnesses: telemetry, of which there is none."""
    return json_response({})


def _check_expand(expand: list[str], allowed: Iterable[str], *, with_blobs: bool) -> None:
    names = list(allowed)
    for position, name in enumerate(expand):
        if name not in names:
            options = "|".join(f'"{each}"' for each in names)
            raise Refusal(400, f"✖ Invalid option: expected one of {options}\n  → at expand[{position}]")
    if len(set(expand)) < len(expand):
        raise Refusal(400, "✖ Invalid input: duplicate values\n  → at expand")
    if expand and with_blobs:
        raise Refusal(400, "`expand` cannot be used together with `blobs` or `securityStatus`")


def _matching(call: Call) -> list[tuple[Repo, dict[str, Any]]]:
    """Pick what the caller may see and asked for."""
    query = call.request.args
    wanted = {tag for text in call.values("filter") for tag in text.split(",") if tag}
    task = query.get("pipeline_tag")
    search, author, gated = query.get("search", "").lower(), query.get("author"), query.get("gated")
    found = []
    for repo in call.state.repos(call.repo_type):
        if search not in repo.repo_id.lower() or (author is not None and repo.namespace != author):
            continue
        if not may_read(repo, call.identity) or (
            gated is not None and bool(repo.gated) != call.flag("gated")
        ):
            continue
        # What was never committed to is its record: nothing has to be worked out to filter it.
        record = call.state.describer.describe(repo) if repo.committed else repo.record
        if task is not None and record.get("pipeline_tag") != task:
            continue
        labels = {record.get("pipeline_tag"), record.get("library_name"), *(record.get("tags") or ())}
        if wanted <= labels:
            found.append((repo, record))
    return found


def _order_by(
    field: str | None, *, ascending: bool
) -> Callable[[Mapping[str, Any], Repo], tuple[float, str]]:
    field = field or "trendingScore"
    if field not in _NUMBERS | _DATES:
        raise Refusal(400, "Invalid sort parameter")
    sign = 1 if ascending else -1
    measure = _date if field in _DATES else _count
    # Of equals the smaller `_id` comes first: the Hub's own cursors say so.
    return lambda record, repo: (sign * measure(record.get(field)), repo.object_id)


def _count(value: object) -> float:
    """The number; a missing one is less than any, as it is to the Hub's database."""
    return value if isinstance(value, int | float) else -1


def _date(value: object) -> float:
    """Turn ISO text into a number of the same order; a missing date is the oldest."""
    return int(re.sub(r"\D", "", value)[:17].ljust(17, "0")) if isinstance(value, str) else 0


def _listed(call: Call, repo: Repo, record: dict[str, Any], expand: list[str]) -> dict[str, Any]:
    describer, full = call.state.describer, call.flag("full")
    described = describer.describe(repo)
    if full or "siblings" in expand:
        described["siblings"] = describer.siblings(repo)
    if expand:
        return _only(described, [*_ALWAYS, *expand])
    names = [*_ALWAYS, *_BRIEF, "modelId"]
    names += [*_FULL, "siblings"] if full else []
    names += ["cardData"] if call.flag("cardData") else []
    names += ["config"] if call.flag("config") else []
    if full:
        described.setdefault("author", repo.namespace or None)
    return _only(described, names)


def _only(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if name in record}
