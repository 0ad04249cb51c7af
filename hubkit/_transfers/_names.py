"""Whether a machine can keep files under the names that a Hub gives them. Pure but for two questions to the system."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import attrs

from hubkit._refs import parse_repo_path
from hubkit.errors import InvalidRefError

__all__ = ["NameRules", "Unholdable", "find_unholdable"]

# Windows takes these for devices, in any folder and with any extension.
_DEVICE = re.compile(
    "(?:CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|(?:COM|LPT)[1-9\u00b9\u00b2\u00b3]) *(?:\\.|\\Z)", re.IGNORECASE
)
_NOT_ON_WINDOWS = re.compile('[<>:"|?*]')
_LONGEST_NAME = 255
_LONGEST_PATH = 4096


@attrs.frozen(kw_only=True)
class NameRules:
    """What a file system takes for a name."""

    windows: bool = False
    """Whether devices, some characters, and dots and spaces at the end are out."""
    folds_case: bool = False
    """Whether ``README.md`` and ``readme.md`` are one file."""
    folds_unicode: bool = False
    """Whether an accent is the same with its letter and after it."""
    longest_name: int = _LONGEST_NAME
    """Bytes of UTF-8 of one part of a path; UTF-16 units on Windows."""
    longest_path: int | None = _LONGEST_PATH
    """Bytes of a whole path; None when there is no such limit."""

    @classmethod
    def of(cls, folder: Path) -> NameRules:
        """The rules here.

        Args:
            folder: One that exists.
        """
        if os.name == "nt":
            return cls(windows=True, folds_case=True, longest_path=None)
        apple = sys.platform == "darwin"
        return cls(
            folds_case=apple,
            folds_unicode=apple,
            longest_name=_limit(folder, "PC_NAME_MAX", _LONGEST_NAME),
            longest_path=_limit(folder, "PC_PATH_MAX", _LONGEST_PATH),
        )


@attrs.frozen
class Unholdable:
    """A name that can't be kept, and why."""

    path: str
    reason: str


def find_unholdable(paths: Iterable[str], folder: Path, rules: NameRules) -> Unholdable | None:
    """The first name that can't be kept; None when all can.

    Args:
        paths: Names as a Hub gave them.
        folder: Where they would lie.
        rules: What the file system takes.

    >>> find_unholdable(["a/../../b"], Path("x"), NameRules())
    Unholdable(path='a/../../b', reason='it is no path inside a repository')
    >>> find_unholdable(["README.md", "readme.md"], Path("x"), NameRules(folds_case=True)).reason
    "this system takes it for the same file as 'README.md'"
    """
    listed = list(paths)
    room = None if rules.longest_path is None else rules.longest_path - len(os.fsencode(folder)) - 1
    for path in listed:
        reason = _fault(path, room, rules)
        if reason is not None:
            return Unholdable(path, reason)
    return _find_collision(listed, rules)


def _fault(path: str, room: int | None, rules: NameRules) -> str | None:
    try:
        parts = parse_repo_path(path).split("/")
    except InvalidRefError:
        return "it is no path inside a repository"
    # Refused everywhere: on Windows it would lead to another drive, and huggingface_hub takes it nowhere.
    if any(part[1:2] == ":" for part in parts):
        return "it names a drive of Windows"
    if any(_length(part, rules) > rules.longest_name for part in parts):
        return f"a part of it is longer than {rules.longest_name}"
    if room is not None and len(path.encode()) >= room:
        return f"with its folder it is longer than {rules.longest_path}"
    return next(filter(None, map(_fault_on_windows, parts)), None) if rules.windows else None


def _fault_on_windows(part: str) -> str | None:
    if _DEVICE.match(part):
        return "Windows keeps that name for a device"
    if part.endswith((".", " ")):
        return "Windows drops dots and spaces at the end of a name"
    forbidden = _NOT_ON_WINDOWS.search(part)
    return f"Windows has no {forbidden.group()} in names" if forbidden else None


def _find_collision(paths: list[str], rules: NameRules) -> Unholdable | None:
    files: dict[str, str] = {}
    for path in paths:
        other = files.setdefault(_folded(path, rules), path)
        if other != path:
            return Unholdable(path, f"this system takes it for the same file as {other!a}")
    seen: set[str] = set()
    for folded, path in files.items():
        parent = folded.rpartition("/")[0]
        while parent and parent not in seen:
            if parent in files:
                return Unholdable(path, f"{files[parent]!a} is a file already")
            seen.add(parent)
            parent = parent.rpartition("/")[0]
    return None


def _folded(path: str, rules: NameRules) -> str:
    if rules.folds_unicode:
        path = unicodedata.normalize("NFC", path)
    if rules.folds_case:
        path = path.casefold()
    return unicodedata.normalize("NFC", path) if rules.folds_unicode else path


def _length(part: str, rules: NameRules) -> int:
    return len(part.encode("utf-16-le")) // 2 if rules.windows else len(part.encode())


def _limit(folder: Path, name: str, otherwise: int) -> int:
    try:
        limit = os.pathconf(folder, name)
    except (OSError, ValueError):
        return otherwise
    # Some systems say that there is none.
    return limit if limit > 0 else otherwise
