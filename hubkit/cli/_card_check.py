"""``hubkit card check``: what is wrong with a card, without asking the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._output import Cell, Fact
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._table import Column
from hubkit.errors import LocalPathError

if TYPE_CHECKING:
    from hubkit.cards import Finding

__all__ = ["check"]

_CARD = "README.md"
# A check reads five million characters; more bytes than these are not one of a card.
_LONGEST = 20_000_000
_COLUMNS = tuple(Column(title) for title in ("LINE", "SEVERITY", "KEY", "MESSAGE", "REMEDY"))


@click.command()
@click.argument("path")
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
@json_option
@pass_session
def check(session: Session, path: str, strict: bool, as_json: bool) -> None:
    """Check the model card PATH, or the README.md of the folder PATH.

    Nothing is asked of the Hub, which has the last word at an upload. The exit code is 1 when there is an
    error: something that the Hub refuses, or a secret. On a pipe each line is: line of the card, severity,
    key, message, remedy.
    """
    from hubkit.cards import validate_card

    file = _card_of(path)
    findings = validate_card(_read(file))
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    if as_json:
        session.out.json(_document(file, errors, warnings, findings))
    elif session.out.is_terminal:
        # A table would cut the words, which are what this is about.
        session.out.facts([_fact(finding) for finding in findings])
    else:
        session.out.table(_COLUMNS, [_row(finding) for finding in findings])
    session.out.note(f"{file}: {_count(errors, 'error')}, {_count(warnings, 'warning')}")
    if errors or (strict and warnings):
        end_with(ExitCode.NO)


def _card_of(path: str) -> Path:
    """The file that was meant.

    Raises:
        LocalPathError: There is none.
    """
    file = Path(path)
    if file.is_dir():
        file /= _CARD
    if not file.is_file():
        raise LocalPathError(
            f"{file} doesn't exist, or is no file: 'hubkit card new' writes an adapter's card"
        )
    return file


def _read(file: Path) -> str:
    """The card, its line ends as they are; bytes that are no UTF-8 are the check's affair.

    Raises:
        LocalPathError: It can't be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(_LONGEST).decode("utf-8", "replace")
    except OSError as error:
        raise LocalPathError(f"{file} can't be read: {error.strerror}") from error


def _document(file: Path, errors: int, warnings: int, findings: list[Finding]) -> dict[str, Any]:
    return {
        "path": str(file),
        "errors": errors,
        "warnings": warnings,
        "findings": [
            {
                "line": finding.line,
                "severity": finding.severity,
                "key": finding.key,
                "message": finding.message,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }


def _fact(finding: Finding) -> Fact:
    place = f"{finding.line or ''} {finding.severity}".strip()
    return Fact(place, f"{finding.key}: {finding.message.removesuffix('.')} -> {finding.remedy}")


def _row(finding: Finding) -> list[Cell]:
    values = (finding.line, finding.severity, finding.key, finding.message, finding.remedy)
    return [Cell(value) for value in values]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
