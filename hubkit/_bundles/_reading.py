"""Reading a bundle with suspicion: all of it is looked at before anything of it is used."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import attrs

from hubkit._bars import bar_of_bytes
from hubkit._bundles._manifest import CHECKSUM, MANIFEST, SIGNATURE, Manifest, member_name
from hubkit._bundles._writing import signature_of
from hubkit._local_paths import shown_path
from hubkit.cache._entry import Entry, decode_entry
from hubkit.errors import BundleError, CacheCorruptedError, LocalPathError

__all__ = ["BundleContents", "read_bundle"]

_BLOCK: Final = tarfile.BLOCKSIZE
_CHUNK: Final = 1024 * 1024
# Of the manifest: some hundred thousand files.
_LARGEST_MANIFEST: Final = 128 * 1024 * 1024
_LONGEST_HASH: Final = 256


@attrs.frozen
class _Member:
    name: str
    start: int
    size: int


@attrs.frozen
class BundleContents:
    """A bundle that was found whole and sound."""

    path: Path
    manifest: Manifest
    _members: dict[str, _Member] = attrs.field(repr=False)

    def entries(self) -> Iterator[Entry]:
        """Every answer in it.

        Raises:
            BundleError: One isn't what the manifest says.
        """
        with self.path.open("rb") as file:
            for part in self.manifest.entries:
                raw = _content(file, self._members[member_name(part.sha256)])
                try:
                    yield decode_entry(raw, part.key)
                except CacheCorruptedError as error:
                    raise BundleError(f"an answer in it can't be read: {error}") from error

    def chunks(self, sha256_digest: str) -> Iterator[bytes]:
        """The content with that hash, a part at a time."""
        member = self._members[member_name(sha256_digest)]
        with self.path.open("rb") as file:
            yield from _chunks(file, member)


def read_bundle(path: Path, *, signing_key: bytes | None, progress: bool) -> BundleContents:
    """Look through a whole bundle. Nothing of it is unpacked.

    Args:
        path: The file.
        signing_key: Refuses a bundle that isn't signed with it.
        progress: Whether a bar is shown meanwhile.

    Raises:
        LocalPathError: It can't be read.
        BundleError: It is no bundle, damaged, hostile, or not signed with the key.
    """
    try:
        with path.open("rb") as file:
            return _checked(path, file, signing_key, progress)
    except BundleError as error:
        raise BundleError(f"bundle {shown_path(path)} is refused: {error.message}") from error
    except OSError as error:
        raise LocalPathError(
            f"the bundle {shown_path(path)} can't be read: {error.strerror or error}"
        ) from error


def _checked(path: Path, file: BinaryIO, signing_key: bytes | None, progress: bool) -> BundleContents:
    members = {}
    for member in _walk(file):
        if member.name in members:
            raise BundleError(f"{member.name} is in it twice")
        members[member.name] = member
    manifest_member = members.pop(MANIFEST, None)
    if manifest_member is None or manifest_member.size > _LARGEST_MANIFEST:
        raise BundleError("it has no manifest, or none of a bearable size")
    raw = _content(file, manifest_member)
    if _short(file, members.pop(CHECKSUM, None)) != sha256(raw).hexdigest().encode():
        raise BundleError("its manifest is damaged: the hash doesn't fit")
    signature = _short(file, members.pop(SIGNATURE, None))
    if signing_key is not None:
        _check_signature(signature, raw, signing_key)
    manifest = Manifest.from_json(raw)
    if {name: member.size for name, member in members.items()} != manifest.members():
        raise BundleError("what is in it is not what its manifest says")
    total = sum(member.size for member in members.values())
    with bar_of_bytes("Checking", total, wanted=progress) as bar:
        for name, member in members.items():
            if _digest(file, member, bar.update) != name.rpartition("/")[2]:
                raise BundleError(f"{name} is damaged: its hash doesn't fit")
    return BundleContents(path, manifest, members)


def _short(file: BinaryIO, member: _Member | None) -> bytes:
    """The few bytes of a hash; none where there is no such member, or too long a one."""
    return b"" if member is None or member.size > _LONGEST_HASH else _content(file, member)


def _check_signature(given: bytes, raw: bytes, signing_key: bytes) -> None:
    from hmac import compare_digest

    if not compare_digest(given, signature_of(raw, signing_key)):
        raise BundleError(
            "it isn't signed with the cache_key of these settings: where it is made HUBKIT_CACHE_KEY has to be the same"
        )


def _walk(file: BinaryIO) -> Iterator[_Member]:
    """The members, by their headers alone: plain files, with nothing that unpacking would have to interpret."""
    length = file.seek(0, 2)
    place = 0
    while place < length:
        file.seek(place)
        block = file.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise BundleError("it is no tar file, or damaged") from error
        if info.type != tarfile.REGTYPE:
            raise BundleError("it has links, folders, devices or extended headers in it, as no bundle has")
        start = place + _BLOCK
        if not 0 <= info.size <= length - start:
            raise BundleError("it is broken off")
        yield _Member(info.name, start, info.size)
        place = start + -(-info.size // _BLOCK) * _BLOCK


def _content(file: BinaryIO, member: _Member) -> bytes:
    return b"".join(_chunks(file, member))


def _digest(file: BinaryIO, member: _Member, advance: Callable[[int], object]) -> str:
    digest = sha256()
    for chunk in _chunks(file, member):
        digest.update(chunk)
        advance(len(chunk))
    return digest.hexdigest()


def _chunks(file: BinaryIO, member: _Member) -> Iterator[bytes]:
    file.seek(member.start)
    left = member.size
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise BundleError("it is broken off")
        left -= len(chunk)
        yield chunk
