"""Bundles: what is cached, and files with it, as one file for sites without a network."""

from __future__ import annotations

from hubkit._bundles._manifest import Manifest
from hubkit._bundles._reading import BundleContents, read_bundle
from hubkit._bundles._snapshots import SnapshotSource, place_files
from hubkit._bundles._writing import write_bundle

__all__ = ["BundleContents", "Manifest", "SnapshotSource", "place_files", "read_bundle", "write_bundle"]
