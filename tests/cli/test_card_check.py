"""``hubkit card check``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from terminals import drawn_on

Run = Callable[..., Result]

GOOD = "---\nlicense: mit\n---\n# Hi\n"
DOUBTFUL = "---\nlicense: mit\nlicence: mit\n---\n# Hi\n"
BAD = "---\nlicense: MIT\nlicence: mit\n---\n# Hi\n"


@pytest.fixture
def card(tmp_path: Path) -> Callable[[str | bytes], str]:
    """Write a card into a folder of its own; the folder."""

    def write(text: str | bytes) -> str:
        folder = tmp_path / "adapter"
        folder.mkdir(exist_ok=True)
        (folder / "README.md").write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(folder)

    return write


@pytest.mark.parametrize(
    ("text", "options", "code", "verdict"),
    [
        (GOOD, [], 0, "0 errors, 0 warnings"),
        (GOOD, ["--strict"], 0, "0 errors, 0 warnings"),
        (DOUBTFUL, [], 0, "0 errors, 1 warning"),
        (DOUBTFUL, ["--strict"], 1, "0 errors, 1 warning"),
        (BAD, [], 1, "1 error, 1 warning"),
    ],
)
def test_exit_code(
    run: Run, card: Callable[[str], str], text: str, options: list[str], code: int, verdict: str
) -> None:
    """Errors are a no, with ``--strict`` warnings too; how many there are is said beside the answer."""
    result = run("card", "check", card(text), *options)

    assert code == result.exit_code
    assert result.stderr.endswith(f"README.md: {verdict}\n")


def test_a_pipe_gets_exact_values(run: Run, card: Callable[[str], str]) -> None:
    """Each line is a finding; a file is checked as the folder is."""
    folder = card(BAD)
    lines = [line.split("\t") for line in run("card", "check", f"{folder}/README.md").stdout.splitlines()]

    assert [["2", "error", "license"], ["3", "warning", "licence"]] == [line[:3] for line in lines]
    assert ["write mit", "write license"] == [line[4] for line in lines]
    assert run("card", "check", folder).stdout == run("card", "check", f"{folder}/README.md").stdout


def test_json(run: Run, card: Callable[[str], str]) -> None:
    """Programs get the same with names; a good card has an empty list."""
    folder = card(BAD)
    document = json.loads(run("card", "check", "--json", folder).stdout)
    clean = json.loads(run("card", "check", "--json", card(GOOD)).stdout)

    assert ["path", "errors", "warnings", "findings"] == list(document)
    assert (f"{folder}{os.sep}README.md", 1, 1) == (
        document["path"],
        document["errors"],
        document["warnings"],
    )
    assert ["line", "severity", "key", "message", "remedy"] == list(document["findings"][0])
    assert [] == clean["findings"]


def test_a_terminal_gets_the_whole_text(
    spawn: Callable[..., subprocess.Popen[bytes]], card: Callable[[str], str]
) -> None:
    """Nothing of a message or remedy is cut, however narrow the terminal."""
    ours, theirs = os.openpty()
    with spawn(["card", "check", card(BAD)], stdout=theirs, env={**os.environ, "COLUMNS": "60"}) as process:
        os.close(theirs)
        shown = drawn_on(ours)
        process.communicate(timeout=60)
    words = " ".join(shown.decode().split())

    assert 1 == process.returncode
    assert 'must be one of the Hub\'s licence ids; "MIT" is none -> write mit' in words


def test_no_card(run: Run, tmp_path: Path) -> None:
    """A folder without one, and a path that isn't there, are wrong usage."""
    results = [run("card", "check", str(path)) for path in (tmp_path, tmp_path / "none.md")]

    assert [2, 2] == [result.exit_code for result in results]
    assert all("'hubkit card new' writes" in result.stderr for result in results)


def test_any_bytes(run: Run, card: Callable[[bytes], str]) -> None:
    """A card that isn't UTF-8 is checked all the same, and nothing of it reaches the terminal raw."""
    result = run("card", "check", card(b"---\nlicense: \xff\x1b[31m\n---\ncaf\xe9\n"))

    assert 1 == result.exit_code
    assert "save it as UTF-8" in result.stdout
    assert "\x1b" not in result.output


def test_nothing_is_asked(run: Run, card: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It works without a Hub, a token and settings that could be right."""
    monkeypatch.setenv("HUBKIT_ENDPOINT", "http://127.0.0.1:9")

    assert 0 == run("--offline", "card", "check", card(GOOD)).exit_code
