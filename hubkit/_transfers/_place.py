"""What is wanted of a model, where it belongs, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from hubkit._refs import is_commit_hash
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._digests import Digest
from hubkit._transfers._expected import Order, Snapshot, some
from hubkit._transfers._names import NameRules, find_unholdable
from hubkit.errors import HubkitError, LockError, TransferError
from hubkit.models import ModelFile, ModelMetadata

__all__ = ["Place"]


@attrs.frozen
class Place:
    """What is wanted of a model, and where it belongs."""

    order: Order
    snapshot: Snapshot
    folder: RepoFolder
    hindrance: HubkitError | None
    """Why the Hub can't be asked; None when it was."""
    told: ModelMetadata
    """What the Hub says of the model, or said."""

    @property
    def path(self) -> Path:
        """The folder of the snapshot."""
        return self.folder.snapshot(str(self.snapshot.commit_hash))

    def check(self, *, verify: bool) -> None:
        """Raise what stands in the way before anything is looked at."""
        model_id, doubt = self.order.model_id, self.snapshot.doubt(verify=verify)
        if self.hindrance is not None and doubt:
            raise TransferError(
                f"{model_id}: what is here can't be checked: {doubt}, and {self.hindrance}"
            ) from self.hindrance
        # It becomes the name of a folder.
        if not is_commit_hash(self.snapshot.commit_hash):
            raise TransferError(f"{model_id} can't be fetched: the Hub names no commit")
        doubt = self.snapshot.unverifiable(verify=verify)
        if doubt:
            raise TransferError(f"{model_id} can't be verified: {doubt}")
        rules = NameRules.of(self.folder.nearest_parent())
        found = find_unholdable((file.rfilename for file in self.snapshot.files), self.path, rules)
        if found is not None:
            raise TransferError(
                f"{model_id}: {some([found.path])} can't be kept on this system: {found.reason}"
            )

    def check_told(self, files: Sequence[ModelFile]) -> None:
        """Raise if the Hub describes files otherwise than they have to be: fetching them would be in vain."""
        if not files:
            return
        model_id, commit_hash = self.order.model_id, self.snapshot.commit_hash
        if self.told.sha != commit_hash:
            raise LockError(
                f"{model_id}: the Hub doesn't have {commit_hash} any more, and not all of it is here"
            )
        told = {file.rfilename: Digest.of(file) for file in self.told.siblings}
        other = [file.rfilename for file in files if told.get(file.rfilename) != Digest.of(file)]
        if other:
            raise LockError(
                f"{model_id}: at {commit_hash} the Hub has other contents than are locked: {some(other)}"
            )
