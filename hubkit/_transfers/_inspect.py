"""Comparing a folder with what should be in it, and taking out what shouldn't."""

from __future__ import annotations

import enum
import errno
import stat
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import attrs

from hubkit._transfers._digests import Digest
from hubkit._transfers._layout import RepoFolder
from hubkit._transfers._paths import shown_path
from hubkit._transfers._progress import Meter, meter
from hubkit._transfers._workers import Stop, run_all
from hubkit.errors import TransferError
from hubkit.models import ModelFile

__all__ = ["Findings", "bytes_to_fetch", "discard", "inspect"]

# A link that leads nowhere, or to itself, is as good as none.
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


@attrs.frozen
class Findings:
    """Files of a snapshot that are not as they should be."""

    missing: tuple[ModelFile, ...]
    wrong: tuple[ModelFile, ...]

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
    seen = {file.rfilename: _look(folder / file.rfilename, file.size) for file in files}
    if verify:
        sized = [file for file in files if seen[file.rfilename] is _Seen.RIGHT]
        for path in _other_contents(folder, sized, max_workers=max_workers, progress=progress):
            seen[path] = _Seen.WRONG
    return Findings(
        missing=tuple(file for file in files if seen[file.rfilename] is _Seen.MISSING),
        wrong=tuple(file for file in files if seen[file.rfilename] is _Seen.WRONG),
    )


def bytes_to_fetch(folder: RepoFolder, findings: Findings) -> int:
    """Bytes that have to come from the Hub; a blob that another commit has brought is here already."""
    sizes = {file.rfilename: file.size or 0 for file in findings.wrong}
    for file in findings.missing:
        digest = Digest.of(file)
        if digest is None:
            sizes[file.rfilename] = file.size or 0
        elif _look(folder.blobs / digest.value, file.size) is not _Seen.RIGHT:
            # Two files of the same contents are one blob.
            sizes[digest.value] = file.size or 0
    return sum(sizes.values())


def discard(folder: RepoFolder, snapshot: Path, files: Iterable[ModelFile]) -> None:
    """Take out files that are wrong, so that they are fetched anew and nobody else takes them meanwhile.

    Args:
        folder: The model's.
        snapshot: The snapshot's.
        files: Which.

    Raises:
        TransferError: They can't be taken out.
    """
    for file in files:
        path = snapshot / file.rfilename
        digest = Digest.of(file)
        try:
            # Only what bears the file's own digest: a link may lead to a blob that is right for another.
            if digest is not None and path.is_symlink() and path.resolve() == folder.blobs / digest.value:
                path.resolve().unlink()
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TransferError(
                f"{file.rfilename!a} is wrong and can't be replaced in {snapshot}: {error.strerror}"
            ) from error


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


class _Seen(enum.Enum):
    MISSING = "missing"
    WRONG = "wrong"
    RIGHT = "right"


def _look(path: Path, size: int | None) -> _Seen:
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return _Seen.MISSING
        raise TransferError(f"{shown_path(path)} can't be checked: {error.strerror}") from error
    right = stat.S_ISREG(found.st_mode) and size in (None, found.st_size)
    return _Seen.RIGHT if right else _Seen.WRONG
