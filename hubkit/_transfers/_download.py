"""Snapshots of repositories, in the cache folder that all of Hugging Face's tools share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._refs import api_prefix
from hubkit._transfers._expected import Order, some
from hubkit._transfers._progress import progress_bars
from hubkit._transfers._translation import translated
from hubkit._transport import Transport
from hubkit.errors import (
    HubkitError,
    OfflineError,
    RateLimitedError,
    ServerError,
    TransferError,
    TransportError,
)
from hubkit.models import ModelMetadata

__all__ = ["Downloads"]

T = TypeVar("T")

log = logging.getLogger("hubkit")

# Reasons that speak for themselves; that the network is forbidden doesn't say what is missing.
_TELLING = (TransportError, RateLimitedError, ServerError)
_UNREACHABLE = (OfflineError, *_TELLING)


class Downloads:
    """Downloads of one caller.

    The folder of snapshots is anybody's on this machine. Hence hubkit hands out only what
    the caller's token is known to be allowed: what the Hub says now or, when it can't be
    asked, what it told this caller before.

    Args:
        transport: Tells which Hub and whose token; the bytes go through `huggingface_hub`.
        metadata: Says which files there are, and their sizes.
        max_workers: Files under way at once.
        progress: Whether a bar is shown, when standard error is a terminal.
        clock: Where the time comes from.
    """

    def __init__(
        self, transport: Transport, metadata: MetadataStore, *, max_workers: int, progress: bool, clock: Clock
    ) -> None:
        self._transport = transport
        self._metadata = metadata
        self._max_workers = max_workers
        self._progress = progress
        self._clock = clock

    def download(
        self,
        model_id: str,
        cache_dir: str | Path | None,
        *,
        revision: str | None,
        allow_patterns: Sequence[str] | str | None,
        ignore_patterns: Sequence[str] | str | None,
    ) -> Path:
        """Bring a snapshot to this machine and check that each file has the size it should have.

        Raises:
            InvalidArgumentError: An argument can't be right.
            NotFoundError: There is no such model, revision or file, or not for this token.
            TransportError: The Hub can't be reached, and nothing here can be handed out.
            TransferError: What is here is incomplete or can't be checked.
        """
        order = Order.checked(model_id, cache_dir, revision, allow_patterns, ignore_patterns)
        try:
            model = self._metadata.require(model_id, use_cache=False, revision=revision)
        except _UNREACHABLE as error:
            hindrance = error
        else:
            return self._from_hub(order, model)
        return self._from_disk(order, hindrance)

    def _from_hub(self, order: Order, model: ModelMetadata) -> Path:
        snapshot = order.snapshot_of(model)
        if model.gated:
            # Its metadata is everybody's, its files aren't; huggingface_hub would hand out
            # those that somebody else has fetched without asking for more.
            self._transport.get(f"{api_prefix('model', order.model_id)}/auth-check")
        folder = self._fetch(order)
        if model.sha != folder.name:
            log.info("%s is at %s by now", order.model_id, folder.name)
            snapshot = order.snapshot_of(self._metadata.require(order.model_id, revision=folder.name))
        wrong = snapshot.wrong_in(folder)
        if wrong:
            self._fetch_again(order, folder.name, wrong)
            wrong = snapshot.wrong_in(folder)
        if wrong:
            raise TransferError(f"{order.model_id}: incomplete in {folder}: {some(wrong)}")
        return folder

    def _from_disk(self, order: Order, hindrance: HubkitError) -> Path:
        """What is here already, as far as it is whole and the token is known to be allowed it."""
        model = self._known(order)
        if model is None:
            _refuse(order.model_id, "nothing that this token is known to be allowed", hindrance)
        snapshot = order.snapshot_of(model)
        doubt = snapshot.doubt
        if doubt:
            raise TransferError(
                f"{order.model_id}: what is here can't be checked: {doubt}, and {hindrance}"
            ) from hindrance
        folder = self._local(order, str(model.sha))
        if folder is None:
            other = self._local(order, order.revision)
            if other is None:
                _refuse(order.model_id, f"no snapshot of {model.sha}", hindrance)
            raise TransferError(
                f"{order.model_id}: {other.name} is here, and can't be checked: "
                f"what is known is {model.sha}, and {hindrance}"
            ) from hindrance
        wrong = snapshot.wrong_in(folder)
        if wrong:
            raise TransferError(
                f"{order.model_id}: incomplete in {folder}: {some(wrong)}; and {hindrance}"
            ) from hindrance
        return folder

    def _known(self, order: Order) -> ModelMetadata | None:
        """What this caller was told before about the revision, by whatever name it was asked."""
        model = self._metadata.recall(order.model_id, revision=order.revision)
        if model is not None or order.revision is None:
            return model
        default = self._metadata.recall(order.model_id)
        return default if default is not None and order.revision in ("main", default.sha) else None

    def _fetch(self, order: Order) -> Path:
        from huggingface_hub import snapshot_download

        from hubkit._version import __version__

        def fetch() -> Path:
            folder = snapshot_download(
                order.model_id,
                revision=order.revision,
                cache_dir=order.cache_dir,
                allow_patterns=order.allow_patterns,
                ignore_patterns=order.ignore_patterns,
                library_name="hubkit",
                library_version=__version__,
                max_workers=self._max_workers,
                **self._identity(),
            )
            return Path(folder)

        return self._run(fetch, order)

    def _fetch_again(self, order: Order, commit_hash: str, paths: Sequence[str]) -> None:
        from huggingface_hub import hf_hub_download

        def fetch() -> None:
            for path in paths:
                hf_hub_download(
                    order.model_id,
                    path,
                    revision=commit_hash,
                    cache_dir=order.cache_dir,
                    force_download=True,
                    **self._identity(),
                )

        log.warning("%s: fetching again what has the wrong size: %s", order.model_id, some(paths))
        self._run(fetch, order)

    def _local(self, order: Order, revision: str | None) -> Path | None:
        """The folder of a snapshot that is here, whole or not."""
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        def find() -> Path | None:
            try:
                folder = snapshot_download(
                    order.model_id,
                    revision=revision,
                    cache_dir=order.cache_dir,
                    # Nothing: some versions have their own opinion of what is whole, and
                    # would refuse the folder instead of telling where it is.
                    allow_patterns=[],
                    local_files_only=True,
                    **self._identity(),
                )
            except LocalEntryNotFoundError:
                return None
            return Path(folder)

        return self._run(find, order)

    def _run(self, call: Callable[[], T], order: Order) -> T:
        """Let `huggingface_hub` do something, in our manners: bars as wanted, errors of ours."""
        what = f"download of {order.model_id}"
        with progress_bars(self._progress):
            return translated(call, what, token=self._transport.token, clock=self._clock)

    def _identity(self) -> dict[str, Any]:
        token = self._transport.token
        # False, not None: None would let huggingface_hub look for a token of its own.
        return {"endpoint": self._transport.endpoint, "token": token.reveal() if token else False}


def _refuse(model_id: str, what: str, hindrance: HubkitError) -> NoReturn:
    """Raise what went wrong, or that there is nothing to go on with."""
    if isinstance(hindrance, _TELLING):
        raise hindrance
    raise TransferError(
        f"{model_id} is not here ({what}), and the Hub can't be asked: {hindrance}"
    ) from hindrance
