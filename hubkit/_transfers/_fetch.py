"""Fetching files of one commit, through `huggingface_hub`."""

from __future__ import annotations

import glob
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hubkit._clock import Clock
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._litter import drop_own_parts
from hubkit._transfers._patience import patient_for
from hubkit._transfers._progress import meter, progress_bars
from hubkit._transfers._translation import translated
from hubkit._transfers._workers import Stop, run_all
from hubkit._transport import Transport
from hubkit._version import __version__
from hubkit.errors import HubkitError
from hubkit.models import ModelFile

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Fetcher"]

T = TypeVar("T")

log = logging.getLogger("hubkit")


class Fetcher:
    """Fetches for one caller.

    Args:
        transport: Tells which Hub and whose token.
        max_workers: Files under way at once.
        progress: Whether a bar is shown, when standard error is a terminal.
        clock: Where the time comes from.
    """

    def __init__(self, transport: Transport, *, max_workers: int, progress: bool, clock: Clock) -> None:
        self._transport = transport
        self._max_workers = max_workers
        self._progress = progress
        self._clock = clock

    def fetch(
        self, model_id: str, folder: RepoFolder, commit_hash: str, files: Sequence[ModelFile], total: int
    ) -> None:
        """Bring files to the shared folder.

        Args:
            model_id: Whose.
            folder: The model's folder.
            commit_hash: Of which commit.
            files: Which.
            total: Bytes that are expected to move.

        Raises:
            ResponseError: The Hub refused.
            TransportError: The connection failed.
            InsufficientSpaceError: The disk is full.
            TransferError: Anything else.
        """
        from huggingface_hub import get_session

        # Made here: the oldest releases let each of the first threads make one, and drop all but the last.
        get_session()
        stop = Stop()
        # Large ones first, so that none of them is left alone at the end.
        ordered = sorted(files, key=lambda file: file.size or 0, reverse=True)
        with meter("Fetching", total, stop, wanted=self._progress) as shown:
            one = partial(self._fetch_one, model_id, folder, commit_hash, shown.for_files())
            jobs = [partial(one, file) for file in ordered]
            try:
                run_all(jobs, stop, max_workers=self._max_workers)
            except BaseException as error:
                if not isinstance(error, Exception):
                    drop_own_parts(folder)
                raise

    def announce(
        self,
        model_id: str,
        folder: RepoFolder,
        *,
        revision: str | None,
        commit_hash: str,
        files: Sequence[ModelFile],
    ) -> None:
        """Let other tools find, without the Hub, what has been fetched.

        Nothing depends on it here, so a failure is no more than a line in the log.

        Args:
            model_id: Whose.
            folder: The model's folder.
            revision: The branch or tag that was asked.
            commit_hash: What it is.
            files: What has been fetched.
        """
        try:
            if files:
                smallest = min(files, key=lambda file: file.size or 0)
                self._keep_listing(model_id, folder, commit_hash, smallest.rfilename)
            folder.write_ref(revision, commit_hash)
        except (HubkitError, OSError) as error:
            log.info("%s: other tools may not find %s offline: %s", model_id, commit_hash, error)

    def _fetch_one(
        self,
        model_id: str,
        folder: RepoFolder,
        commit_hash: str,
        bar_class: type[tqdm[Any]],
        file: ModelFile,
    ) -> None:
        from huggingface_hub import hf_hub_download

        def fetch() -> None:
            hf_hub_download(
                model_id,
                file.rfilename,
                revision=commit_hash,
                cache_dir=folder.cache_dir,
                tqdm_class=bar_class,
                **self._identity(),
            )

        self._run(fetch, model_id)

    def _keep_listing(self, model_id: str, folder: RepoFolder, commit_hash: str, path: str) -> None:
        """Have `huggingface_hub` note which files the commit has.

        It does so when it is asked for a snapshot, here of one file that is there already, and
        from then on tells a partial folder from a whole one without the Hub; not so before 1.22.
        """
        from huggingface_hub import snapshot_download

        def keep() -> None:
            snapshot_download(
                model_id,
                revision=commit_hash,
                cache_dir=folder.cache_dir,
                allow_patterns=[glob.escape(path)],
                **self._identity(),
            )

        with progress_bars(False):
            self._run(keep, model_id)

    def _run(self, call: Callable[[], T], model_id: str) -> T:
        token, patience = self._transport.token, self._transport.new_deadline().seconds
        with patient_for(patience, token=token, clock=self._clock):
            return translated(call, f"download of {model_id}", token=token, clock=self._clock)

    def _identity(self) -> dict[str, Any]:
        token = self._transport.token
        return {
            "endpoint": self._transport.endpoint,
            # False, not None: None would let huggingface_hub look for a token of its own.
            "token": token.reveal() if token else False,
            "library_name": "hubkit",
            "library_version": __version__,
        }
