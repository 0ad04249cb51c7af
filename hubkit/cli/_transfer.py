"""``hubkit download`` and ``upload``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

import click

from hubkit.cli._card_options import card_options
from hubkit.cli._failures import ExitCode
from hubkit.cli._format import size_text
from hubkit.cli._known_models import MODEL
from hubkit.cli._output import Fact
from hubkit.cli._session import Session, end_with, json_option, offline_told, pass_session

if TYPE_CHECKING:
    from hubkit._transfers import SnapshotStatus

__all__ = ["download", "upload"]


def _checked_patterns(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    # Here, where the error can name the option.
    if not all(pattern.strip() for pattern in value):
        raise click.BadParameter("an empty pattern fits no file; write such as '*.safetensors'")
    return value


@click.command()
@click.argument("model", type=MODEL)
@click.option("--revision", metavar="REV", help="Branch, tag or commit.")
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="Keep snapshots here, instead of where all of Hugging Face's tools look for them.",
)
@click.option(
    "--include",
    metavar="P",
    multiple=True,
    callback=_checked_patterns,
    help="Only files like this, '*.json'; repeatable.",
)
@click.option(
    "--exclude",
    metavar="P",
    multiple=True,
    callback=_checked_patterns,
    help="No files like this; repeatable.",
)
@click.option("--verify", is_flag=True, help="Compare the contents of all files with the Hub's hashes.")
@click.option("--dry-run", is_flag=True, help="Say what is here and what would be fetched, and do nothing.")
@json_option
@pass_session
def download(
    session: Session,
    model: str,
    revision: str | None,
    folder: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    verify: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring MODEL to this machine, print its folder.

    What is there already is not fetched again, unless it has another size than the Hub
    states or, with --verify, other contents.

    With --dry-run the exit code is 0 if all of it is here, else 1.
    """
    if as_json and not dry_run:
        raise click.UsageError("--json goes with --dry-run: a download prints the folder alone.")
    arguments: _Wanted = {
        "revision": revision,
        "allow_patterns": include or None,
        "ignore_patterns": exclude or None,
        "verify": verify,
    }
    with session.hub() as hub, offline_told(session):
        if dry_run:
            _tell(session, hub.snapshot_status(model, folder, **arguments), as_json=as_json)
        else:
            session.out.path(str(hub.download_model(model, folder, **arguments)))


class _Wanted(TypedDict):
    revision: str | None
    allow_patterns: tuple[str, ...] | None
    ignore_patterns: tuple[str, ...] | None
    verify: bool


def _tell(session: Session, status: SnapshotStatus, *, as_json: bool) -> None:
    if as_json:
        session.out.json(_document(status))
    else:
        session.out.facts(_facts(status))
    if not status.complete:
        end_with(ExitCode.NO)


def _facts(status: SnapshotStatus) -> list[Fact]:
    free = "" if status.free_bytes is None else size_text(status.free_bytes)
    return [
        Fact("model", status.model_id),
        Fact("commit", status.commit_hash),
        Fact("folder", str(status.path)),
        Fact("complete", status.complete),
        Fact("verified", status.verified),
        Fact("files", len(status.files)),
        Fact("size", status.size_bytes, size_text(status.size_bytes)),
        Fact("missing", status.missing),
        Fact("wrong", status.wrong),
        Fact("to fetch", status.fetch_bytes, size_text(status.fetch_bytes)),
        Fact("free", status.free_bytes, free),
    ]


def _document(status: SnapshotStatus) -> dict[str, Any]:
    return {
        "model_id": status.model_id,
        "commit_hash": status.commit_hash,
        "path": str(status.path),
        "complete": status.complete,
        "verified": status.verified,
        "files": [{"path": file.path, "size": file.size} for file in status.files],
        "size_bytes": status.size_bytes,
        "missing": list(status.missing),
        "wrong": list(status.wrong),
        "fetch_bytes": status.fetch_bytes,
        "free_bytes": status.free_bytes,
    }


@click.command()
@click.argument("folder")
@click.argument("repo_id")
@card_options
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--revision", metavar="BRANCH", help="The branch to commit to.")
@click.option("--message", metavar="TEXT", help="Title of the commit.")
@click.option("--create-pr", is_flag=True, help="Open a pull request instead of committing.")
@click.option("--skip-card-checks", is_flag=True, help="Let the Hub alone judge the card.")
@pass_session
def upload(
    session: Session,
    folder: str,
    repo_id: str,
    words: Mapping[str, Any],
    private: bool,
    revision: str | None,
    message: str | None,
    create_pr: bool,
    skip_card_checks: bool,
) -> None:
    """Upload an adapter with a card, print its URL.

    FOLDER goes to the repository REPO_ID in one commit, with a model card. It is only
    read: the card is made for the commit. Without --license it is the base model's.
    """
    metadata = {
        **words,
        "repo_id": repo_id,
        "private": private or None,
        "revision": revision,
        "commit_message": message,
        "create_pr": create_pr or None,
        "skip_card_checks": skip_card_checks or None,
    }
    given = {key: value for key, value in metadata.items() if value is not None}
    with session.hub() as hub:
        session.out.path(hub.upload_artifact(folder, given))
