"""``hubkit download`` and ``upload``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hubkit.cli._card_options import card_options
from hubkit.cli._session import Session, pass_session
from hubkit.errors import OfflineError, TransferError

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
