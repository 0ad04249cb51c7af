"""Where an upload goes, and whether a commit to it can succeed."""

from __future__ import annotations

from hubkit._metadata import MetadataStore
from hubkit._repositories import Repositories
from hubkit._transfers._request import UploadRequest
from hubkit._transport import Transport
from hubkit.errors import (
    AuthenticationError,
    InvalidArgumentError,
    ResponseError,
    RevisionNotFoundError,
)

__all__ = ["Destinations"]

_DEFAULT_BRANCH = "main"

# Whoever may not create it, or needn't, may yet commit to it, or open a pull request.
_PERHAPS_THERE = (401, 403, 409)


class Destinations:
    """Finds and makes the repositories of one caller's uploads.

    Args:
        transport: Tells whose token it is.
        metadata: Says whether a repository is private.
        repositories: Creates them, and knows their branches.
    """

    def __init__(self, transport: Transport, metadata: MetadataStore, repositories: Repositories) -> None:
        self._transport = transport
        self._metadata = metadata
        self._repositories = repositories

    def prepare(self, repo_id: str, request: UploadRequest) -> None:
        """See to it that the repository is there, and is as the request wants it.

        Raises:
            InvalidArgumentError: It is to be private, and is there and public.
            RevisionNotFoundError: It has no such branch; a new repository would have none either.
            ResponseError: The Hub doesn't let this token create it, and it isn't there.
        """
        if request.revision not in (None, _DEFAULT_BRANCH):
            self._check_branch(repo_id, str(request.revision))
        elif self._created(repo_id, private=request.private):
            return
        if request.private and not self._metadata.require(repo_id, use_cache=False).private:
            raise InvalidArgumentError(
                f"{repo_id} exists and is public, so the upload can't be private: nothing was uploaded"
            )

    def newest_pull_request(self, repo_id: str) -> int:
        """The number of the pull request that was opened last; 0 without any."""
        refs = self._repositories.refs(repo_id).pull_requests
        return max((int(ref.name.rpartition("/")[2]) for ref in refs if ref.name[-1:].isdigit()), default=0)

    def _created(self, repo_id: str, *, private: bool) -> bool:
        """Create the repository; False when it was there already."""
        try:
            self._repositories.create(repo_id, private=private)
        except ResponseError as refusal:
            if refusal.status_code not in _PERHAPS_THERE or not self._is_there(repo_id):
                raise
            return False
        return True

    def _is_there(self, repo_id: str) -> bool:
        try:
            return self._repositories.exists(repo_id)
        except AuthenticationError:
            return False

    def _check_branch(self, repo_id: str, revision: str) -> None:
        refs = self._repositories.refs(repo_id)
        names = {name for ref in (*refs.branches, *refs.pull_requests) for name in (ref.name, ref.ref)}
        if revision not in names:
            raise RevisionNotFoundError(f"{repo_id} has no branch {revision!r} to commit to", 404)
