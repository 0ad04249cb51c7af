"""``hubkit repo create``, ``delete``, ``files`` and ``ls``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


def test_create_prints_the_url(hub: LocalHub, run: Run, alice: str) -> None:
    """A new repository is there, and as private as asked."""
    result = run("repo", "create", "alice/new", "--private")

    assert (0, f"{hub.endpoint}/alice/new\n") == (result.exit_code, result.stdout)
    assert json.loads(run("info", "alice/new", "--json").stdout)["private"] is True


def test_create_twice_needs_exist_ok(run: Run, hub: LocalHub, alice: str) -> None:
    """One that is there already is a failure, unless it is as good."""
    run("repo", "create", "alice/new")

    assert 7 == run("repo", "create", "alice/new").exit_code
    assert 0 == run("repo", "create", "alice/new", "--exist-ok").exit_code


def test_create_under_another_name_is_not_allowed(run: Run, hub: LocalHub, alice: str) -> None:
    """The Hub's own words say why."""
    result = run("repo", "create", "bob/new")

    assert 4 == result.exit_code
    assert "rights" in result.stderr


def test_create_a_dataset(run: Run, hub: LocalHub, alice: str) -> None:
    """The kind of repository can be chosen."""
    assert (
        f"{hub.endpoint}/datasets/alice/texts\n"
        == run("repo", "create", "alice/texts", "--type", "dataset").stdout
    )


def test_delete_asks_first(run: Run, hub: LocalHub, alice: str) -> None:
    """A no leaves everything; a yes deletes."""
    hub.add_repo("alice/old", {"a": b"1"})
    no, yes = run("repo", "delete", "alice/old", typed="n\n"), run("repo", "delete", "alice/old", typed="y\n")

    assert (1, 0) == (no.exit_code, yes.exit_code)
    assert "Delete the model alice/old with all its history" in no.stderr
    # Older runners of click show there what was typed, too.
    assert "alice/old deleted" == yes.stdout.splitlines()[-1]


def test_delete_unasked_needs_yes(run: Run, hub: LocalHub, alice: str) -> None:
    """Where nobody answers nothing is deleted, unless told so beforehand."""
    hub.add_repo("alice/old", {"a": b"1"})
    silent = run("repo", "delete", "alice/old", typed="")

    assert 2 == silent.exit_code
    assert "--yes" in silent.stderr
    assert 0 == run("repo", "delete", "alice/old", "--yes").exit_code


def test_delete_of_what_is_not_there(run: Run, hub: LocalHub, alice: str) -> None:
    """It is not found, unless that is as good."""
    assert 3 == run("repo", "delete", "alice/none", "--yes").exit_code
    assert 0 == run("repo", "delete", "alice/none", "--yes", "--missing-ok").exit_code


def test_names_of_files_are_exact_on_a_pipe(hub: LocalHub, run: Run) -> None:
    """A name can be given to the next program: its spaces are those of the file, of whatever kind."""
    names = {"a  b.txt", " c.txt", "\u6570\u636e\u3000\u96c6.txt", "\U0001f469\u200d\U0001f4bb.md"}
    hub.add_repo("acme/names", dict.fromkeys(names, b"x"))
    lines = run("repo", "files", "acme/names").stdout.splitlines()

    assert names == {line.partition("\t")[0] for line in lines}


def test_files_lists_sizes(run: Run, hub: LocalHub, adapter: Path) -> None:
    """Each file has its path and size, large ones their SHA-256."""
    hub.add_repo("acme/adapter", adapter)
    documents = json.loads(run("repo", "files", "acme/adapter", "--json").stdout)

    sizes = {path.name: path.stat().st_size for path in adapter.iterdir()}
    assert sizes == {document["path"]: document["size"] for document in documents}
    assert [["path", "size", "blob_id", "sha256"]] * len(sizes) == [list(document) for document in documents]
    lines = run("repo", "files", "acme/adapter").stdout.splitlines()
    assert sizes == {line.split("\t")[0]: int(line.split("\t")[1]) for line in lines}


def test_files_of_an_unknown_revision(run: Run, hub: LocalHub, adapter: Path) -> None:
    """A branch that isn't there is not found."""
    hub.add_repo("acme/adapter", adapter)

    assert 3 == run("repo", "files", "acme/adapter", "--revision", "nope").exit_code


@pytest.mark.parametrize("account", [[], ["alice"]])
def test_ls_lists_the_models_of_an_account(run: Run, hub: LocalHub, alice: str, account: list[str]) -> None:
    """By default they are the token owner's, private ones included."""
    hub.add_repo("alice/one", {"a": b"1"}, private=True)
    hub.add_repo("bob/two", {"a": b"1"})
    documents = json.loads(run("repo", "ls", *account, "--json").stdout)

    assert ["alice/one"] == [document["model_id"] for document in documents]
    assert "alice/one\t" == run("repo", "ls", *account).stdout[:10]


def test_ls_of_an_empty_account(run: Run, hub: LocalHub) -> None:
    """Having no models is an answer."""
    result = run("repo", "ls", "nobody")

    assert (0, "", "hubkit: nobody has no models\n") == (result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("how", ["offline", "down"])
def test_ls_without_the_hub(run: Run, hub: LocalHub, how: str) -> None:
    """What is cached is listed as such; that nothing is cached doesn't say that there is nothing."""
    hub.add_repo("bob/two", {"a": b"1"})
    run("info", "bob/two")
    options = ["--offline"] if how == "offline" else []
    if how == "down":
        hub.stop()
    known, unknown = (run(*options, "repo", "ls", account) for account in ("bob", "carol"))

    assert (0, "bob/two\t") == (known.exit_code, known.stdout[:8])
    assert "hubkit: from the cache, " in known.stderr
    assert (5, "") == (unknown.exit_code, unknown.stdout)
    assert "carol has no models" not in unknown.stderr


def test_ls_of_nobody_in_particular_needs_a_token(run: Run, hub: LocalHub) -> None:
    """Without a token there is no account whose models they could be."""
    assert 4 == run("repo", "ls").exit_code
