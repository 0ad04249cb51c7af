"""``hubkit repo create``, ``delete``, ``files`` and ``ls``."""

from __future__ import annotations

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import size_text
from hubkit.cli._output import Cell
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._table import Column

__all__ = ["repo"]

_TYPES = ("model", "dataset", "space")
# A space needs an SDK, which nothing here asks for.
_CREATED_TYPES = ("model", "dataset")

_FILE_COLUMNS = (Column("FILE", least=30, is_name=True), Column("SIZE", is_number=True), Column("SHA-256"))
_SHOWN_DIGITS = 12

_type_option = click.option(
    "--type", "repo_type", type=click.Choice(_TYPES), default="model", show_default=True, help="Its kind."
)


@click.group()
def repo() -> None:
    """Make, delete and list repositories."""


@repo.command()
@click.argument("repo_id")
@click.option(
    "--type",
    "repo_type",
    type=click.Choice(_CREATED_TYPES),
    default="model",
    show_default=True,
    help="Its kind.",
)
@click.option("--private", is_flag=True, help="Let nobody else see it.")
@click.option("--exist-ok", is_flag=True, help="One that is there already is as good.")
@pass_session
def create(session: Session, repo_id: str, repo_type: str, private: bool, exist_ok: bool) -> None:
    """Make the empty repository REPO_ID and print its URL."""
    with session.hub() as hub:
        url = hub.repos.create(repo_id, private=private, repo_type=repo_type, exist_ok=exist_ok)
    session.out.path(url)


@repo.command()
@click.argument("repo_id")
@_type_option
@click.option("--missing-ok", is_flag=True, help="Having none is as good.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@pass_session
def delete(session: Session, repo_id: str, repo_type: str, missing_ok: bool, yes: bool) -> None:
    """Delete REPO_ID with all its history."""
    where = session.settings.endpoint
    question = f"Delete the {repo_type} {repo_id} with all its history from {where}?"
    if not yes and not session.out.confirm(question, otherwise="--yes"):
        session.out.note("hubkit: nothing was deleted")
        end_with(ExitCode.NO)
    with session.hub() as hub:
        hub.repos.delete(repo_id, repo_type=repo_type, missing_ok=missing_ok)
    session.out.line(f"{repo_id} deleted")


@repo.command()
@click.argument("account", required=False)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; all if left out.")
@json_option
@pass_session
def ls(session: Session, account: str | None, limit: int | None, as_json: bool) -> None:
    """List the models of ACCOUNT, by default those of the token's owner, the last changed first.

    On a pipe each line is: id, downloads, likes, task, licence, date of the last change.
    """
    from hubkit.cli._listing import listing_document, print_models

    with session.hub() as hub:
        owner = account or hub.whoami().name
        models = list(hub.iter_models(sort="updated", author=owner, limit=limit))
    if as_json:
        session.out.json([listing_document(model) for model in models])
        return
    print_models(session, models)
    if not models:
        session.out.note(f"hubkit: {owner} has no models")


@repo.command()
@click.argument("repo_id")
@click.option("--revision", metavar="REV", default="main", show_default=True, help="Branch, tag or commit.")
@_type_option
@json_option
@pass_session
def files(session: Session, repo_id: str, revision: str, repo_type: str, as_json: bool) -> None:
    """List the files of REPO_ID.

    On a pipe each line is: path, bytes, SHA-256 (of large files only).
    """
    from hubkit.cli._listing import file_document

    with session.hub() as hub:
        found = hub.repos.files(repo_id, revision=revision, repo_type=repo_type)
    if as_json:
        session.out.json([file_document(file) for file in found])
        return
    rows = [
        [
            Cell(file.path),
            Cell(file.size, None if file.size is None else size_text(file.size)),
            Cell(file.sha256, (file.sha256 or "")[:_SHOWN_DIGITS]),
        ]
        for file in found
    ]
    if rows:
        session.out.table(_FILE_COLUMNS, rows)
