"""Where settings come from: the environment and TOML files, as raw values.

Reading only: what a value means is the business of the config class.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from hubkit._secrets import without_frames
from hubkit.errors import ConfigError

__all__ = [
    "CONFIG_VARIABLE",
    "PREFIX",
    "Environment",
    "LookedAt",
    "Setting",
    "files_looked_at",
    "load_toml",
    "nearest_key",
    "parse_toml",
    "read_settings",
    "table_of",
    "working_folder",
]

PREFIX = "HUBKIT_"
CONFIG_VARIABLE = "HUBKIT_CONFIG"
"""Names one TOML file to read instead of searching for one."""

_ALIASES = {"endpoint": "HF_ENDPOINT", "token": "HF_TOKEN", "offline": "HF_HUB_OFFLINE"}


class Environment(dict[str, str]):
    """Environment variables, many of them secret: a traceback that prints its variables shows none."""

    def __repr__(self) -> str:
        return f"<{len(self)} environment variables>"


@attrs.frozen
class Setting:
    """A raw value and where it was found, for messages."""

    value: Any = attrs.field(repr=False)
    source: str
    lay_around: bool = False
    """Whether it is in a file that nobody named: whoever made the working folder chose it."""
    path: Path | None = None
    """The file that it is in; None for a variable."""


@attrs.frozen
class LookedAt:
    """A file in which settings were looked for."""

    path: Path
    state: str
    """``used``, ``absent``, ``no table`` (a ``pyproject.toml`` of others) or ``broken``."""


def read_settings(names: Collection[str], *, environ: Environment, start: Path | None) -> dict[str, Setting]:
    """Collect settings; the stronger source wins.

    Args:
        names: The keys that exist.
        environ: Environment variables; an empty one counts as unset.
        start: Folder in which the search for a file starts; it goes on in its parents. None: no search.

    Raises:
        ConfigError: A key is unknown or a file can't be read.
    """
    found = _from_file(names, environ, start)
    found |= {
        name: Setting(environ[variable], variable)
        for name, variable in _ALIASES.items()
        if environ.get(variable)
    }
    return found | _from_environment(names, environ)


def files_looked_at(environ: Environment, start: Path | None) -> list[LookedAt]:
    """Where settings were looked for, in order; the last is what was found, if anything was.

    Args:
        environ: Environment variables.
        start: Folder in which the search starts. None: no search.
    """
    named = _named_file(environ)
    places = [named] if named else [] if start is None else _places(start.absolute())
    looked = []
    for path in places:
        looked.append(LookedAt(path, _state(path, is_named=named is not None)))
        if looked[-1].state in ("used", "broken"):
            break
    return looked


def working_folder() -> Path | None:
    """Where the search for a file starts."""
    try:
        return Path.cwd()
    except OSError:
        # Somebody removed it; programs that don't look around go on.
        return None


def nearest_key(key: str, names: Iterable[str], *, prefix: str = "") -> str:
    """The end of an error about an unknown key: what was probably meant.

    >>> nearest_key("tll", ["ttl", "cache"])
    "; did you mean 'ttl'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(key, list(names), n=1, cutoff=0.5)
    return f"; did you mean {prefix + close[0]!r}?" if close else ""


def _from_environment(names: Collection[str], environ: Environment) -> dict[str, Setting]:
    found = {}
    for variable in environ:
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        name = variable[len(PREFIX) :].lower()
        if name not in names:
            raise ConfigError(f"environment variable {variable} names no setting{_meant(name, names)}")
        if environ[variable]:
            found[name] = Setting(environ[variable], variable)
    return found


def _meant(name: str, names: Collection[str]) -> str:
    # Compared without the prefix, which would make any two of them alike.
    return nearest_key(name.upper(), map(str.upper, names), prefix=PREFIX)


def _named_file(environ: Environment) -> Path | None:
    named = environ.get(CONFIG_VARIABLE)
    # Not every place where variables are set does it: no shell reads the `env:` of a workflow.
    return Path(os.path.expanduser(named)) if named else None


def _from_file(names: Collection[str], environ: Environment, start: Path | None) -> dict[str, Setting]:
    path = _named_file(environ)
    if path is not None:
        found = _named_table(path)
    elif start is not None:
        path, found = _search(start.absolute())
    else:
        return {}
    for key in found:
        if key not in names:
            raise ConfigError(f"{path}: unknown key {key!r}{nearest_key(key, names)}")
    return found


def _named_table(path: Path) -> dict[str, Setting]:
    try:
        return _read_table(path, load_toml(path))
    except ConfigError as error:
        raise ConfigError(f"{error} ({CONFIG_VARIABLE} names it)") from without_frames(error)


def _search(start: Path) -> tuple[Path, dict[str, Setting]]:
    """The nearest ``hubkit.toml``, or ``pyproject.toml`` with our table, going upwards."""
    for path in _places(start):
        # Not Path.is_file, which raises in a folder that may not be searched.
        if os.path.isfile(path):
            document = load_toml(path)
            if _is_ours(path, document):
                table = _read_table(path, document)
                return path, {key: attrs.evolve(found, lay_around=True) for key, found in table.items()}
    return start, {}


def _places(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder / "hubkit.toml"
        yield folder / "pyproject.toml"


def _is_ours(path: Path, document: Mapping[str, Any]) -> bool:
    return path.name == "hubkit.toml" or "hubkit" in _tools(document)


def _state(path: Path, *, is_named: bool) -> str:
    if not is_named and not os.path.isfile(path):
        return "absent"
    try:
        document = load_toml(path)
        table_of(path, document)
    except ConfigError:
        return "broken"
    return "used" if is_named or _is_ours(path, document) else "no table"


def table_of(path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a file's document that is about hubkit.

    Raises:
        ConfigError: It isn't a table.
    """
    table = _tools(document).get("hubkit", {}) if path.name == "pyproject.toml" else document
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: [tool.hubkit] must be a table")
    return table


def _read_table(path: Path, document: Mapping[str, Any]) -> dict[str, Setting]:
    table = table_of(path, document)
    return {key: Setting(value, f"{key} in {path}", path=path) for key, value in table.items()}


def _tools(document: Mapping[str, Any]) -> Mapping[str, Any]:
    tools = document.get("tool", {})
    return tools if isinstance(tools, Mapping) else {}


def load_toml(path: Path) -> Mapping[str, Any]:
    """What a TOML file holds.

    Raises:
        ConfigError: It can't be read, or isn't TOML.
    """
    try:
        # Windows begins files with a byte order mark, which no parser takes for white space.
        return parse_toml(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from without_frames(error)


def parse_toml(text: str) -> Mapping[str, Any]:
    """What a text in TOML says.

    Raises:
        ValueError: It isn't TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)
