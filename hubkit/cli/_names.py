"""Lists of models in files: an id a line."""

from __future__ import annotations

import click

from hubkit._refs import parse_repo_id
from hubkit.errors import InvalidArgumentError, InvalidRefError, LocalPathError

__all__ = ["names_in"]


def names_in(file: str) -> list[str]:
    """The ids in a list, each once, in its order.

    Raises:
        LocalPathError: The file can't be read.
        InvalidArgumentError: It isn't text, or a line of it is no id.
    """
    names: dict[str, None] = {}
    try:
        with click.open_file(file, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                name = line.partition("#")[0].strip()
                if name:
                    names[_checked(name, f"{file}, line {number}")] = None
    except OSError as error:
        raise LocalPathError(f"the list of models {file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"{file}: not UTF-8 text") from error
    return list(names)


def _checked(name: str, place: str) -> str:
    try:
        return parse_repo_id(name)
    except InvalidRefError as error:
        raise InvalidRefError(f"{place}: {error.message}") from error
