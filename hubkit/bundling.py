"""Bundles for machines without a network: what the Hub says of some models, and their files.

`create_bundle` gathers all that will be asked about models where nobody can answer, and writes it into
one file; ``hub.cache.import_bundle`` takes that in. ``hubkit bundle`` is the same on the command line.

>>> from hubkit import HubClient, HubConfig
>>> from hubkit.testing import LocalHub
>>> with LocalHub() as server, HubClient(HubConfig(endpoint=server.endpoint, cache="memory://")) as hub:
...     _ = server.add_repo("org/name", {"config.json": b"{}"})
...     create_bundle(hub, "models.tar", ["org/name"]).models
('org/name',)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hubkit._local_paths import parse_target
from hubkit._model_cache import BundleSummary
from hubkit._refs import parse_several
from hubkit.errors import TransferError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

    from hubkit._bundles import SnapshotSource
    from hubkit._client import HubClient

__all__ = ["BundleSummary", "create_bundle"]

_BRANCH = "main"
_TRIES = 3


def create_bundle(
    hub: HubClient,
    path: str | os.PathLike[str],
    models: Iterable[str],
    *,
    with_files: bool = False,
    private: bool = False,
) -> BundleSummary:
    """Write all that is asked about some models, by hubkit and by ``huggingface_hub``, into one file.

    The same contents give the same bytes. With a `cache_key` in the settings the bundle is signed with it.

    Args:
        hub: Asks what isn't cached.
        path: The file; replaced when the new one is whole.
        models: Their ids. Each is asked for when it is drawn, so that an iterator can tell how far it is.
        with_files: Whether the models' files go along; what isn't on this machine is downloaded.
        private: Whether models go along that only this token may read.

    Returns:
        What is in it. Models that only this token may read are missing from it, unless they may go along.

    Raises:
        InvalidArgumentError: ``models`` is one text, or can't be gone through.
        LocalPathError: The file can't be written.
        RepoNotFoundError: There is no such model.
        OfflineError: One isn't cached, and the Hub can't be asked.
        TransferError: Files are incomplete, or the Hub didn't say all, or not of one commit.

    .. versionadded:: 0.1
    """
    place = parse_target(path, field="the bundle")
    names = [_learned(hub, name) for name in parse_several(models, field="models")]
    snapshots = list(_snapshots(hub, names, private=private)) if with_files else []
    return hub.cache.export_bundle(place, models=names, private=private, snapshots=snapshots)


def _learned(hub: HubClient, name: str) -> str:
    """Ask all that will be asked about a model where nobody can answer, and be told of one commit."""
    for _ in range(_TRIES):
        commits = {
            hub.require_model_metadata(name).sha,
            hub.require_model_metadata(name, revision=_BRANCH).sha,
        }
        if len(commits | {_remembered(hub, name)}) == 1:
            return name
        # They were asked at different times, and the branch has moved between. What is cached is good until
        # the Hub has answered.
        hub.require_model_metadata(name, use_cache=False)
        hub.cache.remove(name)
    raise TransferError(f"{name} changed while it was asked about: try again")


def _remembered(hub: HubClient, name: str) -> str | None:
    """Let the cache learn what huggingface_hub asks; the commit that it is told of."""
    from huggingface_hub.errors import HfHubHTTPError

    from hubkit.interop._remembering import remember

    try:
        return remember(name, hub._rooms, revision=_BRANCH)
    except HfHubHTTPError as error:
        # Its text repeats what the Hub says, whatever that is; ours comes first.
        hub.require_model_metadata(name, use_cache=False)
        raise TransferError(f"{name}: {_refusal(error)}") from error


def _refusal(error: HfHubHTTPError) -> str:
    from huggingface_hub.errors import RemoteEntryNotFoundError

    if isinstance(error, RemoteEntryNotFoundError):
        return "the Hub lists a file that it doesn't have"
    return f"the Hub didn't say all (status {error.response.status_code})"


def _snapshots(hub: HubClient, names: Iterable[str], *, private: bool) -> Iterator[SnapshotSource]:
    from hubkit._bundles import SnapshotSource

    for name in names:
        if not private and not _is_public(hub, name, None):
            continue
        folder = hub.download_model(name, revision=_BRANCH)
        # The Hub was asked anew for that: what was public may be so no longer.
        if private or _is_public(hub, name, _BRANCH):
            yield SnapshotSource(repo_id=name, commit_hash=folder.name, revision=_BRANCH, folder=folder)


def _is_public(hub: HubClient, name: str, revision: str | None) -> bool:
    return hub._rooms.answers.is_public(hub.require_model_metadata(name, revision=revision))
