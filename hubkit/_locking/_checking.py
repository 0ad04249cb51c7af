"""What is wrong with a lock: comparisons, each a line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import attrs

from hubkit._locking._formats import files_of_other_formats
from hubkit._locking._licensing import why_not_allowed
from hubkit._locking._lock import Lock, LockedFile, LockedModel
from hubkit._locking._resolving import fits
from hubkit._locking._wishes import Wish
from hubkit._refs import is_commit_hash
from hubkit._transfers._digests import Digest
from hubkit._transfers._expected import some
from hubkit.models import ModelMetadata

__all__ = ["Code", "Finding", "not_as_told", "not_as_wished"]

Code: TypeAlias = Literal["outdated", "license", "format", "hash", "moved", "gone"]


@attrs.frozen(kw_only=True)
class Finding:
    """One reason for which a lock doesn't hold."""

    model_id: str
    """The model that it is about."""
    code: Code
    """``outdated``: not what the list of models asks for; ``license`` and ``format``: what the list doesn't
    allow; ``hash``: a file has other contents, on this machine or on the Hub; ``moved``: the revision is at another
    commit now; ``gone``: the Hub hasn't what is locked."""
    message: str
    """What was found, in a line."""

    def __str__(self) -> str:
        return f"{self.model_id}: {self.code}: {self.message}"


def not_as_wished(wishes: Sequence[Wish], lock: Lock) -> Iterator[Finding]:
    """Where a lock isn't what was wished for, or is something that isn't allowed."""
    wished = {wish.model_id: wish for wish in wishes}
    for wish in wishes:
        locked = lock.find(wish.model_id)
        if locked is None:
            yield Finding(model_id=wish.model_id, code="outdated", message="it is not locked")
            continue
        if not fits(locked, wish):
            message = f"locked with {_asked(locked)}, and wanted with {_asked(wish)}"
            yield Finding(model_id=wish.model_id, code="outdated", message=message)
        yield from _not_allowed(wish, locked)
    for locked in lock.models:
        if locked.model_id not in wished:
            yield Finding(
                model_id=locked.model_id, code="outdated", message="it is locked, and not wanted any more"
            )


def not_as_told(
    locked: LockedModel, now: ModelMetadata | None, then: ModelMetadata | None
) -> Iterator[Finding]:
    """Where the Hub isn't where it was.

    Args:
        locked: What is locked.
        now: What the Hub says of the wanted revision; None: it has none.
        then: What it says of the locked commit; None: it has none any more.
    """
    name = locked.revision or "its default branch"
    if now is None:
        message = f"the Hub has no such model or no {name}, or not for this token"
        yield Finding(model_id=locked.model_id, code="gone", message=message)
        return
    if now.sha != locked.commit_hash:
        # The Hub's own text: whatever is no commit isn't repeated.
        new = now.sha if is_commit_hash(now.sha) else "no commit"
        message = f"{name} was {locked.commit_hash}, and is {new} now"
        yield Finding(model_id=locked.model_id, code="moved", message=message)
    if then is None:
        message = f"the Hub doesn't have {locked.commit_hash} any more"
        yield Finding(model_id=locked.model_id, code="gone", message=message)
        return
    told = {file.rfilename: Digest.of(file) for file in then.siblings}
    other = [file.path for file in locked.files if told.get(file.path) != _digest(file)]
    if other:
        message = f"at {locked.commit_hash} the Hub has other contents than are locked: {some(other)}"
        yield Finding(model_id=locked.model_id, code="hash", message=message)


def _not_allowed(wish: Wish, locked: LockedModel) -> Iterator[Finding]:
    if wish.licenses is not None:
        reason = why_not_allowed(
            locked.licenses,
            locked.license_problems,
            wish.licenses,
            unknown_is_fine=wish.allow_unknown_license,
        )
        if reason is not None:
            yield Finding(model_id=wish.model_id, code="license", message=reason)
    if wish.formats is not None:
        other = files_of_other_formats((file.path for file in locked.files), wish.formats)
        if other:
            kinds = ", ".join(sorted({kind for _, kind in other}))
            message = (
                f"{kinds} is not among {', '.join(wish.formats)}: {some([path for path, _ in other])} "
                "(ignore_patterns leaves files out)"
            )
            yield Finding(model_id=wish.model_id, code="format", message=message)


def _asked(asked: Wish | LockedModel) -> str:
    """What of a model, in words."""
    parts = [f"revision {asked.revision or '(default)'}"]
    for name in ("allow_patterns", "ignore_patterns"):
        patterns: tuple[str, ...] = getattr(asked, name)
        if patterns:
            parts.append(f"{name} {', '.join(patterns)}")
    return ", ".join(parts)


def _digest(file: LockedFile) -> Digest | None:
    return Digest.of(file.to_model_file())
