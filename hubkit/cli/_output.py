"""Where every command's words go: answers to standard output, all else to standard error."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from hubkit._bars import beside_bars
from hubkit._secrets import Secret, redact
from hubkit.cli._format import exact_text, plain_text, without_controls
from hubkit.cli._lost_output import say
from hubkit.cli._table import Column, columns_of_text, facts_of_text
from hubkit.cli._width import wrapped

__all__ = ["Cell", "Fact", "Output"]


_LONGEST = 20_000
"""Characters of one value; more is a joke of somebody's."""


class Cell(NamedTuple):
    """One value of a table."""

    exact: object
    """For programs, which read a pipe."""
    shown: str | None = None
    """For people at a terminal; the exact one if left out."""


class Fact(NamedTuple):
    """One named value of a description."""

    name: str
    exact: object
    shown: str | None = None
    """As `Cell`'s; an empty one is not worth a line at a terminal."""


class Output:
    """Prints without ever showing a token.

    A terminal gets tables that fit it; a pipe gets one line a row, exact values separated by tabs
    and no header.

    Args:
        token: Tells the token in use, which a hostile Hub may well echo.
    """

    def __init__(self, token: Callable[[], Secret | None]) -> None:
        self._token = token

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads standard output."""
        return bool(sys.stdout and sys.stdout.isatty())

    def line(self, text: str) -> None:
        """One line of the answer."""
        self._echo(self._said(text))

    def row(self, values: Sequence[object]) -> None:
        """One line of exact values for programs."""
        self._echo("\t".join(map(self._exact, values)))

    def path(self, text: str) -> None:
        """A path or URL: whole, since half of one is of no use."""
        self._echo(without_controls(text, instead="?"))

    def text(self, text: str) -> None:
        """Lines of text as they are, without what a terminal would act on."""
        self._echo(
            "\n".join("\t".join(map(without_controls, line.split("\t"))) for line in text.splitlines())
        )

    def note(self, text: str, *, kind: str | None = None) -> None:
        """One line beside the answer.

        Args:
            text: What is said; cleaned here.
            kind: Such as ``error``.
        """
        said = plain_text(redact(text, self._token()))
        with beside_bars():
            say(f"hubkit: {kind}: {said}" if kind else said)

    def json(self, document: Any) -> None:
        """One JSON document. Escaping all but ASCII keeps it exact and yet harmless to a terminal."""
        import json

        # DEL alone of the controls is left as it is.
        self._echo(json.dumps(document, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f"))

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        """Rows under a header, or lines of values separated by tabs."""
        if not self.is_terminal:
            for row in rows:
                self.row([cell.exact for cell in row])
            return
        texts = [[self._said(_for_people(cell)) or "-" for cell in row] for row in rows]
        header, *lines = columns_of_text(columns, texts, _terminal_width())
        self._echo(click.style(header, bold=True))
        for line in lines:
            self._echo(line)

    def facts(self, facts: Sequence[Fact]) -> None:
        """A description: what is known for people, every name for programs."""
        if not self.is_terminal:
            for name, exact, _ in facts:
                self._echo(f"{name}\t{self._exact(exact)}")
            return
        known = [(fact.name, self._said(_for_people(fact))) for fact in facts]
        for name, lines in facts_of_text([fact for fact in known if fact[1]], _terminal_width()):
            self._echo(click.style(name, bold=True) + "\n".join(lines))

    def marked(self, mark: str, name: str, text: str, *, color: str | None = None) -> None:
        """A line that begins with a mark and a name, both padded, and goes on below itself.

        Args:
            mark: Such as ``ok``.
            name: What it is about.
            text: What is said.
            color: Of the mark, where colours are shown.
        """
        beginning = f"{mark:<5} {name:<9} "
        lines = wrapped(self._said(text), max(_terminal_width() - len(beginning), 20))
        self._echo(click.style(f"{mark:<5}", fg=color) + f" {name:<9} {lines[0]}")
        for line in lines[1:]:
            self._echo(" " * len(beginning) + line)

    def confirm(self, question: str, *, otherwise: str) -> bool:
        """Ask at the terminal.

        Args:
            question: Ends in a question mark.
            otherwise: The option that does without an answer.

        Raises:
            click.UsageError: There is nobody to answer.
            click.Abort: Ctrl-C.
        """
        try:
            return click.confirm(plain_text(redact(question, self._token())), err=True)
        except click.Abort:
            if sys.stdin is not None and sys.stdin.isatty():
                raise
            click.echo(err=True)
            raise click.UsageError(f"nobody answered; {otherwise} does it without asking") from None

    def _said(self, value: object) -> str:
        """A value in one line for people."""
        return self._cut(plain_text(value))

    def _exact(self, value: object) -> str:
        """A value in one line for programs."""
        return self._cut(exact_text(value))

    def _cut(self, text: str) -> str:
        """Cut only when no part of a token is left in it."""
        text = self._masked(text)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

    def _echo(self, text: str) -> None:
        click.echo(self._masked(text))

    def _masked(self, text: str) -> str:
        token = self._token()
        if token is None:
            return text
        # JSON may write it otherwise: a token of another shape may hold quotes.
        for written in (token.reveal(), token.reveal().replace("\\", r"\\").replace('"', r"\"")):
            text = text.replace(written, "***")
        return text


def _for_people(value: Cell | Fact) -> object:
    return value.exact if value.shown is None else value.shown


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns
