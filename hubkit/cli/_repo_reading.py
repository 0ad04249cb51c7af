"""``hubkit repo ls``, ``files``, ``commits``, ``refs`` and ``exists``: what nobody needs rights for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import age_text, parse_time, size_text
from hubkit.cli._output import Cell
from hubkit.cli._repo_options import repo_argument, revision_option, type_option
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._table import Column

if TYPE_CHECKING:
    from hubkit.models import RepoCommit, RepoRef, RepoRefs

__all__ = ["commits", "exists", "files", "ls", "refs"]

_FILES = (Column("FILE", least=30, is_name=True), Column("SIZE", is_number=True), Column("SHA-256"))
_COMMITS = (Column("COMMIT"), Column("DATE"), Column("TITLE", least=20), Column("AUTHORS"))
_REFS = (Column("KIND"), Column("NAME", least=20, is_name=True), Column("COMMIT"))
_SHOWN_DIGITS = 12


@click.command()
@click.argument("account", required=False)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; all if left out.")
@json_option
@pass_session
def ls(session: Session, account: str | None, limit: int | None, as_json: bool) -> None:
    """List the models of ACCOUNT, by default those of the token's owner, the last changed first.

    On a pipe each line is: id, downloads, likes, task, licence, date of the last change. When the Hub
    can't be asked, cached models are listed, and standard error says how old the answer is.
    """
    from hubkit.cli._listing import all_of, check_asked, listing_document, print_models, tell_source

    with session.hub() as hub:
        owner = account or hub.whoami().name
        models = all_of(session, hub.iter_models(sort="updated", author=owner, limit=limit))
    if not models:
        check_asked(session)
    if as_json:
        session.out.json([listing_document(model) for model in models])
    else:
        print_models(session, models)
    tell_source(session, models)
    if not models and not as_json:
        session.out.note(f"hubkit: {owner} has no models")


@click.command()
@repo_argument
@revision_option
@type_option
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
        session.out.table(_FILES, rows)


@click.command()
@repo_argument
@revision_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; all if left out.")
@type_option
@json_option
@pass_session
def commits(
    session: Session, repo_id: str, revision: str, limit: int | None, repo_type: str, as_json: bool
) -> None:
    """Show the history of REPO_ID, the newest first.

    On a pipe each line is: commit, date, title, authors.
    """
    with session.hub() as hub:
        found = hub.repos.commits(repo_id, revision=revision, repo_type=repo_type, limit=limit)
    if as_json:
        from attrs import asdict

        session.out.json([asdict(commit) for commit in found])
    else:
        now = session.clock.now()
        session.out.table(_COMMITS, [_commit_row(commit, now) for commit in found])


@click.command()
@repo_argument
@type_option
@json_option
@pass_session
def refs(session: Session, repo_id: str, repo_type: str, as_json: bool) -> None:
    """List the branches, tags and pull requests of REPO_ID.

    On a pipe each line is: kind, name, commit.
    """
    with session.hub() as hub:
        found = hub.repos.refs(repo_id, repo_type=repo_type)
    if as_json:
        from attrs import asdict

        session.out.json(asdict(found))
    else:
        session.out.table(_REFS, [_ref_row(kind, ref) for kind, ref in _named(found)])


@click.command()
@repo_argument
@type_option
@pass_session
def exists(session: Session, repo_id: str, repo_type: str) -> None:
    """Say whether there is a REPO_ID that this token may see: exit code 0, else 1."""
    with session.hub() as hub:
        there = hub.repos.exists(repo_id, repo_type=repo_type)
    session.out.line(f"{repo_id} {'exists' if there else 'does not exist, or not for this token'}")
    if not there:
        end_with(ExitCode.NO)


def _commit_row(commit: RepoCommit, now: float) -> list[Cell]:
    moment = parse_time(commit.date)
    return [
        Cell(commit.commit_hash, commit.commit_hash[:_SHOWN_DIGITS]),
        Cell(commit.date, age_text(moment, now=now) if moment else None),
        Cell(commit.title),
        Cell(commit.authors),
    ]


def _named(refs: RepoRefs) -> Iterator[tuple[str, RepoRef]]:
    kinds = {"branch": refs.branches, "tag": refs.tags, "pull request": refs.pull_requests}
    for kind, group in kinds.items():
        for ref in group:
            yield kind, ref


def _ref_row(kind: str, ref: RepoRef) -> list[Cell]:
    return [Cell(kind), Cell(ref.name), Cell(ref.commit_hash, ref.commit_hash[:_SHOWN_DIGITS])]
