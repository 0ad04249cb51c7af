"""From a wish to what is locked: commit, files with their hashes, licences. Asks the Hub, not the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import attrs

from hubkit._bars import counted
from hubkit._client import HubClient
from hubkit._licenses import license_chain
from hubkit._locking._licensing import kept
from hubkit._locking._lock import Lock, LockedFile, LockedModel
from hubkit._locking._wishes import Wish
from hubkit._refs import is_commit_hash, parse_repo_path
from hubkit._transfers._digests import Digest
from hubkit._transfers._expected import Order
from hubkit.errors import InvalidRefError, LockError, NotFoundError
from hubkit.models import ModelFile, ModelMetadata

__all__ = ["Change", "Resolver", "changes_between", "fits", "locked_files"]

_SHA256_DIGITS = 64

Kind: TypeAlias = Literal["added", "kept", "changed", "moved", "removed"]


@attrs.frozen(kw_only=True)
class Change:
    """What locking did about a model."""

    model_id: str
    kind: Kind
    """``moved``: another commit; ``changed``: the same one, with other files or licences."""
    before: str | None
    """The commit that was locked."""
    after: str | None
    """The commit that is locked now."""


class Resolver:
    """Resolves wishes; a base model that several have in common is asked for once.

    Args:
        hub: Whom to ask.
    """

    def __init__(self, hub: HubClient) -> None:
        self._hub = hub
        self._known: dict[str, ModelMetadata | str] = {}

    def resolve(self, wishes: Sequence[Wish], before: Lock, *, upgrade: frozenset[str] | None) -> Lock:
        """The lock for some wishes. What is locked and still wanted stays, and nothing is asked for it.

        Args:
            wishes: What is wanted.
            before: What was locked.
            upgrade: Ids of models that are to move to where their revision is now; None: all.

        Raises:
            NotFoundError: There is no such model, revision or matching file, or not for this token.
            OfflineError: The Hub can't be asked.
            LockError: The Hub doesn't say enough to lock a model.
            ResponseError: The Hub refused.
        """
        models = []
        wanted = self._hub.config.progress
        for wish in counted(wishes, "models", wanted=wanted, total=len(wishes), what="Locking"):
            locked = before.find(wish.model_id)
            stays = upgrade is not None and wish.model_id not in upgrade
            if locked is None or not stays or locked.revision != wish.revision:
                models.append(self._resolved(wish, wish.revision))
            elif fits(locked, wish):
                models.append(locked)
            else:
                # Other files of the commit that was chosen once.
                models.append(self._resolved(wish, locked.commit_hash))
        return Lock.of(models)

    def _resolved(self, wish: Wish, revision: str | None) -> LockedModel:
        model = self._hub.require_model_metadata(wish.model_id, use_cache=False, revision=revision)
        if model.sha is None or not is_commit_hash(model.sha):
            raise LockError(f"{wish.model_id} can't be locked: the Hub names no commit")
        links, problems = license_chain(model, self._look)
        return LockedModel(
            model_id=wish.model_id,
            revision=wish.revision,
            commit_hash=model.sha,
            allow_patterns=wish.allow_patterns,
            ignore_patterns=wish.ignore_patterns,
            files=locked_files(wish, model),
            licenses=kept(links),
            license_problems=tuple(problems),
        )

    def _look(self, model_id: str) -> ModelMetadata | str:
        """A base model, or that there is none; that the Hub can't be asked is no finding but a failure."""
        if model_id not in self._known:
            try:
                self._known[model_id] = self._hub.require_model_metadata(model_id, use_cache=False)
            except NotFoundError:
                self._known[model_id] = "there is no such model on the Hub, or this token may not know of it"
        return self._known[model_id]


def fits(locked: LockedModel, wish: Wish) -> bool:
    """Whether what is locked is what is wished for, licences and formats apart."""
    asked = (locked.model_id, locked.revision, locked.allow_patterns, locked.ignore_patterns)
    return asked == (wish.model_id, wish.revision, wish.allow_patterns, wish.ignore_patterns)


def locked_files(wish: Wish, model: ModelMetadata) -> tuple[LockedFile, ...]:
    """The wanted files of a model, in the order of their paths.

    Raises:
        RepoFileNotFoundError: No file matches the patterns.
        LockError: One can't be locked.
    """
    order = Order.checked(
        wish.model_id, None, wish.revision, wish.allow_patterns or None, wish.ignore_patterns or None
    )
    files = order.snapshot_of(model).files
    return tuple(sorted((_locked_file(wish, file) for file in files), key=lambda file: file.path))


def changes_between(before: Lock, after: Lock) -> list[Change]:
    """What became of every model, in the order of their ids."""
    names = {model.model_id: None for lock in (before, after) for model in lock.models}
    return [_change(name, before.find(name), after.find(name)) for name in sorted(names)]


def _change(model_id: str, before: LockedModel | None, after: LockedModel | None) -> Change:
    old, new = (None if model is None else model.commit_hash for model in (before, after))
    kind: Kind = "kept"
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    elif old != new:
        kind = "moved"
    elif before != after:
        kind = "changed"
    return Change(model_id=model_id, kind=kind, before=old, after=new)


def _locked_file(wish: Wish, file: ModelFile) -> LockedFile:
    digest = Digest.of(file)
    try:
        path = parse_repo_path(file.rfilename)
    except InvalidRefError as error:
        raise LockError(f"{wish.model_id} can't be locked: {error.message}") from error
    if digest is None or file.size is None:
        raise LockError(f"{wish.model_id} can't be locked: the Hub gives no size or hash of {path!a}")
    is_large = len(digest.value) == _SHA256_DIGITS
    return LockedFile(
        path=path,
        size=file.size,
        sha256=digest.value if is_large else None,
        git_sha1=None if is_large else digest.value,
    )
