"""Which of the settings was said where: for people who wonder why one is not what they think."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

from hubkit._settings import (
    Environment,
    LookedAt,
    Setting,
    files_looked_at,
    parse_toml,
    read_settings,
    table_of,
    working_folder,
)
from hubkit.config import HubConfig
from hubkit.errors import ConfigError

__all__ = ["Origin", "OriginKind", "config_files", "origins", "setting_names"]

OriginKind: TypeAlias = Literal["argument", "environment", "file", "default"]


@attrs.frozen(kw_only=True)
class Origin:
    """Where a setting was said."""

    kind: OriginKind
    variable: str | None = None
    """The environment variable."""
    path: Path | None = None
    """The file."""
    line: int | None = None
    """Its line there, from 1; None when that can't be told."""

    def __str__(self) -> str:
        if self.path is None:
            return self.variable or self.kind
        return f"{self.path}" if self.line is None else f"{self.path}, line {self.line}"


def setting_names() -> tuple[str, ...]:
    """Every setting, in the order of `HubConfig`."""
    return tuple(attrs.fields_dict(HubConfig))


def origins(
    overrides: Collection[str] = (), *, environ: Mapping[str, str] | None = None, start: Path | None = None
) -> dict[str, Origin]:
    """The origin of each setting, as `HubConfig.load` would take it.

    Args:
        overrides: Names of the settings that the caller gives himself.
        environ: Environment variables, if not this process's.
        start: Where the search for a file starts, if not the working folder.

    Raises:
        ConfigError: A key is unknown, or a file can't be read.
    """
    names = setting_names()
    found = read_settings(
        names, environ=_environment(environ), start=working_folder() if start is None else start
    )
    return {name: _origin(name, name in overrides, found.get(name)) for name in names}


def config_files(*, environ: Mapping[str, str] | None = None, start: Path | None = None) -> list[LookedAt]:
    """The files in which `HubConfig.load` would look, nearest first. Never raises."""
    return files_looked_at(_environment(environ), working_folder() if start is None else start)


def _environment(environ: Mapping[str, str] | None) -> Environment:
    return Environment(os.environ if environ is None else environ)


def _origin(name: str, is_given: bool, setting: Setting | None) -> Origin:
    if is_given:
        return Origin(kind="argument")
    if setting is None:
        return Origin(kind="default")
    if setting.path is None:
        return Origin(kind="environment", variable=setting.source)
    return Origin(kind="file", path=setting.path, line=_line_of(setting.path, name))


def _line_of(path: Path, key: str) -> int | None:
    """The line of a key, which the parser doesn't tell: where a key of that name would be the setting."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return None
    begins = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(lines):
        if begins.match(line) and _would_be_ours(path, key, lines[:number]):
            return number + 1
    return None


def _would_be_ours(path: Path, key: str, above: list[str]) -> bool:
    """Whether the key is in the right table below these lines, and not part of a longer text."""
    try:
        table = table_of(path, parse_toml("\n".join([*above, f"{key} = 0"])))
    except (ConfigError, ValueError, RecursionError):
        return False
    return key in table
