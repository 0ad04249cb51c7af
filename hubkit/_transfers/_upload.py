"""Adapters to the Hub: a folder and its card in one commit."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._refs import is_repo_id
from hubkit._repositories import Repositories
from hubkit._secrets import Secret
from hubkit._transfers._progress import progress_bars
from hubkit._transfers._request import UploadRequest
from hubkit._transfers._translation import translated
from hubkit._transport import Transport
from hubkit.errors import HubkitError, LocalPathError, NotConnectedError

__all__ = ["UploadRequest", "Uploads"]

log = logging.getLogger("hubkit")

CARD = "README.md"

_SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", ".ipynb_checkpoints"}
_SKIPPED_FILES = {".DS_Store", "Thumbs.db"}

# training_args.bin keeps a hub_token that was passed to the Trainer in clear text.
_TOKEN_SHAPE = re.compile(rb"hf_[A-Za-z0-9]{30,}")
_SEARCHED_BYTES = 16 * 1024 * 1024

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
        self._repositories = repositories
        self._clock = clock

    def check_allowed(self) -> None:
        """Raise `NotConnectedError` unless there is a token."""
        if self._transport.token is None:
            raise NotConnectedError("uploading needs a token: connect first, or set HF_TOKEN")

    def upload(self, request: UploadRequest) -> str:
        """Send the folder and its card as one commit; the URL of the repository or pull request."""
        self.check_allowed()
        files = list(_files_of(request.folder, self._transport.token))
        if not files:
            raise LocalPathError(f"path {str(request.folder)!r} has no file that could be uploaded")
        card = self._card(request)
        self._repositories.create(request.repo_id, private=request.private, exist_ok=True)
        pull_request = self._commit(request, files, card)
        self._metadata.drop(request.repo_id)
        if request.create_pr:
            return pull_request or self._newest_pull_request(request.repo_id)
        return f"{self._transport.endpoint}/{request.repo_id}"

    def _commit(self, request: UploadRequest, files: list[Path], card: bytes) -> str | None:
        """Make the commit; the URL of its pull request, if there is one and its URL is known."""
        from huggingface_hub import CommitOperationAdd, HfApi

        operations = [
            CommitOperationAdd(path_in_repo=path.relative_to(request.folder).as_posix(), path_or_fileobj=path)
            for path in files
            if path != request.folder / CARD
        ]
        operations.append(CommitOperationAdd(path_in_repo=CARD, path_or_fileobj=card))
        token = self._transport.token
        task = translated(f"upload to {request.repo_id}", token=token, clock=self._clock)
        with task, progress_bars(self._progress):
            api = HfApi(
                endpoint=self._transport.endpoint,
                token=token.reveal() if token else False,
                library_name="hubkit",
            )
            try:
                # upload_folder may make several commits; this makes one or none.
                commit = api.create_commit(
                    request.repo_id,
                    operations,
                    commit_message=request.commit_message,
                    revision=request.revision,
                    create_pr=request.create_pr,
                )
            except ValueError as error:
                if _UNREADABLE_URL not in str(error):
                    raise
                return None
        return None if commit.pr_url is None else str(commit.pr_url)

    def _newest_pull_request(self, repo_id: str) -> str:
        refs = self._repositories.refs(repo_id).pull_requests
        number = max((int(ref.name.rpartition("/")[2]) for ref in refs if ref.name[-1:].isdigit()), default=0)
        return f"{self._transport.endpoint}/{repo_id}/discussions/{number}"

    def _card(self, request: UploadRequest) -> bytes:
        """The card to commit: ours, or the user's with the front matter that it lacks."""
        from hubkit.cards import is_template_readme, merge_front_matter, read_adapter, render_card

        facts = read_adapter(request.folder)
        for warning in facts.warnings:
            # Whoever names the base model need not be asked to name it.
            if request.base_model is None or "base_model_name_or_path" not in warning:
                log.warning("%s: %s", request.repo_id, warning)
        license_id, license_source = self._license(request, request.base_model or facts.base_model)
        generated = render_card(
            facts,
            repo_id=request.repo_id,
            base_model=request.base_model,
            license=license_id,
            license_source=license_source,
            dataset=request.dataset,
            description=request.description,
            training_config=request.training_config,
            metrics=request.metrics,
            tags=request.tags,
            language=request.language,
        )
        existing = _read_card(request.folder / CARD)
        if existing is None or not existing.strip() or is_template_readme(existing):
            return generated.encode()
        merged = merge_front_matter(existing, generated)
        for warning in merged.warnings:
            log.warning("%s: %s", request.repo_id, warning)
        return merged.text.encode()

    def _license(self, request: UploadRequest, base_model: str | None) -> tuple[str | None, str | None]:
        """The caller's licence, else the base model's, else none: never a default."""
        if request.license is not None:
            return request.license, None
        if base_model is None or not is_repo_id(base_model):
            return None, None
        try:
            base = self._metadata.require(base_model)
        except HubkitError as error:
            log.warning("%s: the licence of %s is unknown: %s", request.repo_id, base_model, error)
            return None, None
        if base.license in (None, "other", "unknown") or "," in (base.license or ""):
            log.warning(
                "%s: %s states no single licence id; the card leaves it out", request.repo_id, base_model
            )
            return None, None
        return base.license, base_model


def _files_of(folder: Path, token: Secret | None) -> Iterator[Path]:
    """Files to upload, sorted; tools' own and those that hold a token are left out."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(set(names) - _SKIPPED_FILES):
            path = Path(root, name)
            if _holds_token(path, token):
                log.warning("not uploaded, since it holds an access token: %s", path.relative_to(folder))
            elif path.is_file():
                yield path


def _holds_token(path: Path, token: Secret | None) -> bool:
    try:
        with path.open("rb") as file:
            content = file.read(_SEARCHED_BYTES)
    except OSError as error:
        raise LocalPathError(f"{path.name!r} can't be read: {error.strerror}") from error
    return _TOKEN_SHAPE.search(content) is not None or (
        token is not None and token.reveal().encode() in content
    )


def _read_card(path: Path) -> str | None:
    """The card that is there; line ends as they are, since a user's card keeps them."""
    if not path.is_file():
        return None
    return path.read_bytes().decode("utf-8", "replace")
