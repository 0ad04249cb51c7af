"""``hubkit repo branch`` and ``repo tag``: names for commits."""

from __future__ import annotations

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._groups import Group
from hubkit.cli._repo_options import repo_argument, type_option, yes_option
from hubkit.cli._session import Session, end_with, pass_session

__all__ = ["branch", "tag"]


@click.group(cls=Group)
def branch() -> None:
    """Make and delete branches; 'repo refs' lists them."""


@branch.command("create")
@repo_argument
@click.argument("branch", metavar="BRANCH")
@click.option("--revision", metavar="REV", help="Where it begins; at the default branch if left out.")
@type_option
@pass_session
def create_branch(session: Session, repo_id: str, branch: str, revision: str | None, repo_type: str) -> None:
    """Make BRANCH in REPO_ID."""
    with session.hub() as hub:
        hub.repos.create_branch(repo_id, branch, revision=revision, repo_type=repo_type)
    session.out.line(f"{repo_id}: branch {branch} made")


@branch.command("delete")
@repo_argument
@click.argument("branch", metavar="BRANCH")
@type_option
@yes_option
@pass_session
def delete_branch(session: Session, repo_id: str, branch: str, repo_type: str, yes: bool) -> None:
    """Delete BRANCH of REPO_ID, with the commits that are in no other."""
    _ask(session, f"Delete the branch {branch} of {repo_id}?", yes)
    with session.hub() as hub:
        hub.repos.delete_branch(repo_id, branch, repo_type=repo_type)
    session.out.line(f"{repo_id}: branch {branch} deleted")


@click.group(cls=Group)
def tag() -> None:
    """Put tags on commits and take them away; 'repo refs' lists them."""


@tag.command("create")
@repo_argument
@click.argument("tag", metavar="TAG")
@click.option("--revision", metavar="REV", default="main", show_default=True, help="What it is put on.")
@click.option("--message", metavar="TEXT", help="What it says.")
@type_option
@pass_session
def create_tag(
    session: Session, repo_id: str, tag: str, revision: str, message: str | None, repo_type: str
) -> None:
    """Put TAG on a revision of REPO_ID."""
    with session.hub() as hub:
        hub.repos.create_tag(repo_id, tag, revision=revision, message=message, repo_type=repo_type)
    session.out.line(f"{repo_id}: tag {tag} made")


@tag.command("delete")
@repo_argument
@click.argument("tag", metavar="TAG")
@type_option
@yes_option
@pass_session
def delete_tag(session: Session, repo_id: str, tag: str, repo_type: str, yes: bool) -> None:
    """Delete TAG of REPO_ID; the commit stays."""
    _ask(session, f"Delete the tag {tag} of {repo_id}?", yes)
    with session.hub() as hub:
        hub.repos.delete_tag(repo_id, tag, repo_type=repo_type)
    session.out.line(f"{repo_id}: tag {tag} deleted")


def _ask(session: Session, question: str, yes: bool) -> None:
    if not yes and not session.out.confirm(question, otherwise="--yes"):
        session.out.note("hubkit: nothing was deleted")
        end_with(ExitCode.NO)
