"""``hubkit card facts``: what the files of an adapter prove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hubkit.cli._format import plain_text
from hubkit.cli._output import Cell
from hubkit.cli._session import Session, json_option, pass_session
from hubkit.cli._table import Column

if TYPE_CHECKING:
    from hubkit.cards import AdapterFacts

__all__ = ["facts"]

_COLUMNS = (Column("FACT", least=16), Column("VALUE", least=20), Column("FROM", least=16))
_NO_FACTS = ("sources", "warnings", "history")


@click.command()
@click.argument("folder")
@json_option
@pass_session
def facts(session: Session, folder: str, as_json: bool) -> None:
    """Show what the files of the adapter in FOLDER prove, and which of them says so.

    On a pipe each line is: fact, value, file and key.
    """
    from hubkit.cards import read_adapter

    found = read_adapter(folder)
    if as_json:
        session.out.json(
            {"facts": _known(found), "sources": dict(found.sources), "warnings": list(found.warnings)}
        )
    else:
        session.out.table(
            _COLUMNS,
            [[Cell(name), _cell(value), *_source(found, name)] for name, value in _known(found).items()],
        )
        for warning in found.warnings:
            session.out.note(warning, kind="warning")


def _known(found: AdapterFacts) -> dict[str, Any]:
    """Every fact that some file proves."""
    from attrs import asdict

    values = asdict(found, filter=lambda field, _: field.name not in _NO_FACTS)
    return {name: value for name, value in values.items() if value not in (None, (), {}, [])}


def _cell(value: object) -> Cell:
    if isinstance(value, dict):
        value = [f"{key}={plain_text(each)}" for key, each in value.items()]
    return Cell(value)


def _source(found: AdapterFacts, name: str) -> list[Cell]:
    parts = {source for fact, source in found.sources.items() if fact.partition(".")[0] == name}
    return [Cell(sorted(parts))]
