"""`Repositories`: making, changing and reading repositories, all but their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from hubkit._account import full_name
from hubkit._refs import api_prefix, parse_repo_id, parse_repo_type, parse_revision, quote_revision
from hubkit._transport import HubResponse, Transport
from hubkit.errors import (
    DecodeError,
    HubkitError,
    InvalidArgumentError,
    NotConnectedError,
    RepoNotFoundError,
    ResponseError,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
)
from hubkit.models import ModelFile, RepoCommit, RepoRef, RepoRefs

__all__ = ["Repositories"]

_CONFLICT = 409
_UNDER_WAY = "another conflicting operation"
_GATES = (False, "auto", "manual")


class Repositories:
    """The repositories of a Hub; a `HubClient` has them as ``repos``.

    Changing one needs a token with the right to write: without one every changing
    method raises `NotConnectedError`, before any request. Changes are sent once and
    never retried, since nobody knows what became of one whose answer was lost.

    Args:
        transport: The way to the Hub.
        changed: Told the id and the type of each repository that was changed.
    """

    def __init__(self, transport: Transport, changed: Callable[[str, str], None]) -> None:
        self._transport = transport
        self._changed = changed

    def create(
        self,
        repo_id: str,
        *,
        private: bool = False,
        repo_type: str = "model",
        exist_ok: bool = False,
        sdk: str | None = None,
    ) -> str:
        """Create an empty repository.

        Args:
            repo_id: ``org/name``, or ``name`` for the token's own account.
            private: Whether only its owner's readers see it.
            repo_type: ``model``, ``dataset`` or ``space``.
            exist_ok: Whether one that is there already is as good; it is left as it is.
            sdk: What runs a space: ``gradio``, ``docker`` or ``static``; the Hub insists on it.

        Returns:
            The URL of its page.

        Raises:
            NotConnectedError: No token.
            InvalidArgumentError: A space without an sdk, or an sdk without a space.
            ResponseError: The Hub refused; status 409 when there is one.
        """
        namespace, _, name = _checked(repo_id, repo_type).rpartition("/")
        if (repo_type == "space") != (sdk is not None):
            raise InvalidArgumentError("sdk is needed for a space, such as 'gradio', and for nothing else")
        body = {"name": name, "organization": namespace or None, "type": repo_type, "private": private}
        if sdk is not None:
            body["sdk"] = sdk
        try:
            answer = self._change("POST", "/api/repos/create", body, repo_type, repo_id).json()
        except ResponseError as error:
            if error.status_code != _CONFLICT or not exist_ok or _is_under_way(error):
                raise
            # Somebody else made it, perhaps since it was asked for in vain.
            self._tell(repo_type, repo_id)
            self._tell_owned(repo_type, repo_id)
            return _page(self._transport.endpoint, repo_type, repo_id)
        self._tell_owned(repo_type, repo_id)
        url = answer.get("url") if isinstance(answer, dict) else None
        return url if isinstance(url, str) else _page(self._transport.endpoint, repo_type, repo_id)

    def delete(self, repo_id: str, *, repo_type: str = "model", missing_ok: bool = False) -> None:
        """Delete a repository with all its history.

        Raises:
            NotConnectedError: No token.
            RepoNotFoundError: There is none, unless ``missing_ok``.
        """
        namespace, _, name = _checked(repo_id, repo_type).rpartition("/")
        try:
            self._change(
                "DELETE",
                "/api/repos/delete",
                {"name": name, "organization": namespace or None, "type": repo_type},
                repo_type,
                repo_id,
            )
        except RepoNotFoundError:
            if not missing_ok:
                raise
            self._tell(repo_type, repo_id)
        self._tell_owned(repo_type, repo_id)

    def exists(self, repo_id: str, *, repo_type: str = "model") -> bool:
        """Whether this token sees such a repository now; asks the Hub.

        Raises:
            TransportError: The Hub can't be reached, or what answered is not the Hub.
            DecodeError: It is no answer about a repository.
        """
        path = api_prefix(repo_type, _checked(repo_id, repo_type))
        try:
            response = self._transport.get(path, params=[("expand", "sha")])
        except RepoNotFoundError:
            return False
        self._check_named(response, repo_id, repo_type)
        return True

    def move(self, from_id: str, to_id: str, *, repo_type: str = "model") -> None:
        """Rename a repository; the Hub leads from the old name to the new one.

        Raises:
            NotConnectedError: No token.
            ResponseError: The Hub refused.
        """
        _checked(from_id, repo_type, "from_id")
        parse_repo_id(to_id, field="to_id")
        body = {"fromRepo": from_id, "toRepo": to_id, "type": repo_type}
        self._change("POST", "/api/repos/move", body, repo_type, from_id, to_id)
        self._tell_owned(repo_type, from_id, to_id)

    def settings(
        self,
        repo_id: str,
        *,
        private: bool | None = None,
        gated: bool | str | None = None,
        repo_type: str = "model",
    ) -> None:
        """Change who may see a repository.

        Args:
            repo_id: ``org/name``.
            private: Whether only its owner's readers see it; None leaves it.
            gated: ``auto``, ``manual`` or False; None leaves it.
            repo_type: ``model``, ``dataset`` or ``space``.

        Raises:
            NotConnectedError: No token.
            InvalidArgumentError: Nothing to change, or no such gate.
        """
        if gated is not None and gated not in _GATES:
            raise InvalidArgumentError(f"gated must be 'auto', 'manual' or False, not {gated!r}")
        changes = {"private": private, "gated": gated}
        wanted = {key: value for key, value in changes.items() if value is not None}
        if not wanted:
            raise InvalidArgumentError("settings needs at least one of private and gated")
        path = f"{api_prefix(repo_type, _checked(repo_id, repo_type))}/settings"
        self._change("PUT", path, wanted, repo_type, repo_id)

    def files(self, repo_id: str, *, revision: str = "main", repo_type: str = "model") -> list[ModelFile]:
        """Every file of a repository at a revision, with its size."""
        path = f"{api_prefix(repo_type, _checked(repo_id, repo_type))}/tree/{_quoted(revision)}"
        items = self._listed(path, [("recursive", "true")])
        return [_file(item) for item in items if item.get("type") == "file"]

    def commits(
        self, repo_id: str, *, revision: str = "main", repo_type: str = "model", limit: int | None = None
    ) -> list[RepoCommit]:
        """The history that leads to a revision, newest first; ``limit`` commits at most."""
        if limit is not None and (type(limit) is not int or limit < 1):
            raise InvalidArgumentError(f"limit must be at least 1, not {limit!r}")
        path = f"{api_prefix(repo_type, _checked(repo_id, repo_type))}/commits/{_quoted(revision)}"
        commits = []
        for item in self._listed(path, []):
            commits.append(RepoCommit.from_hub(item))
            if len(commits) == limit:
                break
        return commits

    def refs(self, repo_id: str, *, repo_type: str = "model") -> RepoRefs:
        """Branches, tags and pull requests."""
        path = f"{api_prefix(repo_type, _checked(repo_id, repo_type))}/refs"
        answer = self._transport.get(path, params=[("include_prs", "1")]).json()
        if not isinstance(answer, dict) or not isinstance(answer.get("branches"), list):
            raise DecodeError(f"{path}: expected a JSON object with branches")
        return RepoRefs(
            branches=_refs(answer.get("branches")),
            tags=_refs(answer.get("tags")),
            pull_requests=_refs(answer.get("pullRequests")),
        )

    def create_branch(
        self, repo_id: str, branch: str, *, revision: str | None = None, repo_type: str = "model"
    ) -> None:
        """Create a branch, at ``revision`` or where the default branch stands.

        Raises:
            NotConnectedError: No token.
            ResponseError: The Hub refused; status 409 when there is one.
        """
        body = {} if revision is None else {"startingPoint": parse_revision(revision)}
        self._change("POST", _named(repo_type, repo_id, "branch", branch), body, repo_type, repo_id)

    def delete_branch(self, repo_id: str, branch: str, *, repo_type: str = "model") -> None:
        """Delete a branch.

        Raises:
            NotConnectedError: No token.
            RevisionNotFoundError: There is none.
        """
        self._change("DELETE", _named(repo_type, repo_id, "branch", branch), None, repo_type, repo_id)

    def create_tag(
        self,
        repo_id: str,
        tag: str,
        *,
        revision: str = "main",
        message: str | None = None,
        repo_type: str = "model",
    ) -> None:
        """Put a tag on a revision.

        Raises:
            NotConnectedError: No token.
            ResponseError: The Hub refused; status 409 when there is one.
        """
        body = {"tag": parse_revision(tag, field="tag"), "message": message}
        path = _named(repo_type, repo_id, "tag", revision, field="revision")
        given = {key: value for key, value in body.items() if value is not None}
        self._change("POST", path, given, repo_type, repo_id)

    def delete_tag(self, repo_id: str, tag: str, *, repo_type: str = "model") -> None:
        """Delete a tag.

        Raises:
            NotConnectedError: No token.
            RevisionNotFoundError: There is none.
        """
        self._change("DELETE", _named(repo_type, repo_id, "tag", tag), None, repo_type, repo_id)

    def _change(self, method: str, path: str, body: Any, repo_type: str, *repo_ids: str) -> HubResponse:
        """Send a change, and tell whose."""
        if self._transport.token is None:
            raise NotConnectedError("changing a repository needs a token: connect first, or set HF_TOKEN")
        try:
            response = self._transport.write(method, path, json=body)
        except (TransportError, ServerError):
            # Only a refusal is certain to have changed nothing.
            self._tell(repo_type, *repo_ids)
            raise
        self._tell(repo_type, *repo_ids)
        return response

    def _tell(self, repo_type: str, *repo_ids: str) -> None:
        for repo_id in repo_ids:
            self._changed(repo_id, repo_type)

    def _tell_owned(self, repo_type: str, *repo_ids: str) -> None:
        """Tell of those without an owner by the name that readers know: they are of the token's own account."""
        bare = [repo_id for repo_id in repo_ids if "/" not in repo_id]
        if bare:
            with suppress(HubkitError):
                self._tell(repo_type, *(full_name(self._transport, repo_id) for repo_id in bare))

    def _check_named(self, response: HubResponse, repo_id: str, repo_type: str) -> None:
        """Refuse what is no answer about a repository, or one about another: anybody can say 200."""
        answer = response.json()
        name = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(name, str):
            raise DecodeError(f"{response.url}: expected a JSON object with an id")
        # A renamed one answers under its new name, and the redirect led there.
        if (
            response.url.partition("?")[0].casefold()
            != (self._transport.endpoint + api_prefix(repo_type, name)).casefold()
        ):
            raise UnexpectedAnswerError(f"{response.url} answered about another repository than {repo_id}")

    def _listed(self, path: str, params: list[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
        for page in self._transport.pages(path, params=params):
            items = page.json()
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise DecodeError(f"{page.url}: expected a list")
            yield from items


def _is_under_way(error: ResponseError) -> bool:
    """Whether somebody's write is in the way, which says nothing of whether there is a repository."""
    return _UNDER_WAY in (error.server_message or "")


def _checked(repo_id: str, repo_type: str, field: str = "repo_id") -> str:
    parse_repo_type(repo_type)
    return parse_repo_id(repo_id, field=field)


def _quoted(revision: str, field: str = "revision") -> str:
    return quote_revision(parse_revision(revision, field=field))


def _named(repo_type: str, repo_id: str, kind: str, name: str, *, field: str | None = None) -> str:
    return f"{api_prefix(repo_type, _checked(repo_id, repo_type))}/{kind}/{_quoted(name, field or kind)}"


def _page(endpoint: str, repo_type: str, repo_id: str) -> str:
    folder = "" if repo_type == "model" else f"{repo_type}s/"
    return f"{endpoint}/{folder}{quote(repo_id)}"


def _file(item: Mapping[str, Any]) -> ModelFile:
    """A file of a tree, which calls things otherwise than a model's ``siblings`` do."""
    lfs = item.get("lfs")
    record = {"rfilename": item.get("path"), "size": item.get("size"), "blobId": item.get("oid")}
    if isinstance(lfs, Mapping):
        record["lfs"] = {
            "sha256": lfs.get("oid"),
            "size": lfs.get("size"),
            "pointerSize": lfs.get("pointerSize"),
        }
    return ModelFile.from_hub(record)


def _refs(items: Any) -> tuple[RepoRef, ...]:
    return tuple(RepoRef.from_hub(item) for item in items or () if isinstance(item, Mapping))
