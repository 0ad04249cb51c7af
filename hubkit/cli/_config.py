"""``hubkit config show`` and ``config path``: what the settings are, and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from hubkit._secrets import Secret, redact
from hubkit.cli._format import duration_text, size_text
from hubkit.cli._groups import Group
from hubkit.cli._output import Cell, Fact
from hubkit.cli._session import Session, json_option, pass_session
from hubkit.cli._table import Column

if TYPE_CHECKING:
    from hubkit._provenance import Origin
    from hubkit._settings import LookedAt

__all__ = ["config"]

_FILES = (Column("STATE"), Column("FILE", least=30, is_name=True))
_MASK = "***"


@attrs.frozen
class _Setting:
    name: str
    value: Any
    """As JSON has it; a secret is masked."""
    source: str
    """``option``, ``environment``, ``file``, ``default``, ``keystore`` or ``hf token file``."""
    origin: Origin | None
    """For those that are settings; None for a token of somebody else's keeping."""


@click.group(cls=Group)
def config() -> None:
    """Show the settings, and where each comes from."""


@config.command()
@json_option
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Show each setting with its value and where that was said; secrets are masked.

    On a pipe each line is: name, value, source, variable or file, line.
    """
    settings = _settings(session)
    if as_json:
        files = [_file_document(each) for each in _looked_at()]
        session.out.json({"settings": [_document(each) for each in settings], "files": files})
    elif session.out.is_terminal:
        session.out.facts([Fact(each.name, None, f"{_shown(each)}  ({_place(each)})") for each in settings])
    else:
        for each in settings:
            session.out.row([each.name, each.value, each.source, *_where(each)])


@config.command()
@json_option
@pass_session
def path(session: Session, as_json: bool) -> None:
    """List the files in which settings are looked for, in their order: the first with settings is used.

    On a pipe each line is: state (used, absent, no table, broken), file.
    """
    looked = _looked_at()
    if as_json:
        session.out.json([_file_document(each) for each in looked])
    else:
        session.out.table(_FILES, [[Cell(each.state), Cell(str(each.path))] for each in looked])


def _settings(session: Session) -> list[_Setting]:
    from hubkit._provenance import origins

    loaded = session.config
    found = origins(session.overrides)
    settings = []
    for name, origin in found.items():
        source = "option" if origin.kind == "argument" else origin.kind
        settings.append(_Setting(name, _plain(getattr(loaded, name)), source, origin))
    if session.token_source in (None, "settings"):
        return settings
    # The settings name none: it is kept elsewhere.
    return [
        _Setting("token", _MASK, session.token_source, None) if one.name == "token" else one
        for one in settings
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return _MASK
    if isinstance(value, tuple):
        return [redact(str(each)) for each in value]
    return redact(value) if isinstance(value, str) else value


def _shown(setting: _Setting) -> str:
    value = setting.value
    if value is None:
        return "none"
    # Times alone are kept as floats.
    if isinstance(value, float):
        return duration_text(value)
    if setting.name == "cache_max_bytes":
        return size_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _place(setting: _Setting) -> str:
    if setting.origin is None:
        return setting.source
    return setting.source if setting.origin.kind == "argument" else str(setting.origin)


def _where(setting: _Setting) -> tuple[str | None, int | None]:
    origin = setting.origin
    if origin is None:
        return None, None
    return origin.variable or (None if origin.path is None else str(origin.path)), origin.line


def _document(setting: _Setting) -> dict[str, Any]:
    origin = setting.origin
    return {
        "name": setting.name,
        "value": setting.value,
        "source": setting.source,
        "variable": origin and origin.variable,
        "path": None if origin is None or origin.path is None else str(origin.path),
        "line": origin and origin.line,
    }


def _looked_at() -> list[LookedAt]:
    from hubkit._provenance import config_files

    return config_files()


def _file_document(looked: LookedAt) -> dict[str, Any]:
    return {"path": str(looked.path), "state": looked.state}
