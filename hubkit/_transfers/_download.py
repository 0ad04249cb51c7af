"""Snapshots of repositories, in the cache folder that all of Hugging Face's tools share."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import attrs

from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._expected import Order, Snapshot, some
from hubkit._transfers._fetch import Fetcher
from hubkit._transfers._gate import Gate
from hubkit._transfers._inspect import Findings, bytes_to_fetch, discard, inspect
from hubkit._transfers._litter import sweep_dead_parts
from hubkit._transfers._place import Place
from hubkit._transfers._status import SnapshotStatus
from hubkit._transport import Transport
from hubkit.cache._access import AccessNotes
from hubkit.errors import (
    HubkitError,
    InsufficientSpaceError,
    OfflineError,
    RateLimitedError,
    RevisionNotFoundError,
    ServerError,
    TransferError,
    TransportError,
)
from hubkit.models import ModelFile, ModelMetadata

__all__ = ["Brought", "Downloads"]

log = logging.getLogger("hubkit")

# Reasons that speak for themselves; that the network is forbidden doesn't say what is missing.
_TELLING = (TransportError, RateLimitedError, ServerError)
_UNREACHABLE = (OfflineError, *_TELLING)

# What is here may be wrong under a link that is missing, and is seen only once it is linked.
_ROUNDS = 2


class Downloads:
    """Downloads of one caller.

    Args:
        transport: Tells which Hub and whose token; the bytes go through `huggingface_hub`.
        metadata: Says which files there are, their sizes and hashes.
        notes: Remembers which gated models the caller was let into.
        max_workers: Files under way at once.
        progress: Whether a bar is shown, when standard error is a terminal.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        transport: Transport,
        metadata: MetadataStore,
        notes: AccessNotes,
        *,
        max_workers: int,
        progress: bool,
        clock: Clock,
    ) -> None:
        self._gate = Gate(transport, metadata, notes)
        self._fetcher = Fetcher(transport, max_workers=max_workers, progress=progress, clock=clock)
        self._clock = clock
        self._max_workers = max_workers
        self._progress = progress

    def download(
        self,
        model_id: str,
        cache_dir: str | Path | None,
        *,
        revision: str | None,
        allow_patterns: Sequence[str] | str | None,
        ignore_patterns: Sequence[str] | str | None,
        verify: bool,
    ) -> Path:
        """Bring a snapshot to this machine and check that each file is what it should be.

        Raises:
            InvalidArgumentError: An argument can't be right.
            NotFoundError: There is no such model, revision or file, or not for this token.
            TransportError: The Hub can't be reached, and nothing here can be handed out.
            InsufficientSpaceError: The disk is too full.
            TransferError: What is here is incomplete or can't be checked, or a name can't be kept
                on this system.
        """
        order = Order.checked(model_id, cache_dir, revision, allow_patterns, ignore_patterns)
        return self._bring(self._place(order, verify=verify), revision, verify=verify).path

    def bring_pinned(
        self,
        model_id: str,
        cache_dir: str | Path | None,
        *,
        commit_hash: str,
        files: Sequence[ModelFile],
        revision: str | None,
    ) -> Brought:
        """Bring files to this machine that are known beforehand, and take no others for them.

        The Hub says whether the caller may have them, and sends them; what they are it doesn't say.

        Args:
            model_id: Whose.
            cache_dir: The shared folder.
            commit_hash: Of which commit.
            files: Which, with sizes and hashes.
            revision: The branch or tag under which other tools are to find the commit.

        Raises:
            LockError: The Hub has other files at that commit; nothing was fetched.
            NotFoundError: There is no such model or commit, or not for this token.
            TransportError: The Hub can't be reached, and not all is here.
            TransferError: What arrived is something else, or as for `download`.
        """
        order = Order.checked(model_id, cache_dir, commit_hash, None, None)
        place = self._place(order, verify=True, pinned=Snapshot(commit_hash, tuple(files), is_pinned=True))
        return self._bring(place, revision, verify=True)

    def _bring(self, place: Place, revision: str | None, *, verify: bool) -> Brought:
        model_id = place.order.model_id
        findings = self._inspect(place, place.snapshot.files, verify=verify)
        if place.hindrance is not None:
            return Brought(_whole_without_hub(place, findings), (), 0)
        place.check_told(findings.all)
        sweep_dead_parts(place.folder, now=self._clock.now())
        fetched: list[ModelFile] = []
        moved = 0
        for _ in range(_ROUNDS):
            if not findings.all:
                break
            moved += self._heal(place, findings)
            fetched += findings.all
            findings = self._inspect(place, findings.all, verify=verify)
        if findings.all:
            # Nobody shall take them for what they are not.
            discard(place.folder, place.path, findings)
            raise TransferError(f"{model_id}: incomplete in {place.path}: {some(findings.names)}")
        _make_if_empty(place)
        self._fetcher.announce(
            model_id, place.folder, revision=revision, commit_hash=place.path.name, files=fetched
        )
        return Brought(place.path, tuple(dict.fromkeys(file.rfilename for file in fetched)), moved)

    def status(
        self,
        model_id: str,
        cache_dir: str | Path | None,
        *,
        revision: str | None,
        allow_patterns: Sequence[str] | str | None,
        ignore_patterns: Sequence[str] | str | None,
        verify: bool,
    ) -> SnapshotStatus:
        """Say what is here and what isn't; nothing is fetched and nothing is changed.

        Raises:
            InvalidArgumentError: An argument can't be right.
            NotFoundError: There is no such model, revision or file, or not for this token.
            TransportError: The Hub can't be reached, and what is here can't be handed out.
            TransferError: What is here can't be checked, or a name can't be kept on this system.
        """
        order = Order.checked(model_id, cache_dir, revision, allow_patterns, ignore_patterns)
        place = self._place(order, verify=verify)
        findings = self._inspect(place, place.snapshot.files, verify=verify)
        return SnapshotStatus(
            model_id=model_id,
            commit_hash=place.path.name,
            path=place.path,
            files=place.snapshot.files,
            missing=tuple(file.rfilename for file in findings.missing),
            wrong=tuple(file.rfilename for file in findings.wrong),
            verified=verify,
            fetch_bytes=bytes_to_fetch(place.folder, findings),
            free_bytes=place.folder.free_bytes(),
        )

    def _place(self, order: Order, *, verify: bool, pinned: Snapshot | None = None) -> Place:
        """What is wanted and where it belongs, if the caller may have it and this machine can hold it."""
        folder = RepoFolder.of(order.model_id, order.cache_dir)
        hindrance: HubkitError | None = None
        try:
            model = self._told(order, is_pinned=pinned is not None)
        except _UNREACHABLE as error:
            hindrance = error
            recalled = self._gate.recall(order.model_id, order.revision)
            if recalled is None and pinned is not None:
                # What the files are is known; whoever may have those of one commit may have those of all.
                recalled = self._gate.recall(order.model_id, None)
            if recalled is None:
                _refuse(order.model_id, "nothing that this token is known to be allowed", hindrance)
            model = recalled
        place = Place(order, pinned or order.snapshot_of(model), folder, hindrance, model)
        place.check(verify=verify)
        return place

    def _told(self, order: Order, *, is_pinned: bool) -> ModelMetadata:
        try:
            return self._gate.ask(order.model_id, order.revision)
        except RevisionNotFoundError:
            if not is_pinned:
                raise
            # What is here of a commit that was rewritten since is no less what was locked.
            return self._gate.ask(order.model_id, None)

    def _inspect(self, place: Place, files: Sequence[ModelFile], *, verify: bool) -> Findings:
        return inspect(
            place.path, files, verify=verify, max_workers=self._max_workers, progress=self._progress
        )

    def _heal(self, place: Place, findings: Findings) -> int:
        """Fetch what is missing, and again what is wrong; bytes that had to come from the Hub."""
        model_id = place.order.model_id
        total = bytes_to_fetch(place.folder, findings)
        free = place.folder.free_bytes()
        if free is not None and total > free:
            raise InsufficientSpaceError(
                f"{model_id}: {total:,} bytes have to be fetched to {place.folder.cache_dir}, "
                f"and {free:,} are free there"
            )
        if findings.wrong:
            names = some([file.rfilename for file in findings.wrong])
            log.warning("%s: fetching again what has the wrong size or contents: %s", model_id, names)
            discard(place.folder, place.path, findings)
        self._fetcher.fetch(model_id, place.folder, place.path.name, findings.all, total)
        return total


@attrs.frozen
class Brought:
    """A snapshot that is here now."""

    path: Path
    """Its folder."""
    fetched: tuple[str, ...]
    """Files that weren't here, or not as they should be."""
    size_bytes: int
    """Bytes that came from the Hub for them."""


def _make_if_empty(place: Place) -> None:
    """Where nothing is all there is, a path that is handed out is a folder all the same."""
    if not place.snapshot.files:
        place.path.mkdir(parents=True, exist_ok=True)


def _whole_without_hub(place: Place, findings: Findings) -> Path:
    """What is here already, if it is whole."""
    assert place.hindrance is not None
    model_id, commit_hash = place.order.model_id, place.path.name
    if not findings.all:
        _make_if_empty(place)
        return place.path
    if not place.path.is_dir():
        other = place.folder.read_ref(place.order.revision)
        if other is None or not place.folder.snapshot(other).is_dir():
            _refuse(model_id, f"no snapshot of {commit_hash}", place.hindrance)
        raise TransferError(
            f"{model_id}: {other} is here, and can't be checked: "
            f"what is known is {commit_hash}, and {place.hindrance}"
        ) from place.hindrance
    raise TransferError(
        f"{model_id}: incomplete in {place.path}: {some(findings.names)}; and {place.hindrance}"
    ) from place.hindrance


def _refuse(model_id: str, what: str, hindrance: HubkitError) -> NoReturn:
    """Raise what went wrong, or that there is nothing to go on with."""
    if isinstance(hindrance, _TELLING):
        raise hindrance
    raise TransferError(
        f"{model_id} is not here ({what}), and the Hub can't be asked: {hindrance}"
    ) from hindrance
