"""Adapters to the Hub: a folder and its card in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hubkit._account import full_name
from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._refs import quote_revision
from hubkit._repositories import Repositories
from hubkit._transfers._card import MadeCard, check_card, make_card, read_card
from hubkit._transfers._destination import Destinations
from hubkit._transfers._folder import CARD, files_of
from hubkit._transfers._patience import patient_for
from hubkit._transfers._progress import progress_bars
from hubkit._transfers._request import UploadRequest
from hubkit._transfers._tokens import TokenSearch
from hubkit._transfers._translation import translated
from hubkit._transport import Transport
from hubkit.errors import (
    AuthenticationError,
    InvalidArgumentError,
    LocalPathError,
    NotConnectedError,
    NotFoundError,
)

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

__all__ = ["UploadRequest", "Uploads"]

log = logging.getLogger("hubkit")

T = TypeVar("T")

_DEFAULT_BRANCH = "main"

# Of a Hub that isn't the one in HF_ENDPOINT, huggingface_hub 1.x can't read the URL of
# the commit that it has just made, and raises this after the fact.
_UNREADABLE_URL = "Unable to retrieve user and repo ID"


class Uploads:
    """Uploads of one caller.

    Args:
        transport: Tells which Hub and whose token; the bytes go through `huggingface_hub`.
        metadata: Says under which licence a base model is.
        repositories: Creates the repository.
        progress: Whether a bar is shown, when standard error is a terminal.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        transport: Transport,
        metadata: MetadataStore,
        repositories: Repositories,
        *,
        progress: bool,
        clock: Clock,
    ) -> None:
        self._progress = progress
        self._transport = transport
        self._metadata = metadata
        self._destinations = Destinations(transport, metadata, repositories)
        self._clock = clock

    def check_allowed(self) -> None:
        """Raise `NotConnectedError` unless there is a token."""
        if self._transport.token is None:
            raise NotConnectedError("uploading needs a token: connect first, or set HF_TOKEN")

    def upload(self, request: UploadRequest) -> str:
        """Send the folder and its card as one commit.

        Returns:
            The URL of the repository or pull request.

        Raises:
            NotConnectedError: There is no token.
            LocalPathError: The folder holds what can't be read or sent.
            InvalidArgumentError: A file or the card holds an access token, or the repository is
                to be private and is public; nothing was created.
            ResponseError: The Hub refused.
            CardError: The card has errors, or isn't UTF-8; nothing was created.
            TransferError: The Hub doesn't take the card's front matter; nothing was created.
        """
        self.check_allowed()
        tokens = TokenSearch(self._transport.token)
        files = files_of(request.folder, tokens)
        if not files:
            raise LocalPathError(f"path {str(request.folder)!r} has no file that could be uploaded")
        repo_id = full_name(self._transport, request.repo_id)
        existing = read_card(request.folder) or self._published(repo_id, request.revision)
        card = make_card(request, repo_id, self._metadata, existing)
        _check_words(request, card.readme, tokens)
        if not request.skip_card_checks:
            check_card(repo_id, card.readme)
        self._check_card(repo_id, card.readme)
        self._destinations.prepare(repo_id, request)
        send = self._open_pull_request if request.create_pr else self._commit
        try:
            url = send(request, repo_id, files, card)
        finally:
            # Also where the answer is lost: the change may have been made.
            self._metadata.drop(repo_id)
        return url or f"{self._transport.endpoint}/{repo_id}"

    def _published(self, repo_id: str, revision: str | None) -> str:
        """The card that is there now, which people may have edited on the Hub; empty without one.

        Raises:
            CardError: It isn't UTF-8.
        """
        from hubkit.cards._text import card_text

        try:
            answer = self._transport.get(
                f"/{repo_id}/resolve/{quote_revision(revision or _DEFAULT_BRANCH)}/{CARD}"
            )
        except (NotFoundError, AuthenticationError):
            # One that may not be read is one that may not be written: the Hub will say so.
            return ""
        log.info("%s has a card: what people wrote into it is kept", repo_id)
        return card_text(answer.body, f"{CARD} of {repo_id}")

    def _check_card(self, repo_id: str, card: bytes) -> None:
        """Let the Hub look at the card before anything is created, not only before the commit."""

        def check() -> None:
            # create_commit does the same first; it isn't public by itself, hence may be gone.
            validate = getattr(self._api(), "_validate_yaml", None)
            if validate is not None:
                validate(card.decode(), repo_type="model")

        self._run(check, repo_id)

    def _open_pull_request(
        self, request: UploadRequest, repo_id: str, files: list[Path], card: MadeCard
    ) -> str | None:
        """Open a pull request; its URL, or None when nothing has changed and hence none was opened."""
        before = self._destinations.newest_pull_request(repo_id)
        url = self._commit(request, repo_id, files, card)
        number = self._destinations.newest_pull_request(repo_id) if url is None else before
        return url if number == before else f"{self._transport.endpoint}/{repo_id}/discussions/{number}"

    def _commit(self, request: UploadRequest, repo_id: str, files: list[Path], card: MadeCard) -> str | None:
        """Make the commit; the URL of its pull request, if there is one and its URL is known."""

        def commit() -> str | None:
            try:
                # upload_folder may make several commits; this makes one or none.
                made = self._api().create_commit(
                    repo_id,
                    _operations(request.folder, files, card),
                    commit_message=request.commit_message,
                    revision=request.revision,
                    create_pr=request.create_pr,
                )
            except ValueError as error:
                if _UNREADABLE_URL not in str(error):
                    raise
                return None
            return None if made.pr_url is None else str(made.pr_url)

        return self._run(commit, repo_id)

    def _run(self, call: Callable[[], T], repo_id: str) -> T:
        """Let `huggingface_hub` do something, in our manners: bars as wanted, errors of ours."""
        token, patience = self._transport.token, self._transport.new_deadline().seconds
        with progress_bars(self._progress), patient_for(patience, token=token, clock=self._clock):
            return translated(call, f"upload to {repo_id}", token=token, clock=self._clock)

    def _api(self) -> HfApi:
        from huggingface_hub import HfApi

        from hubkit._version import __version__

        token = self._transport.token
        return HfApi(
            endpoint=self._transport.endpoint,
            token=token.reveal() if token else False,
            library_name="hubkit",
            library_version=__version__,
        )


def _operations(folder: Path, files: list[Path], card: MadeCard) -> list[CommitOperationAdd]:
    from huggingface_hub import CommitOperationAdd

    content: dict[str, Path | bytes] = {path.relative_to(folder).as_posix(): path for path in files}
    content.update({**card.pictures, CARD: card.readme})
    return [CommitOperationAdd(path_in_repo=name, path_or_fileobj=what) for name, what in content.items()]


def _check_words(request: UploadRequest, card: bytes, tokens: TokenSearch) -> None:
    """Refuse an access token in what is written rather than in a file that is sent."""
    for name, words in ((CARD, card), ("commit_message", request.commit_message.encode())):
        if tokens.is_in(words):
            raise InvalidArgumentError(
                f"{name} would hold an access token, and everybody could read it: nothing was uploaded"
            )
