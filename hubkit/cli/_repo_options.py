"""What the commands about repositories have in common."""

from __future__ import annotations

import click

__all__ = ["repo_argument", "revision_option", "type_option", "yes_option"]

_TYPES = ("model", "dataset", "space")

type_option = click.option(
    "--type", "repo_type", type=click.Choice(_TYPES), default="model", show_default=True, help="Its kind."
)
revision_option = click.option(
    "--revision", metavar="REV", default="main", show_default=True, help="Branch, tag or commit."
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask.")
repo_argument = click.argument("repo_id")
