"""``hubkit download`` and ``upload``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import size_text
from hubkit.cli._output import Fact
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.errors import InvalidArgumentError, LocalPathError, OfflineError, TransferError

if TYPE_CHECKING:
    from hubkit._transfers import SnapshotStatus

__all__ = ["download", "upload"]


@click.command()
@click.argument("model")
@click.option("--revision", metavar="REV", help="Branch, tag or commit.")
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="Keep snapshots here, instead of where all of Hugging Face's tools look for them.",
)
@click.option("--include", metavar="P", multiple=True, help="Only files like this, '*.json'; repeatable.")
@click.option("--exclude", metavar="P", multiple=True, help="No files like this; repeatable.")
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
    with session.hub() as hub, _offline_told(session):
        if dry_run:
            _tell(session, hub.snapshot_status(model, folder, **arguments), as_json=as_json)
        else:
            session.out.path(str(hub.download_model(model, folder, **arguments)))


class _Wanted(TypedDict):
    revision: str | None
    allow_patterns: tuple[str, ...] | None
    ignore_patterns: tuple[str, ...] | None
    verify: bool


@contextlib.contextmanager
def _offline_told(session: Session) -> Iterator[None]:
    """Offline, that something isn't here whole means that it is out of reach."""
    try:
        yield
    except TransferError as error:
        if not session.is_offline:
            raise
        raise OfflineError(error.message) from error


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
@click.option("--base-model", metavar="ID", help="What the adapter was trained on, if its files don't say.")
@click.option("--dataset", metavar="NAME", multiple=True, help="What it was trained with; repeatable.")
@click.option("--description", metavar="TEXT", help="A few sentences for the card.")
@click.option("--license", "license_id", metavar="ID", help="Such as mit; the base model's if left out.")
@click.option("--tag", "tags", metavar="T", multiple=True, help="A tag for the card; repeatable.")
@click.option("--language", metavar="CODE", multiple=True, help="Such as en; repeatable.")
@click.option("--training-config", metavar="FILE.json", help="Settings of the training, a JSON object.")
@click.option("--metrics", metavar="FILE.json", help="Results, a JSON object.")
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
    base_model: str | None,
    dataset: tuple[str, ...],
    description: str | None,
    license_id: str | None,
    tags: tuple[str, ...],
    language: tuple[str, ...],
    training_config: str | None,
    metrics: str | None,
    private: bool,
    revision: str | None,
    message: str | None,
    create_pr: bool,
    skip_card_checks: bool,
) -> None:
    """Upload an adapter with a card, print its URL.

    FOLDER goes to the repository REPO_ID in one commit, with a model card. It is only
    read: the card is made for the commit.
    """
    metadata = {
        "repo_id": repo_id,
        "base_model": base_model,
        "dataset": _one_or_all(dataset),
        "description": description,
        "license": license_id,
        "tags": list(tags) or None,
        "language": _one_or_all(language),
        "training_config": _read_json("--training-config", training_config),
        "metrics": _read_json("--metrics", metrics),
        "private": private or None,
        "revision": revision,
        "commit_message": message,
        "create_pr": create_pr or None,
        "skip_card_checks": skip_card_checks or None,
    }
    given = {key: value for key, value in metadata.items() if value is not None}
    with session.hub() as hub:
        session.out.path(hub.upload_artifact(folder, given))


def _one_or_all(values: tuple[str, ...]) -> str | list[str] | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def _read_json(option: str, name: str | None) -> dict[str, Any] | None:
    """The object in a file.

    Raises:
        LocalPathError: It can't be read.
        InvalidArgumentError: It holds something else.
    """
    import json

    if name is None:
        return None
    try:
        value = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise LocalPathError(f"{option} {name}: {error.strerror}") from error
    except ValueError as error:
        raise InvalidArgumentError(f"{option} {name}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidArgumentError(f"{option} {name}: a JSON object is needed, not {type(value).__name__}")
    return value
