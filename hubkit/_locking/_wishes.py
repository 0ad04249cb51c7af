"""Reading ``models.toml``, strictly: what isn't understood is refused, with the place and the nearest key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from hubkit._locking._formats import FORMATS
from hubkit._refs import parse_repo_id, parse_revision
from hubkit._settings import load_toml, nearest_key
from hubkit.errors import ConfigError, InvalidArgumentError

__all__ = ["Wish", "read_wishes"]

T = TypeVar("T")

_TABLE: Final = "models"
_POLICY: Final = ("licenses", "formats", "allow_unknown_license")
_VAGUE: Final = ("other", "unknown")
_OWN: Final = ("id", "revision", "allow_patterns", "ignore_patterns")


@attrs.frozen(kw_only=True)
class Wish:
    """A wanted model, and what it has to be like."""

    model_id: str
    revision: str | None = None
    """Branch, tag or commit; None: the default branch."""
    allow_patterns: tuple[str, ...] = ()
    """Only files that match one; none: all files."""
    ignore_patterns: tuple[str, ...] = ()
    """No file that matches one."""
    licenses: tuple[str, ...] | None = None
    """Licences that it and its base models may be under; None: any."""
    formats: tuple[str, ...] | None = None
    """Formats that its weights may have; None: any."""
    allow_unknown_license: bool = False
    """Whether a licence that can't be found out is good enough."""


def read_wishes(file: Path) -> tuple[Wish, ...]:
    """The models that a file asks for, in its order.

    Args:
        file: The TOML file.

    Raises:
        ConfigError: It can't be read, or something in it can't be right; the text names file, table and key.
    """
    if not file.exists():
        raise ConfigError(
            f'{file} doesn\'t exist: list the models in it, each as [[{_TABLE}]] and id = "org/name"'
        )
    document = load_toml(file)
    top = _Table(file, "", document)
    top.check_keys((_TABLE, *_POLICY))
    policy = _policy(top)
    listed = document.get(_TABLE)
    if not isinstance(listed, list) or not listed or not all(isinstance(each, Mapping) for each in listed):
        raise ConfigError(f"{file}: at least one table [[{_TABLE}]] is needed, with the 'id' of a model")
    wishes = tuple(_wish(file, number, each, policy) for number, each in enumerate(listed, 1))
    seen: dict[str, int] = {}
    for number, wish in enumerate(wishes, 1):
        first = seen.setdefault(wish.model_id.casefold(), number)
        if first != number:
            raise ConfigError(
                f"{file}: [[{_TABLE}]] {number}: id: {wish.model_id!r} is [[{_TABLE}]] {first} already"
            )
    return wishes


def _wish(file: Path, number: int, given: Mapping[str, Any], policy: Mapping[str, Any]) -> Wish:
    name = given.get("id")
    called = f" ({name})" if isinstance(name, str) and name.isprintable() and len(name) < 100 else ""
    table = _Table(file, f"[[{_TABLE}]] {number}{called}: ", given)
    table.check_keys((*_OWN, *_POLICY))
    if "id" not in given:
        raise table.error("id", "is missing")
    return Wish(
        model_id=table.read("id", _model_id),
        revision=table.read("revision", _revision),
        allow_patterns=table.read("allow_patterns", _texts) or (),
        ignore_patterns=table.read("ignore_patterns", _texts) or (),
        # A model's own word replaces the one for all.
        **{**policy, **_policy(table)},
    )


def _policy(table: _Table) -> dict[str, Any]:
    """What is said of licences and formats, and nothing of what isn't said."""
    readers: dict[str, Callable[[Any], Any]] = {
        "licenses": _licenses,
        "formats": _formats,
        "allow_unknown_license": _flag,
    }
    return {key: table.read(key, reader) for key, reader in readers.items() if key in table.values}


@attrs.frozen
class _Table:
    """A table of the file, and where it stands."""

    file: Path
    place: str
    values: Mapping[str, Any]

    def check_keys(self, known: tuple[str, ...]) -> None:
        """Refuse a key that nobody knows."""
        for key in self.values:
            if key not in known:
                raise ConfigError(f"{self.file}: {self.place}unknown key {key!a}{nearest_key(key, known)}")

    def read(self, key: str, reader: Callable[[Any], T]) -> T | Any:
        """A value that is right; None when it isn't given."""
        if key not in self.values:
            return None
        try:
            return reader(self.values[key])
        except InvalidArgumentError as error:
            raise self.error(key, error.message) from error

    def error(self, key: str, reason: str) -> ConfigError:
        """The error about a key."""
        return ConfigError(f"{self.file}: {self.place}{key}: {reason}")


def _model_id(value: Any) -> str:
    return parse_repo_id(value, field="the value")


def _revision(value: Any) -> str:
    return parse_revision(value, field="the value")


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts; one alone is refused, as is an empty list, which could mean all or nothing."""
    sound = isinstance(value, list) and value and all(isinstance(each, str) and each for each in value)
    if not sound:
        raise InvalidArgumentError('the value must be a list of texts, such as ["*.json"], with at least one')
    if not all(each.isprintable() for each in value):
        raise InvalidArgumentError("a text in it has control characters")
    return tuple(value)


def _licenses(value: Any) -> tuple[str, ...]:
    listed = _texts(value)
    for each in listed:
        if each.strip().casefold() in _VAGUE:
            raise InvalidArgumentError(
                f"{each!a} may be any licence: name it, by its license_name if it has no id"
            )
    return listed


def _formats(value: Any) -> tuple[str, ...]:
    listed = _texts(value)
    for each in listed:
        if each not in FORMATS:
            raise InvalidArgumentError(f"{each!a} is no format of weights{_known_formats(each)}")
    return listed


def _known_formats(given: str) -> str:
    return nearest_key(given, FORMATS) or f": there are {', '.join(FORMATS)}"


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidArgumentError("the value must be true or false")
    return value
