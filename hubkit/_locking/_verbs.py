"""The three things to be done with a list of models: lock it, check the lock, bring what it names."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from hubkit._bars import counted
from hubkit._client import HubClient
from hubkit._local_paths import parse_local_path
from hubkit._locking._checking import Finding, not_as_told, not_as_wished
from hubkit._locking._lock import Lock, LockedModel
from hubkit._locking._lockfile import read_lock, write_lock
from hubkit._locking._resolving import Change, Resolver, changes_between
from hubkit._locking._syncing import SyncedModel, bring, not_as_locked
from hubkit._locking._wishes import Wish, read_wishes
from hubkit._settings import nearest_key
from hubkit.errors import (
    ConfigError,
    HubkitError,
    InvalidArgumentError,
    LocalPathError,
    LockError,
    NotFoundError,
)
from hubkit.models import ModelMetadata

__all__ = ["CheckReport", "LockReport", "check", "lock", "sync"]

_LIST: Final = "models.toml"
_SUFFIX: Final = ".lock"


@attrs.frozen(kw_only=True)
class LockReport:
    """What came of locking."""

    path: Path
    """The lock file."""
    lock: Lock
    """What is locked or, when there are findings, would have been."""
    changes: tuple[Change, ...]
    """What became of each model."""
    findings: tuple[Finding, ...]
    """Licences and formats that the list doesn't allow. With any of them nothing was written."""


@attrs.frozen(kw_only=True)
class CheckReport:
    """What came of a check."""

    path: Path
    """The lock file."""
    lock: Lock
    findings: tuple[Finding, ...]
    """Why the lock doesn't hold; empty when it does, as far as could be asked."""
    hindrance: HubkitError | None
    """Why the Hub couldn't be asked; None when it was."""

    @property
    def holds(self) -> bool:
        """Whether everything could be checked, and is as it should be."""
        return not self.findings and self.hindrance is None


def lock(
    hub: HubClient, file: str | Path = _LIST, *, upgrade: bool | str | Collection[str] = False
) -> LockReport:
    """Write down exactly which files the models of a list are.

    Models that are locked already keep their commit; what is new in the list is added, and what is gone is dropped.

    Args:
        hub: Whom to ask.
        file: The list; the lock is written beside it, with the ending ``.lock``.
        upgrade: Whether models move to where their revision is now: True, or the ids of those that do.

    Raises:
        ConfigError: The list can't be read, or something in it can't be right.
        InvalidArgumentError: A model that shall move isn't in the list.
        LockError: The lock was changed by hand, or a model can't be locked.
        NotFoundError: There is no such model, revision or matching file, or not for this token.
        OfflineError: The Hub can't be asked.

    .. versionadded:: 0.1
    """
    listed, path = _files(file)
    wishes = read_wishes(listed)
    names = _upgraded(upgrade, wishes)
    before = Lock() if names is None else read_lock(path) or Lock()
    after = Resolver(hub).resolve(wishes, before, upgrade=names)
    findings = tuple(not_as_wished(wishes, after))
    if names is None:
        before = _readable(path)
    if not findings:
        write_lock(path, after)
    return LockReport(path=path, lock=after, changes=tuple(changes_between(before, after)), findings=findings)


def check(hub: HubClient, file: str | Path = _LIST, cache_dir: str | Path | None = None) -> CheckReport:
    """Whether a lock still holds. Nothing is changed.

    Compared are the lock and the list, licences and formats and what the list allows, what of the locked files is
    on this machine, and what the Hub says now.

    Args:
        hub: Whom to ask. Without a network the rest is checked all the same.
        file: The list.
        cache_dir: Folder of the snapshots; the one that Hugging Face's tools share if left out.

    Raises:
        ConfigError: The list can't be read, or something in it can't be right.
        LockError: There is no lock, or it was changed by hand.

    .. versionadded:: 0.1
    """
    listed, path = _files(file)
    folder = _folder(cache_dir)
    wishes = read_wishes(listed)
    locked = _existing(path)
    findings = list(not_as_wished(wishes, locked))
    wanted = {wish.model_id for wish in wishes}
    models = [model for model in locked.models if model.model_id in wanted]
    for model in _counted(hub, models, "Comparing"):
        findings += not_as_locked(hub, model, folder)
    hindrance: HubkitError | None = None
    try:
        for model in _counted(hub, models, "Asking"):
            findings += _asked(hub, model)
    except HubkitError as error:
        hindrance = error
    return CheckReport(path=path, lock=locked, findings=tuple(findings), hindrance=hindrance)


def sync(
    hub: HubClient, file: str | Path = _LIST, cache_dir: str | Path | None = None, *, frozen: bool = False
) -> list[SyncedModel]:
    """Bring exactly what is locked to this machine.

    Every file is compared with the hash in the lock. What is here already is not fetched again, and needs no
    network.

    Args:
        hub: Whom to ask.
        file: The list.
        cache_dir: Folder of the snapshots; the one that Hugging Face's tools share if left out.
        frozen: Whether to take the lock as it is; else the list, if there is one, has to agree with it.

    Raises:
        LockError: There is no lock, it was changed by hand, it doesn't fit the list, or the Hub has other files
            at the locked commit.
        ConfigError: The list can't be read, or something in it can't be right.
        TransferError: What arrived is something else than what is locked, or as for a download.
        HubkitError: As for a download.

    .. versionadded:: 0.1
    """
    listed, path = _files(file)
    folder = _folder(cache_dir)
    locked = _existing(path)
    if not frozen and os.path.exists(listed):
        findings = list(not_as_wished(read_wishes(listed), locked))
        if findings:
            more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
            raise LockError(f"{path} doesn't fit {listed}; see 'hubkit lock --check': {findings[0]}{more}")
    return [bring(hub, model, folder) for model in _counted(hub, locked.models, "Syncing")]


def _files(file: object) -> tuple[Path, Path]:
    """The list of models, and its lock.

    Raises:
        InvalidArgumentError: It isn't a path.
        ConfigError: It is a lock itself.
    """
    path = parse_local_path(file, field="file")
    if not path.name or path.suffix == _SUFFIX:
        raise ConfigError(f"{file}: the list of models is needed, such as {_LIST}, and not its lock")
    return path, path.with_suffix(_SUFFIX)


def _folder(cache_dir: object) -> Path | None:
    return None if cache_dir is None else parse_local_path(cache_dir, field="cache_dir")


def _upgraded(upgrade: bool | str | Collection[str], wishes: Collection[Wish]) -> frozenset[str] | None:
    """The models that may move; None for all of them."""
    if isinstance(upgrade, bool):
        return None if upgrade else frozenset()
    if not isinstance(upgrade, Iterable):
        raise InvalidArgumentError("upgrade must be true or false, or the ids of the models that move")
    names = frozenset([upgrade] if isinstance(upgrade, str) else upgrade)
    known = {wish.model_id for wish in wishes}
    for name in names - known:
        raise InvalidArgumentError(f"{name!a} is not in the list of models{nearest_key(str(name), known)}")
    return names


def _readable(path: Path) -> Lock:
    """What was locked, for the report on what has changed; a lock that can't be read is replaced."""
    try:
        return read_lock(path) or Lock()
    except (LockError, LocalPathError):
        return Lock()


def _existing(path: Path) -> Lock:
    found = read_lock(path)
    if found is None:
        raise LockError(f"{path} doesn't exist: 'hubkit lock' writes it")
    return found


def _counted(hub: HubClient, models: Sequence[LockedModel], what: str) -> Iterator[LockedModel]:
    return counted(models, "models", wanted=hub.config.progress, total=len(models), what=what)


def _asked(hub: HubClient, model: LockedModel) -> list[Finding]:
    """What the Hub says now, of where the revision is and of what is locked."""
    now = _told(hub, model.model_id, model.revision)
    then = now
    if now is not None and now.sha != model.commit_hash:
        then = _told(hub, model.model_id, model.commit_hash)
    return list(not_as_told(model, now, then))


def _told(hub: HubClient, model_id: str, revision: str | None) -> ModelMetadata | None:
    try:
        return hub.require_model_metadata(model_id, use_cache=False, revision=revision)
    except NotFoundError:
        return None
