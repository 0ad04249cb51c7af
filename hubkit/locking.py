r"""Exactly the same models every time: a list of models, and a lock that says which files they are.

`lock` writes the lock of a list, `check` says whether it still holds, and `sync` brings exactly what
is locked. ``hubkit lock`` and ``hubkit sync`` are the same on the command line.

>>> from pathlib import Path
>>> from hubkit import HubClient, HubConfig
>>> from hubkit.testing import LocalHub
>>> _ = Path("models.toml").write_text('[[models]]\nid = "org/name"\n')
>>> with LocalHub() as server, HubClient(HubConfig(endpoint=server.endpoint, cache="memory://")) as hub:
...     first = server.add_repo("org/name", {"config.json": b"{}"})
...     locked = lock(hub, "models.toml").lock.models[0]
...     _ = server.commit("org/name", {"config.json": b"[]"})
...     [finding.code for finding in check(hub, "models.toml", "snapshots").findings]
...     [model.commit_hash == first for model in sync(hub, "models.toml", "snapshots")]
['moved']
[True]
"""

from __future__ import annotations

from hubkit._locking._checking import Finding
from hubkit._locking._lock import Lock, LockedFile, LockedModel
from hubkit._locking._resolving import Change
from hubkit._locking._syncing import SyncedModel
from hubkit._locking._verbs import CheckReport, LockReport, check, lock, sync

__all__ = [
    "Change",
    "CheckReport",
    "Finding",
    "Lock",
    "LockReport",
    "LockedFile",
    "LockedModel",
    "SyncedModel",
    "check",
    "lock",
    "sync",
]
