"""Groups of commands: what was meant by a name that is none, and modules that are imported when they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import NamedTuple

import click

__all__ = ["Group", "LazyCommand", "LazyGroup"]


class Group(click.Group):
    """A group that suggests a name for one that it doesn't have."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was named.

        Raises:
            click.UsageError: There is none.
        """
        name = args[0]
        # An option that stands there is click's own affair.
        if name[:1].isalnum() and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            raise click.UsageError(_no_such(name, ctx.command_path, self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole of its first sentence."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, _sentence(command)) for name, command in found.items() if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class LazyCommand(NamedTuple):
    """Where a command is, and what a list of commands says of it."""

    section: str
    """Under which headline it is listed."""
    module: str
    attribute: str
    help: str
    """The first sentence of its help."""


class LazyGroup(Group):
    """A group whose commands are imported when they are called: a list of them needs none."""

    known: Mapping[str, LazyCommand] = {}
    """The commands by name, in the order of the list; a subclass has some."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return list(self.known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None when there is none."""
        known = self.known.get(cmd_name)
        if known is None:
            return None
        command: click.Command = getattr(import_module(known.module), known.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under their headlines, as wide as the widest name of all of them."""
        widest = max(map(len, self.known), default=0)
        for section in dict.fromkeys(known.section for known in self.known.values()):
            rows = [
                (name.ljust(widest), known.help)
                for name, known in self.known.items()
                if known.section == section
            ]
            with formatter.section(section):
                formatter.write_dl(rows)


def _sentence(command: click.Command) -> str:
    return command.get_short_help_str(limit=200)


def _no_such(name: str, path: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    meant = f" Did you mean '{path} {close[0]}'?" if close else f" '{path} --help' lists them."
    return f"No such command '{name}'.{meant}"
