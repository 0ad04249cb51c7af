"""``hubkit repo``: create, delete, move and settings; what only looks has files of its own."""

from __future__ import annotations

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._groups import Group
from hubkit.cli._repo_options import repo_argument, type_option, yes_option
from hubkit.cli._repo_reading import commits, exists, files, ls, refs
from hubkit.cli._repo_refs import branch, tag
from hubkit.cli._session import Session, end_with, pass_session

__all__ = ["repo"]

_SDKS = ("gradio", "docker", "static")


@click.group(cls=Group)
def repo() -> None:
    """Make, change, look at and delete repositories."""


for _command in (ls, files, commits, refs, exists, branch, tag):
    repo.add_command(_command)


@repo.command()
@repo_argument
@type_option
@click.option("--sdk", type=click.Choice(_SDKS), help="What runs a space; needed for one.")
@click.option("--private", is_flag=True, help="Let nobody else see it.")
@click.option("--exist-ok", is_flag=True, help="One that is there already is as good.")
@pass_session
def create(
    session: Session, repo_id: str, repo_type: str, sdk: str | None, private: bool, exist_ok: bool
) -> None:
    """Make the empty repository REPO_ID and print its URL."""
    if (repo_type == "space") != (sdk is not None):
        raise click.UsageError("--sdk goes with --type space, and a space needs one.")
    with session.hub() as hub:
        url = hub.repos.create(repo_id, private=private, repo_type=repo_type, exist_ok=exist_ok, sdk=sdk)
    session.out.path(url)


@repo.command()
@repo_argument
@type_option
@click.option("--missing-ok", is_flag=True, help="Having none is as good.")
@yes_option
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
@click.argument("from_id", metavar="REPO_ID")
@click.argument("to_id", metavar="NEW_ID")
@type_option
@pass_session
def move(session: Session, from_id: str, to_id: str, repo_type: str) -> None:
    """Rename REPO_ID to NEW_ID, also into another account; the Hub leads from the old name to the new."""
    with session.hub() as hub:
        hub.repos.move(from_id, to_id, repo_type=repo_type)
    session.out.line(f"{from_id} is {to_id} now")


@repo.command()
@repo_argument
@click.option("--private/--public", default=None, help="Who may see it.")
@click.option(
    "--gated", type=click.Choice(("auto", "manual", "no")), help="How those who ask for access get it."
)
@type_option
@pass_session
def settings(session: Session, repo_id: str, private: bool | None, gated: str | None, repo_type: str) -> None:
    """Change who may see REPO_ID."""
    if private is None and gated is None:
        raise click.UsageError("nothing to change: say --private, --public or --gated.")
    gate = False if gated == "no" else gated
    with session.hub() as hub:
        hub.repos.settings(repo_id, private=private, gated=gate, repo_type=repo_type)
    session.out.line(f"{repo_id} changed")
