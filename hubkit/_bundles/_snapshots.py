"""Files of models on their way from one machine's Hugging Face cache to another's.

The layout is huggingface_hub's documented one: contents in ``blobs/`` under the name
that their etag gives them, and a tree of links for each commit in ``snapshots/``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from hubkit._bars import bar_of_bytes
from hubkit._bundles._manifest import BundledFile
from hubkit._refs import parse_repo_path
from hubkit._repo_folder import RepoFolder
from hubkit.errors import BundleError, LocalPathError

if TYPE_CHECKING:
    from hashlib import _Hash as Digest

    from hubkit._bundles._reading import BundleContents

__all__ = ["SnapshotSource", "files_of", "place_files"]

_CHUNK: Final = 1024 * 1024
_GIT_DIGITS: Final = 40


@attrs.frozen(kw_only=True)
class SnapshotSource:
    """The files of a model at a commit, in a folder of this machine."""

    repo_id: str
    commit_hash: str
    revision: str | None
    """A branch or tag that is at this commit."""
    folder: Path


def files_of(snapshots: Iterable[SnapshotSource], *, progress: bool) -> Iterator[tuple[BundledFile, Path]]:
    """Each file of some snapshots, with its hashes and where it lies.

    Args:
        snapshots: Whose files.
        progress: Whether a bar is shown while they are read.
    """
    sizes = {
        (snapshot, local): local.stat().st_size
        for snapshot in snapshots
        for local in sorted(snapshot.folder.rglob("*"))
        if local.is_file()
    }
    with bar_of_bytes("Reading", sum(sizes.values()), wanted=progress) as bar:
        for (snapshot, local), size in sizes.items():
            yield _described(snapshot, local, size, bar.update), local


def _described(
    snapshot: SnapshotSource, local: Path, size: int, advance: Callable[[int], object]
) -> BundledFile:
    large, small = sha256(), _git_digest(size)
    with local.open("rb") as file:
        while chunk := file.read(_CHUNK):
            large.update(chunk)
            small.update(chunk)
            advance(len(chunk))
    # In the cache the content lies under its etag; elsewhere both names would be right.
    name = local.resolve().name
    digests = (large.hexdigest(), small.hexdigest())
    return BundledFile(
        repo_id=snapshot.repo_id,
        commit_hash=snapshot.commit_hash,
        revision=snapshot.revision,
        path=parse_repo_path(local.relative_to(snapshot.folder).as_posix()),
        blob_id=name if name in digests else digests[1],
        sha256=digests[0],
        size=size,
    )


def place_files(bundle: BundleContents, cache_dir: Path | None, *, progress: bool) -> int:
    """Put the files of a bundle into a Hugging Face cache; how many weren't there.

    Args:
        bundle: A bundle that was checked.
        cache_dir: The cache's folder; the one that all tools share if None.
        progress: Whether a bar is shown meanwhile.

    Raises:
        BundleError: A content isn't the one that its name in the cache promises.
        LocalPathError: The folder can't be written.
    """
    try:
        placed = 0
        files = bundle.manifest.files
        with bar_of_bytes("Placing", sum(file.size for file in files), wanted=progress) as bar:
            for file in files:
                placed += _place(bundle, file, RepoFolder.of(file.repo_id, cache_dir), bar.update)
        # Last: until all files are there nobody shall find them by the name of a branch.
        for repo_id, revision, commit_hash in {
            (file.repo_id, file.revision, file.commit_hash) for file in files
        }:
            if revision is not None:
                RepoFolder.of(repo_id, cache_dir).write_ref(revision, commit_hash)
    except OSError as error:
        raise LocalPathError(f"files can't be put into {str(cache_dir)!r}: {error}") from error
    return placed


def _place(
    bundle: BundleContents, file: BundledFile, home: RepoFolder, advance: Callable[[int], object]
) -> bool:
    blob = home.blobs / file.blob_id
    is_news = not (blob.is_file() and blob.stat().st_size == file.size)
    if is_news:
        _write_blob(bundle, file, blob, advance)
    else:
        advance(file.size)
    link = home.snapshot(file.commit_hash) / file.path
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        _link(link, blob)
    return is_news


def _write_blob(
    bundle: BundleContents, file: BundledFile, blob: Path, advance: Callable[[int], object]
) -> None:
    blob.parent.mkdir(parents=True, exist_ok=True)
    temporary = blob.with_name(f"{blob.name}.{os.urandom(8).hex()}.incomplete")
    digest = _git_digest(file.size) if len(file.blob_id) == _GIT_DIGITS else sha256()
    try:
        with temporary.open("xb") as target:
            for chunk in bundle.chunks(file.sha256):
                digest.update(chunk)
                target.write(chunk)
                advance(len(chunk))
        if digest.hexdigest() != file.blob_id:
            raise BundleError(f"the content of {file.path!a} is not the one that its name promises")
        temporary.replace(blob)
    finally:
        temporary.unlink(missing_ok=True)


def _link(link: Path, blob: Path) -> None:
    # What a dead process left; a file that is there for good was found before.
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    try:
        link.symlink_to(os.path.relpath(blob, link.parent))
    except OSError:
        # Windows lets few users make links.
        import shutil

        shutil.copyfile(blob, link)


def _git_digest(size: int) -> Digest:
    """What git names a content of that size by, before the content itself."""
    # As git does, which is no matter of security: the manifest has the sha256.
    return sha1(b"blob %d\0" % size, usedforsecurity=False)
