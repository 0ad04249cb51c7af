"""Packing a bundle as ``hubkit bundle create`` does."""

from __future__ import annotations

from hubkit._bundles import SnapshotSource
from hubkit.interop._remembering import remember

FILES = {
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": bytes(range(256)) * 200,
    "sub/vocab.txt": b"a\nb\n",
}


def pack(site, path, names=("org/model",), **options):
    """Learn all about some models at a site, and write it down."""
    with site.client() as client:
        snapshots = []
        for name in names:
            client.require_model_metadata(name)
            remember(name, client._rooms, revision="main")
            folder = client.download_model(name, site.files, revision="main")
            snapshots.append(
                SnapshotSource(repo_id=name, commit_hash=folder.name, revision="main", folder=folder)
            )
        client.cache.export_bundle(path, models=names, snapshots=snapshots, **options)
    return path
