"""One request on its way to a handler, and the answers that handlers give."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import attrs
from werkzeug.wrappers import Request, Response

from hubkit.testing._accounts import (
    Identity,
    check_files_readable,
    check_writable,
    may_read,
    missing_repo,
)
from hubkit.testing._commits import Commit
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import Repo
from hubkit.testing._state import HubState

__all__ = [
    "INVALID_CURSOR",
    "Call",
    "HubRequest",
    "error_response",
    "json_response",
    "next_link",
    "read_cursor",
]

T = TypeVar("T")

INVALID_CURSOR = "Invalid cursor"
_TRUE = frozenset({"1", "true", "True"})


class HubRequest(Request):
    """A request of any size: commits carry whole files, and a form may name thousands of paths."""

    max_content_length = None
    max_form_memory_size = None


@attrs.frozen(kw_only=True)
class Call:
    """What a handler gets."""

    state: HubState
    """The hub."""

    request: HubRequest
    """The request itself."""

    identity: Identity | None
    """Who asks; None for anonymous."""

    repo_type: str
    """``model``, ``dataset`` or ``space``; empty where the route has none."""

    args: Mapping[str, str]
    """The pieces of the path, unquoted."""

    @property
    def base_url(self) -> str:
        """The hub's address as the client wrote it, so that links stay behind the client's own proxy."""
        return self.request.host_url.rstrip("/")

    @property
    def author(self) -> str:
        """The caller's name, for commits."""
        return self.identity.name if self.identity else "anonymous"

    def flag(self, name: str) -> bool:
        """Read a boolean of the query: clients write ``true``, ``True`` or ``1``."""
        return self.request.args.get(name, "") in _TRUE

    def values(self, name: str) -> list[str]:
        """Read a repeated field of the query, also when it is written with ``[]``."""
        return self.request.args.getlist(name) + self.request.args.getlist(f"{name}[]")

    def number(self, name: str, default: int, *, most: int) -> int:
        """Read a positive number of the query.

        Args:
            name: The field.
            default: What stands in for a missing one.
            most: The largest that counts.

        Returns:
            The number, at most ``most``.

        Raises:
            Refusal: It is no positive number.
        """
        text = self.request.args.get(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) == 0:
            raise Refusal(400, f"Invalid {name}: {text}")
        return min(int(text), most)

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object; Refusal when it is none."""
        try:
            body = json.loads(self.request.get_data() or b"{}")
        except (ValueError, RecursionError) as error:
            raise Refusal(400, f"Invalid JSON body: {error}") from error
        if not isinstance(body, dict):
            raise Refusal(400, "Invalid JSON body: expected an object")
        return body

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Read a list of objects in the body; Refusal when it is none."""
        listed = self.json().get(name) or []
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            raise Refusal(400, f"Invalid {name}: expected a list of objects")
        return listed

    def find(self, repo_id: str, repo_type: str) -> Repo:
        """Look up a repository that the caller may know of; Refusal otherwise."""
        repo = self.state.find(repo_type, repo_id)
        if repo is None or not may_read(repo, self.identity):
            raise missing_repo(self.identity)
        if repo.disabled:
            raise Refusal(403, "Access to this resource is disabled.")
        return repo

    def repo(self) -> Repo:
        """Look up the repository of the path; Refusal when the caller may not know of it."""
        return self.find(self.args["repo_id"], self.repo_type)

    def repo_with_files(self) -> Repo:
        """Look up the repository of the path; Refusal when the caller may not have its files."""
        repo = self.repo()
        check_files_readable(repo, self.identity)
        return repo

    def own_repo(self, to: str = "change repositories under") -> Repo:
        """Look up the repository of the path; Refusal when the caller may not change it."""
        repo = self.repo()
        check_writable(repo.namespace, self.identity, to=to)
        return repo

    def commit(self, repo: Repo) -> Commit:
        """Resolve the revision of the path; Refusal when there is none."""
        return repo.commit(self.args.get("revision", "main"))

    def page_of(self, repo: Repo) -> str:
        """Say where people would look at a repository."""
        prefix = "" if repo.repo_type == "model" else f"{repo.repo_type}s/"
        return f"{self.base_url}/{prefix}{repo.repo_id}"


def json_response(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON.

    Args:
        body: Anything that JSON can hold.
        status: HTTP status.
        headers: Further headers.

    Returns:
        The answer, with the weak ETag that the Hub makes of the body.
    """
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    response = Response(content, status, headers, content_type="application/json; charset=utf-8")
    response.headers["ETag"] = _weak_etag(content)
    return response


def error_response(refusal: Refusal, *, plain: bool) -> Response:
    """Answer with an error.

    Args:
        refusal: What went wrong.
        plain: Whether the body is text, as for files, and not JSON.

    Returns:
        The answer, with the Hub's error headers.
    """
    if plain:
        response = Response(refusal.message, refusal.status, content_type="text/plain; charset=utf-8")
    else:
        response = json_response({"error": refusal.message, **refusal.body}, status=refusal.status)
    # Header values are one line of Latin-1.
    first_line = refusal.message.splitlines()[0] if refusal.message else ""
    response.headers["X-Error-Message"] = first_line.encode("latin-1", "replace").decode("latin-1")
    if refusal.code:
        response.headers["X-Error-Code"] = refusal.code
    response.headers.update(refusal.headers)
    return response


def next_link(call: Call, cursor: object) -> dict[str, str]:
    """Write the header that leads to the next page.

    Args:
        call: The request for this page.
        cursor: Where the next page starts; anything that JSON can hold.

    Returns:
        A ``Link`` header with an absolute URL.
    """
    opaque = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
    kept = [(name, value) for name, value in call.request.args.items(multi=True) if name != "cursor"]
    target = call.request.environ["REQUEST_URI"].partition("?")[0]
    return {"Link": f'<{call.base_url}{target}?{urlencode([*kept, ("cursor", opaque)])}>; rel="next"'}


def read_cursor(call: Call, kind: type[T]) -> T | None:
    """Read where this page starts; None for the first page, Refusal for a cursor of somebody else's."""
    opaque = call.request.args.get("cursor")
    if opaque is None:
        return None
    try:
        start = json.loads(base64.urlsafe_b64decode(opaque))
    except ValueError as error:
        raise Refusal(400, INVALID_CURSOR) from error
    if type(start) is not kind:
        raise Refusal(400, INVALID_CURSOR)
    return start


def _weak_etag(content: bytes) -> str:
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    return f'W/"{len(content):x}-{base64.b64encode(digest).decode().rstrip("=")}"'
