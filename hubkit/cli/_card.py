"""``hubkit card``: what can be done with a model card."""

from __future__ import annotations

import click

from hubkit.cli._card_check import check

__all__ = ["card"]


@click.group()
def card() -> None:
    """Look at a model card before the Hub does."""


card.add_command(check)
