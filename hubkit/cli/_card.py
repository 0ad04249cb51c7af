"""``hubkit card``: new, diff and preview; check and facts have files of their own."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from hubkit.cli._card_check import check
from hubkit.cli._card_facts import facts
from hubkit.cli._card_options import card_options
from hubkit.cli._failures import ExitCode
from hubkit.cli._groups import Group
from hubkit.cli._session import Session, end_with, pass_session
from hubkit.errors import LocalPathError

__all__ = ["card"]

_README = "README.md"
_CURVE = "training_curve.png"


@click.group(cls=Group)
def card() -> None:
    """Write, compare, check and look at model cards of adapters. No network is needed."""


card.add_command(check)
card.add_command(facts)

_repo_option = click.option(
    "--repo-id", metavar="ID", help="Where the adapter will be; its folder's name if left out."
)


@card.command()
@click.argument("folder")
@_repo_option
@card_options
@click.option("-o", "--output", metavar="FILE", help="Write here instead of printing.")
@pass_session
def new(
    session: Session, folder: str, repo_id: str | None, words: Mapping[str, Any], output: str | None
) -> None:
    """Write the card of the adapter in FOLDER.

    A card that FILE holds already is brought up to date: what people wrote is kept. A picture of the
    training curve goes beside FILE; where there is none, the curve is a line of text.
    """
    target = None if output is None else Path(output)
    existing = "" if target is None else _read(target, missing_ok=True)
    made = _made(session, folder, repo_id, words, existing, beside=target)
    if target is None:
        session.out.text(made.text)
        return
    if made.curve is not None:
        _write(target.parent / _CURVE, made.curve)
    _write(target, made.text.encode())
    session.out.path(str(target))


@card.command()
@click.argument("folder")
@click.argument("file", required=False)
@_repo_option
@card_options
@pass_session
def diff(
    session: Session, folder: str, file: str | None, repo_id: str | None, words: Mapping[str, Any]
) -> None:
    """Show what making the card anew would change in FILE, by default FOLDER/README.md.

    Nothing is written. The exit code is 1 when something would change.
    """
    path = Path(folder, _README) if file is None else Path(file)
    existing = _read(path)
    made = _made(session, folder, repo_id, words, existing, beside=path)
    lines = difflib.unified_diff(
        existing.splitlines(), made.text.splitlines(), str(path), "made anew", lineterm=""
    )
    shown = "\n".join(lines)
    if shown:
        session.out.text(shown)
        end_with(ExitCode.NO)


@card.command()
@click.argument("target")
@click.option("-o", "--output", metavar="FILE", help="Write the page here, and open no browser.")
@click.option("--no-open", is_flag=True, help="Only print where the page is.")
@pass_session
def preview(session: Session, target: str, output: str | None, no_open: bool) -> None:
    """Show a card as a web page.

    TARGET is a card, or the folder of an adapter: its README.md, else the card that it would get. The page
    needs nothing but itself, runs nothing, and shows HTML in the card as text. Needs hubkit[preview].
    """
    from hubkit.cli._card_page import card_page

    path = Path(target)
    curve = None
    if path.is_dir() and not (path / _README).is_file():
        made = _made(session, target, None, {}, "", beside=path / _README)
        text, curve, folder = made.text, made.curve, path
    else:
        path = path / _README if path.is_dir() else path
        text, folder = _bytes(path).decode("utf-8", "replace"), path.parent
    page = card_page(text, folder, {} if curve is None else {_CURVE: curve})
    where = Path(output) if output is not None else Path(tempfile.mkdtemp(prefix="hubkit-")) / "card.html"
    _write(where, page.encode())
    session.out.path(str(where))
    if output is None and not no_open:
        click.launch(where.as_uri())


class _Made(NamedTuple):
    text: str
    curve: bytes | None


def _made(
    session: Session,
    folder: str,
    repo_id: str | None,
    words: Mapping[str, Any],
    existing: str,
    *,
    beside: Path | None,
) -> _Made:
    """A card made for a folder, or brought up to date, with what there is to say about it."""
    from hubkit.cards import (
        contradicted_metrics,
        contradicted_settings,
        draw_curve,
        is_our_curve,
        read_adapter,
        render_card,
        update_card,
        words_of,
    )

    said = {"repo_id": Path(folder).absolute().name, **words_of(existing, said=words), **words}
    if repo_id is not None:
        said["repo_id"] = repo_id
    facts = read_adapter(folder, base_model=said.get("base_model"))
    contradicted = (
        *contradicted_metrics(facts, said.get("metrics")),
        *contradicted_settings(facts, said.get("training_config")),
    )
    for warning in (*facts.warnings, *contradicted):
        session.out.note(warning, kind="warning")
    taken = None if beside is None else beside.parent / _CURVE
    free = taken is not None and (not taken.exists() or is_our_curve(_bytes(taken)))
    curve = draw_curve(facts.history) if free else None
    if "base_model" in said:
        # As the facts have it: a folder may stand for an id.
        said["base_model"] = facts.base_model or said["base_model"]
    generated = render_card(facts, curve_image=None if curve is None else _CURVE, **said)
    if "license" not in said:
        session.out.note("no licence is known, so the card states none: --license names it", kind="warning")
    card = update_card(existing, generated)
    for warning in card.warnings:
        session.out.note(warning, kind="warning")
    if card.kept:
        session.out.note(f"hubkit: kept as somebody changed it: {', '.join(card.kept)}")
    return _Made(text=card.text, curve=curve if f"({_CURVE})" in card.text else None)


def _read(path: Path, *, missing_ok: bool = False) -> str:
    """A card that is to be made anew, its line ends as they are.

    Raises:
        CardError: It isn't UTF-8.
    """
    from hubkit.cards._text import card_text

    return "" if missing_ok and not path.exists() else card_text(_bytes(path), str(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalPathError(f"{path}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise LocalPathError(f"{path}: {error.strerror}") from error
