"""setuptools as a build backend, whose source archive is the same bytes for the same files.

Wheels are so already when ``SOURCE_DATE_EPOCH`` is set (https://reproducible-builds.org/specs/source-date-epoch);
archives have the times of files that setuptools has just written.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

# The first moment that a zip file can name, as wheels are zip files.
_EARLIEST = 315_532_800


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    """Setuptools' archive, packed again in order and without what differs from run to run."""
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    path = Path(sdist_directory, name)
    path.write_bytes(_packed(path, int(os.environ.get("SOURCE_DATE_EPOCH", _EARLIEST))))
    return name


def _packed(path: Path, moment: int) -> bytes:
    packed = io.BytesIO()
    with (
        tarfile.open(path) as old,
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=moment) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            contents = old.extractfile(member) if member.isfile() else None
            member.mtime, member.uid, member.gid, member.uname, member.gname = moment, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, contents)
    return packed.getvalue()
