"""Comparing a folder with what should be in it, and taking out what shouldn't."""

from __future__ import annotations

import errno
import stat
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import attrs

from hubkit._local_paths import shown_path
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._digests import Digest
from hubkit._transfers._progress import Meter, meter
from hubkit._transfers._workers import Stop, run_all
from hubkit.errors import TransferError
from hubkit.models import ModelFile

__all__ = ["Findings", "bytes_to_fetch", "discard", "inspect"]

# A link that leads nowhere, or to itself, is as good as none.
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class _Stamp(NamedTuple):
    """One state of one file."""

    size: int | None
    """Bytes; None for what is no file."""
    inode: int
    changed: int


@attrs.frozen
class Findings:
    """Files of a snapshot that are not as they should be."""

    missing: tuple[ModelFile, ...]
    wrong: tuple[ModelFile, ...]
    stamps: Mapping[str, _Stamp]
    """What the wrong ones were when they were looked at, by name."""

    @property
    def all(self) -> tuple[ModelFile, ...]:
        """Both kinds."""
        return self.missing + self.wrong

    @property
    def names(self) -> list[str]:
        """The names of all."""
        return [file.rfilename for file in self.all]


def inspect(
    folder: Path, files: Sequence[ModelFile], *, verify: bool, max_workers: int, progress: bool
) -> Findings:
    """Look at each file of a snapshot.

    Args:
        folder: The snapshot's.
        files: Which; their names were found to be harmless.
        verify: Whether to compare contents, and not only sizes.
        max_workers: Files read at once.
        progress: Whether a bar is shown while contents are compared.

    Raises:
        TransferError: A file can't be read.
    """
    stamps = {file.rfilename: _look(folder / file.rfilename) for file in files}
    here = [file for file in files if stamps[file.rfilename] is not None]
    wrong = {file.rfilename for file in here if not _fits(stamps[file.rfilename], file.size)}
    if verify:
        sized = [file for file in here if file.rfilename not in wrong]
        wrong |= _other_contents(folder, sized, max_workers=max_workers, progress=progress)
    return Findings(
        missing=tuple(file for file in files if stamps[file.rfilename] is None),
        wrong=tuple(file for file in here if file.rfilename in wrong),
        stamps={path: stamp for path, stamp in stamps.items() if stamp is not None and path in wrong},
    )


def bytes_to_fetch(folder: RepoFolder, findings: Findings) -> int:
    """Bytes that have to come from the Hub; a blob that another commit has brought is here already."""
    sizes = {file.rfilename: file.size or 0 for file in findings.wrong}
    for file in findings.missing:
        digest = Digest.of(file)
        if digest is None:
            sizes[file.rfilename] = file.size or 0
        elif not _fits(_look(folder.blobs / digest.value), file.size):
            # Two files of the same contents are one blob.
            sizes[digest.value] = file.size or 0
    return sum(sizes.values())


def discard(folder: RepoFolder, snapshot: Path, findings: Findings) -> None:
    """Take out files that are wrong, so that they are fetched anew and nobody else takes them meanwhile.

    What somebody has replaced since it was looked at stays: others heal too.

    Args:
        folder: The model's.
        snapshot: The snapshot's.
        findings: Which.

    Raises:
        TransferError: They can't be taken out.
    """
    for file in findings.wrong:
        path = snapshot / file.rfilename
        if _look(path) != findings.stamps[file.rfilename]:
            continue
        try:
            for each in _to_unlink(path, folder, Digest.of(file)):
                each.unlink(missing_ok=True)
        except FileNotFoundError:
            # Another has taken it out since the last look: a link that is being followed may go, too.
            continue
        except OSError as error:
            raise TransferError(
                f"{file.rfilename!a} is wrong and can't be replaced in {snapshot}: {error.strerror}"
            ) from error


def _to_unlink(path: Path, folder: RepoFolder, digest: Digest | None) -> list[Path]:
    """A file and its blob, but no blob of another digest: that may be right for somebody else."""
    if digest is None or not path.is_symlink():
        return [path]
    # The blob may be a link in its turn, to a store that several models share.
    blob = folder.blobs / digest.value
    return [blob.resolve(), blob, path] if path.resolve() == blob.resolve() else [path]


def _other_contents(
    folder: Path, files: Sequence[ModelFile], *, max_workers: int, progress: bool
) -> set[str]:
    found: set[str] = set()
    stop = Stop()

    def compare(file: ModelFile, shown: Meter) -> None:
        digest = Digest.of(file)
        if digest is None or not digest.fits(folder / file.rfilename, shown.advance):
            found.add(file.rfilename)

    total = sum(file.size or 0 for file in files)
    with meter("Checking", total, stop, wanted=progress) as shown:
        run_all([partial(compare, file, shown) for file in files], stop, max_workers=max_workers)
    return found


def _look(path: Path) -> _Stamp | None:
    """What stands there, links followed; None when nothing does."""
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return None
        raise TransferError(f"{shown_path(path)} can't be checked: {error.strerror}") from error
    return _Stamp(found.st_size if stat.S_ISREG(found.st_mode) else None, found.st_ino, found.st_mtime_ns)


def _fits(stamp: _Stamp | None, size: int | None) -> bool:
    return stamp is not None and stamp.size is not None and size in (None, stamp.size)
