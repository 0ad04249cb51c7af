"""The group ``hubkit card``."""

from __future__ import annotations

import click

__all__ = ["card"]


@click.group()
def card() -> None:
    """Write, compare and look at model cards of adapters. No network is needed."""
