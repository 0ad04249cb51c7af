"""Writing a bundle: the same bytes for the same contents, and none half-written."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from hubkit._bars import bar_of_bytes
from hubkit._bundles._manifest import (
    CHECKSUM,
    MANIFEST,
    SIGNATURE,
    BundledEntry,
    BundledFile,
    Manifest,
    member_name,
)
from hubkit._bundles._snapshots import SnapshotSource, files_of
from hubkit.cache._entry import Entry, encode_entry
from hubkit.errors import LocalPathError

__all__ = ["signature_of", "write_bundle"]


def write_bundle(
    path: Path,
    entries: Iterable[Entry],
    snapshots: Iterable[SnapshotSource],
    *,
    signing_key: bytes | None,
    progress: bool,
) -> Manifest:
    """Write a bundle, over what was there.

    Args:
        path: Where to.
        entries: Answers of the Hub.
        snapshots: Models whose files go along.
        signing_key: Signs the manifest, and thereby all that it names.
        progress: Whether bars are shown meanwhile.

    Returns:
        What is in it.

    Raises:
        LocalPathError: It can't be written, or a file to go along can't be read.
    """
    answers = {entry.key: encode_entry(entry) for entry in entries}
    try:
        sources = dict(files_of(snapshots, progress=progress))
        manifest = Manifest.of(
            (
                BundledEntry(key=key, sha256=sha256(raw).hexdigest(), size=len(raw))
                for key, raw in answers.items()
            ),
            sources,
        )
        total = sum(manifest.members().values())
        with _replacing(path) as file, bar_of_bytes("Writing", total, wanted=progress) as bar:
            _fill(file, manifest, answers, sources, signing_key, bar.update)
    except OSError as error:
        raise LocalPathError(f"the bundle {str(path)!r} can't be written: {error}") from error
    return manifest


def signature_of(manifest: bytes, signing_key: bytes) -> bytes:
    """HMAC-SHA256 over the manifest, in hex digits."""
    from hmac import digest

    return digest(signing_key, b"hubkit bundle 1\0" + manifest, "sha256").hex().encode()


def _fill(
    file: BinaryIO,
    manifest: Manifest,
    answers: Mapping[str, bytes],
    sources: Mapping[BundledFile, Path],
    signing_key: bytes | None,
    advance: Callable[[int], object],
) -> None:
    raw = manifest.to_json()
    contents: dict[str, bytes | Path] = {
        member_name(entry.sha256): answers[entry.key] for entry in manifest.entries
    }
    contents |= {member_name(file.sha256): local for file, local in sources.items()}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, MANIFEST, raw)
        _add(archive, CHECKSUM, sha256(raw).hexdigest().encode())
        if signing_key is not None:
            _add(archive, SIGNATURE, signature_of(raw, signing_key))
        for name in manifest.members():
            _add(archive, name, contents[name], advance)


def _add(
    archive: tarfile.TarFile,
    name: str,
    content: bytes | Path,
    advance: Callable[[int], object] = lambda count: None,
) -> None:
    from tqdm.utils import CallbackIOWrapper

    # No owner, no date: the same contents are the same bytes on every machine.
    info = tarfile.TarInfo(name)
    info.mode = 0o644
    with contextlib.ExitStack() as stack:
        if isinstance(content, bytes):
            stream: BinaryIO = io.BytesIO(content)
            info.size = len(content)
        else:
            stream = stack.enter_context(content.open("rb"))
            info.size = os.fstat(stream.fileno()).st_size
        archive.addfile(info, CallbackIOWrapper(advance, stream, "read"))


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when it is whole."""
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
