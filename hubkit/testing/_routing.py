"""Which handler answers which URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import attrs
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Response

from hubkit.testing import (
    _routes_commit,
    _routes_files,
    _routes_info,
    _routes_lfs,
    _routes_pulls,
    _routes_refs,
    _routes_repos,
)
from hubkit.testing._call import Call
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import KINDS

__all__ = ["ROUTE_NAMES", "UNKNOWN", "Match", "Route", "redirect_to", "route"]

Handler = Callable[[Call], Response]

_WORDS = (
    "auth-check|branch|commit|commits|discussions|paths-info|preupload|refs|resolve|revision|settings|"
    "super-squash|tag|tree"
)


class _RepoId(BaseConverter):
    """One or two segments. A word that follows ids in URLs is no name, or `gpt2/refs` would be a model."""

    regex = rf"(?!(?:api|datasets|spaces)/)[^/]+(?:/(?!(?:{_WORDS})(?:/|$))[^/]+)?"
    part_isolating = False

    def to_python(self, value: str) -> str:
        return unquote(value)


class _Segment(BaseConverter):
    """One segment, in which a slash is written `%2F`."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return unquote(value)


class _Path(BaseConverter):
    """All the rest of the URL."""

    regex = ".+"
    part_isolating = False

    def to_python(self, value: str) -> str:
        return unquote(value)


@attrs.frozen(kw_only=True)
class Route:
    """One line of the table."""

    name: str
    """What `LocalHub.requests` counts and `LocalHub.fail` takes; ``{type}`` stands for the repository type."""

    handler: Handler
    """What answers."""

    locked: bool = True
    """Whether the hub's lock is held meanwhile."""

    needs_token: bool = True
    """Whether a wrong token is refused; LFS uploads carry none."""


@attrs.frozen(kw_only=True)
class Match:
    """What a URL was found to mean."""

    route: str
    """The route's name."""

    handler: Handler | None
    """What answers; None for URLs that the hub does not know."""

    repo_type: str = ""
    """``model``, ``dataset`` or ``space``; empty where the route has none."""

    args: Mapping[str, str] = attrs.field(factory=dict)
    """The pieces of the path, unquoted."""

    locked: bool = True
    """See `Route`."""

    needs_token: bool = True
    """See `Route`."""

    @property
    def plain_errors(self) -> bool:
        """Whether errors are text, as they are where files come from."""
        return self.route.startswith("resolve_")


UNKNOWN = Match(route="unknown", handler=None)
"""A URL that no route knows."""


def _rule(path: str, method: str, name: str, handler: Handler, **options: bool) -> Rule:
    return Rule(path, methods=[method], endpoint=Route(name=name, handler=handler, **options))


def _rules() -> list[Rule]:
    repo = "/api/<any(models,datasets,spaces):kind>/<repo:repo_id>"
    rules = [
        _rule("/api/whoami-v2", "GET", "whoami", _routes_info.whoami),
        _rule("/api/agent-harnesses", "GET", "agent_harnesses", _routes_info.agent_harnesses),
        _rule("/api/validate-yaml", "POST", "validate_yaml", _routes_info.validate_yaml),
        _rule("/api/repos/create", "POST", "create_repo", _routes_repos.create_repo),
        _rule("/api/repos/delete", "DELETE", "delete_repo", _routes_repos.delete_repo),
        _rule("/api/repos/move", "POST", "move_repo", _routes_repos.move_repo),
        _rule("/api/<any(models,datasets,spaces):kind>", "GET", "{type}s_list", _routes_info.listing),
        _rule(repo, "GET", "{type}_info", _routes_info.info),
        _rule(f"{repo}/revision/<segment:revision>", "GET", "{type}_info", _routes_info.info),
        _rule(f"{repo}/auth-check", "GET", "auth_check", _routes_info.auth_check),
        _rule(f"{repo}/auth-check/<segment:access>", "GET", "auth_check", _routes_info.auth_check),
        _rule(f"{repo}/tree/<segment:revision>", "GET", "tree", _routes_files.tree),
        _rule(f"{repo}/tree/<segment:revision>/<rest:path>", "GET", "tree", _routes_files.tree),
        _rule(f"{repo}/paths-info/<segment:revision>", "POST", "paths_info", _routes_files.paths_info),
        _rule(f"{repo}/commits/<segment:revision>", "GET", "commits", _routes_files.commits),
        _rule(f"{repo}/settings", "PUT", "settings", _routes_repos.settings),
        _rule(f"{repo}/preupload/<segment:revision>", "POST", "preupload", _routes_commit.preupload),
        _rule(f"{repo}/commit/<segment:revision>", "POST", "commit", _routes_commit.commit),
        _rule(f"{repo}/refs", "GET", "refs", _routes_refs.refs),
        _rule(f"{repo}/branch/<segment:name>", "POST", "branch_create", _routes_refs.branch_create),
        _rule(f"{repo}/branch/<segment:name>", "DELETE", "branch_delete", _routes_refs.branch_delete),
        _rule(f"{repo}/tag/<segment:revision>", "POST", "tag_create", _routes_refs.tag_create),
        _rule(f"{repo}/tag/<segment:revision>", "DELETE", "tag_delete", _routes_refs.tag_delete),
        _rule(f"{repo}/super-squash/<segment:revision>", "POST", "squash", _routes_refs.squash),
        _rule(f"{repo}/discussions", "GET", "discussions", _routes_pulls.discussions),
        _rule(f"{repo}/discussions", "POST", "discussions", _routes_pulls.open_discussion),
        _rule(f"{repo}/discussions/<segment:number>", "GET", "discussions", _routes_pulls.discussion),
        _rule(f"{repo}/discussions/<segment:number>/merge", "POST", "discussions", _routes_pulls.merge),
        _rule(f"{repo}/discussions/<segment:number>/comment", "POST", "discussions", _routes_pulls.comment),
        _rule(f"{repo}/discussions/<segment:number>/status", "POST", "discussions", _routes_pulls.status),
    ]
    lfs = {"locked": False, "needs_token": False}
    rules.append(
        _rule("/lfs-upload/<segment:oid>/<segment:ticket>", "PUT", "lfs_put", _routes_lfs.lfs_put, **lfs)
    )
    for prefix in ("", "/<any(datasets,spaces):kind>"):
        git = f"{prefix}/<repo:repo_id>.git/info/lfs"
        rules += [
            _rule(
                f"{prefix}/<repo:repo_id>/resolve/<segment:revision>/<rest:path>",
                "GET",
                "resolve",
                _routes_files.resolve,
            ),
            _rule(f"{git}/objects/batch", "POST", "lfs_batch", _routes_lfs.lfs_batch),
            _rule(f"{git}/verify", "POST", "lfs_verify", _routes_lfs.lfs_verify),
        ]
    return rules


_RULES = _rules()
_MAP = Map(
    _RULES,
    converters={"repo": _RepoId, "segment": _Segment, "rest": _Path},
    strict_slashes=False,
    merge_slashes=False,
)


ROUTE_NAMES = frozenset(
    {"resolve_get", "resolve_head", UNKNOWN.route}
    | {rule.endpoint.name.format(type=repo_type) for rule in _RULES for repo_type in KINDS.values()}
) - {"resolve"}
"""Every name that a request can be counted under."""


def route(method: str, path: str) -> Match:
    """Find what a URL means.

    Args:
        method: HTTP method.
        path: The path, still quoted: only so is a slash inside a revision told from one between segments.

    Returns:
        The match, or `UNKNOWN`.

    Raises:
        Refusal: The URL is known, the method is not.
    """
    try:
        found, values = _MAP.bind("hub").match(path, method)
    except MethodNotAllowed as error:
        raise Refusal(405, f"Method {method} is not allowed here") from error
    except HTTPException:
        return UNKNOWN
    assert isinstance(found, Route)
    args: dict[str, Any] = dict(values)
    repo_type = KINDS[args.pop("kind", "models")]
    name = found.name.format(type=repo_type)
    if name == "resolve":
        name = "resolve_head" if method == "HEAD" else "resolve_get"
    return Match(
        route=name,
        handler=found.handler,
        repo_type=repo_type,
        args=args,
        locked=found.locked,
        needs_token=found.needs_token,
    )


def redirect_to(target: str, old: str, new: str) -> Response:
    """Send a client to the true id of a repository.

    Args:
        target: What was asked for: path and query.
        old: The id in it.
        new: The true id.

    Returns:
        A 307 with a relative address, as the Hub sends it.
    """
    path, mark, query = target.partition("?")
    # The id is looked for behind the words that come before ids, one of which might equal it.
    start = next((len(head) for head in _HEADS if path.startswith(head)), 1)
    moved = path[:start] + path[start:].replace(quote(old), quote(new), 1)
    return Response(status=307, headers={"Location": f"{moved}{mark}{query}"}, content_type="text/plain")


_HEADS = (*(f"/api/{kind}/" for kind in KINDS), "/datasets/", "/spaces/")
