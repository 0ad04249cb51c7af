"""The reference says what the program does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result

from hubkit.cli._app import app
from hubkit.cli._failures import ExitCode
from hubkit.testing import LocalHub

REFERENCE = Path(__file__).parents[2] / "docs" / "cli.md"


def _commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *names, name)
        else:
            yield " ".join((*names, name)), command


COMMANDS = dict(_commands(app))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_documented(name: str) -> None:
    """Each command and each of its options is in the reference, and has a help text."""
    text = REFERENCE.read_text(encoding="utf-8")

    assert f"`{name}" in text
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert option.opts[0] in text
            assert option.help


def test_every_exit_code_is_documented() -> None:
    """In the reference and in the help alike."""
    text, epilog = REFERENCE.read_text(encoding="utf-8"), app.epilog or ""

    assert all(f"| {int(code)} |" in text and f"\n  {int(code)} " in epilog for code in ExitCode)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["search", "llama"], "`search`, `repo ls`"),
        (["whoami"], "`whoami`"),
        (["license", "acme/tiny-llama"], "`license`"),
        (["compat", "acme/tiny-llama"], "`compat`"),
        (["info", "acme/tiny-llama"], "`info`"),
        (["cache", "ls"], "`cache ls`"),
    ],
)
def test_every_json_key_is_documented(
    hub: LocalHub, run: Callable[..., Result], alice: str, arguments: list[str], key: str
) -> None:
    """In the line about that command, or, for what it shares with another, above it."""
    document = json.loads(run(*arguments, "--json").stdout)
    text = REFERENCE.read_text(encoding="utf-8").partition("## JSON")[2].partition("## In scripts")[0]

    assert f"- {key}" in text
    keys = document[0] if isinstance(document, list) else document
    assert all(f"`{name}`" in text for name in keys)


def test_reading_commands_have_json() -> None:
    """Whatever answers a question answers it for programs too."""
    reading = {"whoami", "search", "info", "license", "compat", "repo ls", "repo files"}
    reading |= {"bundle create", "bundle load", "card check", "cache ls", "cache stats", "cache warm"}
    reading |= {"download", "lock", "sync"}
    found = {
        name for name, command in COMMANDS.items() if any("--json" in item.opts for item in command.params)
    }

    assert reading == found
