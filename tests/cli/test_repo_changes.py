"""``hubkit repo``: branches, tags, history, names and who may see what."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


@pytest.fixture
def one(hub: LocalHub, alice: str) -> str:
    """A repository of alice's, with two commits."""
    hub.add_repo("alice/one", {"config.json": b"{}"})
    hub.commit("alice/one", {"config.json": b"[]"})
    return "alice/one"


def _names(run: Run, kind: str) -> list[str]:
    return [ref["name"] for ref in json.loads(run("repo", "refs", "alice/one", "--json").stdout)[kind]]


def test_branches_come_and_go(run: Run, one: str) -> None:
    """A branch is there once it is made, and gone once it is deleted."""
    made = run("repo", "branch", "create", one, "dev")
    between = _names(run, "branches")
    gone = run("repo", "branch", "delete", one, "dev", "--yes")

    assert ["alice/one: branch dev made\n", "alice/one: branch dev deleted\n"] == [made.stdout, gone.stdout]
    assert [["main", "dev"], ["main"]] == [between, _names(run, "branches")]


def test_tags_come_and_go(run: Run, one: str) -> None:
    """A tag stands at the revision that was named."""
    first = json.loads(run("repo", "commits", one, "--json").stdout)[-1]["commit_hash"]
    made = run("repo", "tag", "create", one, "v1", "--revision", first, "--message", "the first")
    tags = [line.split("\t") for line in run("repo", "refs", one).stdout.splitlines() if line[:3] == "tag"]
    gone = run("repo", "tag", "delete", one, "v1", "--yes")

    assert [["tag", "v1", first]] == tags
    assert [(0, []), 0] == [(made.exit_code, _names(run, "tags")), gone.exit_code]


@pytest.mark.parametrize("thing", ["branch", "tag"])
def test_a_name_is_deleted_after_a_question(run: Run, one: str, thing: str) -> None:
    """A no leaves it, and where nobody answers it is left as well."""
    run("repo", thing, "create", one, "dev")
    no, nobody = (run("repo", thing, "delete", one, "dev", typed=typed) for typed in ("n\n", ""))

    assert (1, 2) == (no.exit_code, nobody.exit_code)
    assert f"Delete the {thing} dev of alice/one?" in no.stderr
    assert "--yes" in nobody.stderr
    assert "dev" in _names(run, "branches" if thing == "branch" else "tags")


def test_commits_newest_first(run: Run, one: str) -> None:
    """Each line is a commit, and there are no more than asked for."""
    lines = [line.split("\t") for line in run("repo", "commits", one).stdout.splitlines()]
    limited = run("repo", "commits", one, "--limit", "1").stdout.splitlines()

    assert [4, 4] == [len(line) for line in lines]
    assert lines[0][1] >= lines[1][1]
    assert [lines[0]] == [line.split("\t") for line in limited]


def test_a_repository_moves(run: Run, one: str) -> None:
    """It has the new name, and the old one leads there."""
    moved = run("repo", "move", one, "alice/uno")

    assert (0, "alice/one is alice/uno now\n") == (moved.exit_code, moved.stdout)
    assert 0 == run("repo", "exists", "alice/uno").exit_code


def test_settings_change_who_may_see(run: Run, hub: LocalHub, one: str) -> None:
    """What was said is so afterwards, and what wasn't is as before."""
    changed = run("repo", "settings", one, "--private", "--gated", "manual")
    there = json.loads(run("info", one, "--json", "--refresh").stdout)
    run("repo", "settings", one, "--gated", "no")
    after = json.loads(run("info", one, "--json", "--refresh").stdout)

    assert (0, "alice/one changed\n") == (changed.exit_code, changed.stdout)
    assert [(True, "manual"), (True, False)] == [(each["private"], each["gated"]) for each in (there, after)]


def test_settings_without_any_are_no_settings(run: Run, one: str) -> None:
    """Nothing is asked of the Hub, and the options are named."""
    result = run("repo", "settings", one)

    assert 2 == result.exit_code
    assert "--private, --public or --gated" in result.stderr


def test_exists_is_a_question(run: Run, one: str) -> None:
    """Scripts get the answer as exit code."""
    codes = [run("repo", "exists", name).exit_code for name in (one, "alice/none")]

    assert [0, 1] == codes


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--type", "space", "--sdk", "static"], 0), (["--type", "space"], 2), (["--sdk", "docker"], 2)],
)
def test_a_space_needs_an_sdk(run: Run, hub: LocalHub, alice: str, options: list[str], code: int) -> None:
    """And nothing else has one."""
    assert code == run("repo", "create", "alice/app", *options).exit_code


def test_creating_what_is_there_says_how_to_go_on(run: Run, one: str) -> None:
    """The option that takes it is in the message."""
    result = run("repo", "create", one)

    assert 7 == result.exit_code
    assert result.stderr.endswith("; --exist-ok takes what is there\n")
