"""``hubkit download`` and ``upload``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubkit.cli._session import Session, pass_session
from hubkit.errors import InvalidArgumentError, LocalPathError, OfflineError, TransferError

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
@pass_session
def download(
    session: Session,
    model: str,
    revision: str | None,
    folder: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
) -> None:
    """Bring MODEL to this machine, print its folder.

    What is there already is not fetched again.
    """
    with session.hub() as hub:
        try:
            snapshot = hub.download_model(
                model,
                folder,
                revision=revision,
                allow_patterns=include or None,
                ignore_patterns=exclude or None,
            )
        except TransferError as error:
            if not session.is_offline:
                raise
            raise OfflineError(error.message) from error
    session.out.path(str(snapshot))


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
