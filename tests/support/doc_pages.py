"""Pages of documentation as programs: their blocks of code, in the order in which a reader types them."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import attrs
import click
from click.testing import CliRunner

from hubkit.cli._app import app
from hubkit.testing import LocalHub

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


@attrs.frozen
class Block:
    """A fenced block of code."""

    language: str
    text: str
    line: int


def blocks_of(path: Path) -> list[Block]:
    """The fenced blocks of a page that name their language."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in _BLOCK.finditer(text)
    ]


@attrs.define
class Reader:
    """Somebody who types in what a page shows, and compares.

    ``pycon`` is compared line by line, ``python`` is executed, and its tests are given a hub. Of ``console``
    each command has to be one of hubkit's, and to print what the page says.

    Args:
        names: What the page takes for granted, by its name in Python.
        between: What others do meanwhile, by the comment behind the command before which they do it.
    """

    names: dict[str, Any]
    between: dict[str, Any] = attrs.Factory(dict)
    ran: int = 0
    problems: list[str] = attrs.Factory(list)

    def read(self, path: Path) -> Reader:
        """Type in the whole page."""
        readers = {"pycon": self._compare, "python": self._execute, "console": self._type}
        for block in blocks_of(path):
            if block.language in readers:
                readers[block.language](block, path.name)
        return self

    def _compare(self, block: Block, page: str) -> None:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, page, page, block.line)
        result = doctest.DocTestRunner(optionflags=_FLAGS, verbose=False).run(
            test, out=self.problems.append, clear_globs=False
        )
        self.names = test.globs
        self.ran += result.attempted

    def _execute(self, block: Block, page: str) -> None:
        known = set(self.names)
        exec(compile("\n" * block.line + block.text, page, "exec", dont_inherit=True), self.names)
        self.ran += 1
        for name in set(self.names) - known:
            if name.startswith("test_"):
                with LocalHub() as hub:
                    self.names[name](local_hub=hub)

    def _type(self, block: Block, page: str) -> None:
        for command, expected in _TYPED.findall(block.text):
            _, _, comment = command.partition(" # ")
            if comment.strip() in self.between:
                self.between[comment.strip()]()
            program, *arguments = shlex.split(command.replace("\\\n", ""), comments=True)
            assert "hubkit" == program, f"{page}:{block.line}: what can't be run is a block of sh: {command}"
            output = CliRunner().invoke(app, arguments).output
            self.ran += 1
            if not doctest.OutputChecker().check_output(expected, output, _FLAGS):
                self.problems.append(f"{page}:{block.line}: {command}\nexpected:\n{expected}\ngot:\n{output}")


_COMMAND = re.compile(r"(?:^|[|;&(]|\$\(|then|do|--)\s*(?:[A-Z_]+=\S+ +)*hubkit (?!\()(.*)$")
_ENDS = re.compile(r"(?<!\\)[|;&)>#]|\d>")


def commands_in(text: str) -> list[str]:
    """What a text types at a prompt after the word ``hubkit``, one command each."""
    found = []
    for line in text.replace("\\\n", "").splitlines():
        match = _COMMAND.search(line.removeprefix("$ "))
        if match is not None:
            found.append(_ENDS.split(match[1])[0].strip())
    return found


def exists(command: str) -> bool:
    """Whether hubkit has such a command, with such options."""
    try:
        _walk(app, shlex.split(command))
    except click.UsageError:
        return False
    return True


def _walk(node: click.Command, arguments: list[str]) -> None:
    context = click.Context(node)
    _, rest, _ = node.make_parser(context).parse_args(arguments)
    if isinstance(node, click.Group) and rest:
        _, child, rest = node.resolve_command(context, rest)
        assert child is not None
        _walk(child, rest)
