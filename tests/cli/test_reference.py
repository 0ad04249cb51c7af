"""The reference says what the program does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result
from json_shapes import misfits, parse_shape, shapes_in

from hubkit.cli._app import app
from hubkit.cli._commands import COMMANDS as KNOWN
from hubkit.cli._failures import ExitCode
from hubkit.testing import LocalHub

REFERENCE = Path(__file__).parents[2] / "docs" / "cli.md"


def _commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
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


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_reads_well(name: str) -> None:
    """No help shows the marks that lay it out, and none has a line that a terminal breaks."""
    command = COMMANDS[name]
    shown = command.get_help(click.Context(command, info_name=name, terminal_width=80, max_content_width=80))

    assert "\\b" not in shown
    assert 80 >= max(map(len, shown.splitlines()))


def test_every_exit_code_is_documented() -> None:
    """In the reference and in the help alike."""
    text, epilog = REFERENCE.read_text(encoding="utf-8"), app.epilog or ""

    assert all(f"| {int(code)} |" in text and f"\n  {int(code)} " in epilog for code in ExitCode)


SHAPES = shapes_in(
    REFERENCE.read_text(encoding="utf-8")
    .partition("<!-- shapes begin -->")[2]
    .partition("<!-- shapes end -->")[0]
    .replace("```text", "")
    .replace("```", "")
)
ASKED = {
    "search": ["search", "llama"],
    "repo ls": ["repo", "ls", "acme"],
    "info": ["info", "acme/tiny-llama"],
    "cache get": ["cache", "get", "acme/tiny-llama"],
    "license": ["license", "acme/tiny-llama"],
    "license --report": ["license", "acme/tuned", "--allow", "mit"],
    "compat": ["compat", "acme/tiny-llama"],
    "compat --report": ["compat", "acme/bare", "--report"],
    "download --dry-run": ["download", "acme/files", "--dry-run"],
    "whoami": ["whoami"],
    "card check": ["card", "check", "card.md"],
    "card facts": ["card", "facts", "adapter"],
    "cache ls": ["cache", "ls"],
    "cache stats": ["cache", "stats"],
    "cache warm": ["cache", "warm", "models.txt"],
    "repo files": ["repo", "files", "acme/files"],
    "repo commits": ["repo", "commits", "acme/files"],
    "repo refs": ["repo", "refs", "acme/files"],
    "bundle create": ["bundle", "create", "out.tar"],
    "bundle load": ["bundle", "load", "all.tar"],
    "lock": ["lock"],
    "lock --check": ["lock", "--check"],
    "sync": ["sync"],
    "doctor": ["doctor"],
    "config show": ["config", "show"],
    "config path": ["config", "path"],
}


@pytest.fixture
def furnished(hub: LocalHub, run: Callable[..., Result], adapter: Path, tmp_path: Path) -> Path:
    """A folder and a hub in which every command has something to say."""
    shutil.copytree(adapter, tmp_path / "adapter")
    hub.add_repo("acme/files", {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n"})
    hub.add_model({"id": "acme/foxes", "private": False, "tags": ["license:llama2"], "siblings": []})
    card = {"license": "mit", "base_model": "acme/foxes"}
    hub.add_model({"id": "acme/tuned", "private": False, "cardData": card, "siblings": []})
    (tmp_path / "card.md").write_text("no front matter")
    (tmp_path / "models.txt").write_text("acme/tiny-llama\nacme/none\n")
    (tmp_path / "models.toml").write_text('[[models]]\nid = "acme/files"\n')
    for arguments in (["lock"], ["sync"], ["info", "acme/tiny-llama"], ["bundle", "create", "all.tar"]):
        assert run(*arguments).exit_code == 0
    return tmp_path


def test_every_shape_is_tried() -> None:
    """No command prints JSON that the reference leaves out, and the other way round."""
    names = {name for name, command in COMMANDS.items() if _has_json(command)}
    plain = {name.partition(" --")[0] for name in SHAPES}

    assert set(ASKED) == set(SHAPES)
    assert names == plain


@pytest.mark.parametrize("name", ASKED)
def test_json_has_the_documented_shape(
    furnished: Path, run: Callable[..., Result], alice: str, name: str
) -> None:
    """Key by key and in the same order, in everything that it holds."""
    document = json.loads(run(*ASKED[name], "--json").stdout)

    assert document
    assert [] == misfits(document, SHAPES[name])


def test_a_document_of_another_shape_is_noticed() -> None:
    """A key too few, too many or in another place is one that a script may miss."""
    shape = parse_shape("[{name, parts: [{size}], rest: {...}}]")
    right = {"name": 1, "parts": [{"size": 1}], "rest": {"any": {}}}
    wrong = [right | {"more": 1}, {"name": 1, "parts": []}, right | {"parts": [{}]}, right | {"name": {}}, 1]

    assert [] == misfits([right], shape)
    assert [True] * len(wrong) == [bool(misfits([each], shape)) for each in wrong[:-1]] + [
        bool(misfits(wrong[-1], shape))
    ]


def test_the_help_lists_every_command_as_it_is() -> None:
    """The sentences that need no import are those of the commands."""
    context = click.Context(app)
    found = {name: app.get_command(context, name) for name in app.list_commands(context)}

    assert {name: known.help for name, known in KNOWN.items()} == {
        name: command.get_short_help_str(200) for name, command in found.items() if command
    }


def _has_json(command: click.Command) -> bool:
    return any("--json" in item.opts for item in command.params)


def test_reading_commands_have_json() -> None:
    """Whatever answers a question answers it for programs too; the others do something, or print one word."""
    doing = {"login", "logout", "upload", "run", "completion", "card new", "card diff", "card preview"}
    doing |= {"cache clear", "cache rm", "cache prune", "cache import"}
    doing |= {f"repo {verb}" for verb in ("create", "delete", "move", "settings", "exists")}
    doing |= {f"repo {thing} {verb}" for thing in ("branch", "tag") for verb in ("create", "delete")}

    assert doing == {name for name, command in COMMANDS.items() if not _has_json(command)}
