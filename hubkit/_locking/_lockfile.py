"""Reading and writing ``models.lock``: the same lock is the same bytes, one line a file, so that diffs can be read.

Written by hand rather than by a library: the layout is part of the promise, and a release of a
library that breaks lines elsewhere would change everybody's locks.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import attrs

from hubkit._licenses import LicenseLink
from hubkit._locking._licensing import stated_again
from hubkit._locking._lock import Lock, LockedFile, LockedModel
from hubkit._refs import is_commit_hash, parse_repo_id, parse_repo_path, parse_revision
from hubkit._secrets import without_frames
from hubkit._whole_files import write_whole
from hubkit.errors import HubkitError, LocalPathError, LockError

__all__ = ["parse_lock", "read_lock", "render_lock", "write_lock"]

_VERSION: Final = 1
_REMEDY: Final = "restore it, or have 'hubkit lock --upgrade' make a new one"
_LONGEST: Final = 256 * 1024 * 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")
_SHA1: Final = re.compile(r"[0-9a-f]{40}\Z")
_HEAD: Final = "# Written by 'hubkit lock'. Changes by hand are refused: change models.toml and lock again.\n"


def read_lock(file: Path) -> Lock | None:
    """The lock in a file; None when there is no such file.

    Raises:
        LocalPathError: It can't be read.
        LockError: It is damaged, was changed by hand, or is of a newer version.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LONGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LocalPathError(f"{file} can't be read: {error.strerror}") from error
    try:
        return parse_lock(raw)
    except LockError as error:
        raise LockError(f"{file}: {error.message}") from error


def write_lock(file: Path, lock: Lock) -> bool:
    """Write a lock, whole or not at all; whether the file had to be changed.

    Raises:
        LocalPathError: It can't be written.
    """
    raw = render_lock(lock)
    try:
        with contextlib.suppress(FileNotFoundError):
            if _with_plain_ends(file.read_bytes()) == raw:
                return False
        target = file.resolve()
        write_whole(target, raw, mode=target.stat().st_mode & 0o777 if target.exists() else 0o644)
    except OSError as error:
        raise LocalPathError(f"{file} can't be written: {error.strerror}") from error
    return True


def render_lock(lock: Lock) -> bytes:
    """A lock as text; equal ones give equal bytes."""
    body = "".join(f"\n{_rendered_model(model)}" for model in lock.models)
    return f'{_HEAD}version = {_VERSION}\nchecksum = "sha256:{_checksum(body)}"\n{body}'.encode()


def parse_lock(raw: bytes) -> Lock:
    """The lock in a text; believes nothing that can't be.

    Raises:
        LockError: It isn't what `render_lock` gave.
    """
    plain = _with_plain_ends(raw)
    document = _decoded(plain)
    version = document.get("version")
    if version != _VERSION:
        raise LockError(f"it is no lock, or one of a newer version of hubkit (version {version!a})")
    try:
        models = tuple(map(_model, document.get("model", [])))
    except (HubkitError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise LockError(f"it names what can't be, or was changed by hand: {_REMEDY}") from error
    lock = Lock.of(models)
    names = {model.model_id.casefold() for model in models}
    # What says the same in other words was changed by hand as well.
    if render_lock(lock) != plain or len(names) != len(models):
        raise LockError(f"it was changed by hand, or damaged: {_REMEDY}")
    return lock


def _decoded(raw: bytes) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise LockError(f"it is no lock, or damaged: {_REMEDY}") from without_frames(error)


def _with_plain_ends(raw: bytes) -> bytes:
    # git may have written the line ends of Windows.
    return raw.replace(b"\r\n", b"\n")


def _checksum(body: str) -> str:
    return sha256(body.encode()).hexdigest()


# Writing


def _rendered_model(model: LockedModel) -> str:
    lines = ["[[model]]"]
    lines += _pairs(
        id=model.model_id,
        revision=model.revision,
        commit=model.commit_hash,
        size=model.size_bytes,
        allow_patterns=model.allow_patterns,
        ignore_patterns=model.ignore_patterns,
        license_problems=model.license_problems,
    )
    lines += ["licenses = [", *(f"    {_inline(_license_pairs(link))}," for link in model.licenses), "]"]
    lines += ["files = [", *(f"    {_inline(_file_pairs(file))}," for file in model.files), "]"]
    return "\n".join(lines) + "\n"


def _license_pairs(link: LicenseLink) -> Iterator[str]:
    return _pairs(
        model=link.model_id,
        base_of=link.base_of,
        base_source=link.base_source,
        relation=link.relation,
        ids=tuple(stated.id for stated in link.licenses),
        name=next((stated.name for stated in link.licenses if stated.name is not None), None),
        source=link.source,
        problem=link.problem,
    )


def _file_pairs(file: LockedFile) -> Iterator[str]:
    return _pairs(path=file.path, size=file.size, sha256=file.sha256, git_sha1=file.git_sha1)


def _inline(pairs: Iterator[str]) -> str:
    return f"{{ {', '.join(pairs)} }}"


def _pairs(**values: str | int | Sequence[str] | None) -> Iterator[str]:
    """What is known, as lines; nothing of what is None or empty."""
    for key, value in values.items():
        if value is not None and value != ():
            yield f"{key} = {_value(value)}"


def _value(value: str | int | Sequence[str]) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # A JSON text is a TOML text, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(map(_value, value))}]"


# Reading


def _model(said: Mapping[str, Any]) -> LockedModel:
    files = tuple(map(_file, said["files"]))
    links = tuple(map(_link, said["licenses"]))
    revision = said.get("revision")
    _check(is_commit_hash(_text(said["commit"])) and bool(links))
    paths = [file.path for file in files]
    _check(paths == sorted(set(paths)))
    return LockedModel(
        model_id=parse_repo_id(said["id"]),
        revision=None if revision is None else parse_revision(revision),
        commit_hash=said["commit"],
        allow_patterns=_texts(said.get("allow_patterns", [])),
        ignore_patterns=_texts(said.get("ignore_patterns", [])),
        files=files,
        licenses=links,
        license_problems=_texts(said.get("license_problems", [])),
    )


def _file(said: Mapping[str, Any]) -> LockedFile:
    large, small = said.get("sha256"), said.get("git_sha1")
    _check((large is None) != (small is None))
    _check(large is None or _SHA256.match(large) is not None)
    _check(small is None or _SHA1.match(small) is not None)
    size = said["size"]
    _check(type(size) is int and size >= 0)
    return LockedFile(path=parse_repo_path(said["path"]), size=size, sha256=large, git_sha1=small)


def _link(said: Mapping[str, Any]) -> LicenseLink:
    known = _optional(said)
    return attrs.evolve(
        stated_again(_texts(said.get("ids", [])), known("name")),
        model_id=_text(said["model"]),
        base_of=_texts(said.get("base_of", [])),
        base_source=known("base_source"),
        relation=known("relation"),
        source=known("source"),
        problem=known("problem"),
    )


def _optional(said: Mapping[str, Any]) -> Callable[[str], str | None]:
    return lambda key: None if key not in said else _text(said[key])


def _texts(value: object) -> tuple[str, ...]:
    _check(isinstance(value, list))
    assert isinstance(value, list)
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise LockError("it names what can't be")
    return value


def _check(sound: bool) -> None:
    if not sound:
        raise LockError("it names what can't be")
