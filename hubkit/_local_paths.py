"""Local paths from callers, checked so that a bad one is one clear error of ours."""

from __future__ import annotations

import os
from pathlib import Path

from hubkit._secrets import clean_text
from hubkit.errors import InvalidArgumentError, LocalPathError

__all__ = ["parse_local_path", "parse_target", "shown_path", "stat_mode"]

_SHOWN = 200


def parse_local_path(value: object, *, field: str) -> Path:
    """A path as it was given, with the home folder that a leading ``~`` stands for.

    Nothing is looked up where it leads.

    Args:
        value: What the caller gave.
        field: How the caller's argument is called, for the error.

    Raises:
        InvalidArgumentError: It isn't text or a path.
        LocalPathError: It is empty, or holds what no path can hold.
    """
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(text, str):
        raise InvalidArgumentError(f"{field} must be a path, not {type(value).__name__}")
    if not text or "\0" in text:
        raise LocalPathError(f"{field} {shown_path(text)} can't be a path")
    return Path(os.path.expanduser(text))


def parse_target(value: object, *, field: str) -> Path:
    """The path of a file to be written; its folder has to be there already.

    Raises:
        InvalidArgumentError: It isn't text or a path.
        LocalPathError: It can't be a path, or there is no such folder.
    """
    path = parse_local_path(value, field=field)
    if not path.parent.is_dir():
        raise LocalPathError(f"{field} {shown_path(path)}: there is no folder {shown_path(path.parent)}")
    return path.absolute()


def stat_mode(path: Path, *, field: str) -> int | None:
    """What kind of thing stands there, links followed; None when nothing does.

    Raises:
        LocalPathError: The system refuses to say: the path is too long, or behind a folder without access.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LocalPathError(f"{field} {shown_path(path)} can't be used: {error.strerror}") from error
    except ValueError as error:
        raise LocalPathError(f"{field} {shown_path(path)} can't be a path") from error


def shown_path(path: str | Path) -> str:
    r"""The path as an error may print it: in quotes, without controls, and not a page long.

    >>> shown_path("a\x1b[2Jb")
    "'ab'"
    """
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return f"'{' '.join(clean_text(text, limit=_SHOWN).split(chr(10)))}'"
