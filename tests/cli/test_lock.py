"""``hubkit lock`` and ``hubkit sync``: what they print, and how they end."""

from __future__ import annotations

import json
import os

import pytest
from lock_models import WEIGHTS, model_files
from terminals import at_terminal, last_line

from hubkit.cli._failures import ExitCode

ONE = '[[models]]\nid = "acme/real"\n'


@pytest.fixture
def listed(hub, tmp_path):
    """A list of one model, in the folder where the program runs."""
    hub.add_repo("acme/real", model_files(license="mit"))
    path = tmp_path / "models.toml"
    path.write_text(ONE)
    return path


def folder_of(result):
    """Where a sync has put a model."""
    from pathlib import Path

    return Path(result.stdout.rstrip("\n").split("\t")[-1])


def test_locked_synced_and_green(listed, run, tmp_path):
    """Each says on a line what became of a model, and beside it what that comes to."""
    locked = run("lock")
    again = run("lock")
    synced = run("sync", "--to", "there")
    resynced = run("sync", "--to", "there")
    checked = run("lock", "--check", "--to", "there")

    assert {0} == {each.exit_code for each in (locked, again, synced, resynced, checked)}
    commit = locked.stdout.split("\t")[2]
    size = sum(map(len, model_files(license="mit").values()))
    assert f"acme/real\tadded\t{commit}\t\t3\t{size}\tmit\n" == locked.stdout
    assert f"acme/real\tkept\t{commit}\t\t3\t{size}\tmit\n" == again.stdout
    assert locked.stderr.startswith("models.lock: 1 model, 3 files, ")
    assert synced.stdout.startswith(f"acme/real\t{commit}\t{size}\t{size}\t")
    assert resynced.stdout.startswith(f"acme/real\t{commit}\t0\t{size}\t")
    assert "3 files (" in synced.stderr
    assert "0 files (0 B) fetched" in resynced.stderr
    assert WEIGHTS == (folder_of(synced) / "model.safetensors").read_bytes()
    assert "" == checked.stdout
    assert checked.stderr.startswith("models.lock holds: 1 model, ")


def test_three_clear_failures(hub, listed, run, tmp_path):
    """One byte changed, one licence forbidden, upstream moved: a line for each, and exit code 1."""
    old = run("lock").stdout.split("\t")[2]
    weights = folder_of(run("sync", "--to", "there")) / "model.safetensors"
    weights.resolve().write_bytes(b"\x01" + WEIGHTS[1:])
    listed.write_text(f'licenses = ["apache-2.0"]\n{ONE}')
    new = hub.commit("acme/real", {"config.json": b"[]"})
    result = run("lock", "--check", "--to", "there")

    assert ExitCode.NO == result.exit_code
    assert [
        ["acme/real", "license", "acme/real is under mit, which is not allowed"],
        [
            "acme/real",
            "hash",
            f"files in {weights.parent} have other contents than are locked: model.safetensors",
        ],
        ["acme/real", "moved", f"its default branch was {old}, and is {new} now"],
    ] == [line.split("\t") for line in result.stdout.splitlines()]
    assert "models.lock doesn't hold: 3 findings" in result.stderr


def test_upgrade(hub, listed, run):
    """One model or all, on purpose alone."""
    old = run("lock").stdout.split("\t")[2]
    new = hub.commit("acme/real", {"config.json": b"[]"})
    kept = run("lock")
    moved = run("lock", "--upgrade", "acme/real")
    again = run("lock", "--upgrade")

    assert [["kept", old, ""], ["moved", new, old], ["kept", new, ""]] == [
        each.stdout.split("\t")[1:4] for each in (kept, moved, again)
    ]


def test_refused_list(listed, run, tmp_path):
    """What isn't allowed is said, and nothing is written."""
    listed.write_text(f'formats = ["gguf"]\n{ONE}')
    result = run("lock")

    assert ExitCode.NO == result.exit_code
    assert result.stdout.startswith("acme/real\tformat\tsafetensors is not among gguf: model.safetensors")
    assert "models.lock: nothing written: 1 finding" in result.stderr
    assert not (tmp_path / "models.lock").exists()


def test_without_the_hub(hub, listed, run):
    """Forbidden: what can be checked is, with a warning. Out of reach: that is the answer."""
    run("lock")
    run("sync")
    hub.stop()
    forbidden = run("--offline", "lock", "--check")
    unreachable = run("lock", "--check")
    synced = run("--offline", "sync")
    listed.write_text(f'licenses = ["gemma"]\n{ONE}')
    both = run("lock", "--check")

    assert ExitCode.DONE == forbidden.exit_code
    assert "warning: the Hub was not asked" in forbidden.stderr
    assert (ExitCode.OUT_OF_REACH, "") == (unreachable.exit_code, unreachable.stdout)
    assert ExitCode.DONE == synced.exit_code
    assert ExitCode.NO == both.exit_code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["lock", "acme/real"], ExitCode.USAGE),
        (["lock", "--check", "--upgrade"], ExitCode.USAGE),
        (["lock", "--to", "x"], ExitCode.USAGE),
        (["lock", "--upgrade", "acme/other"], ExitCode.USAGE),
        (["lock", "--file", "none.toml"], ExitCode.USAGE),
        (["lock", "--file", "models.lock"], ExitCode.USAGE),
        (["lock", "--check"], ExitCode.NO),
        (["sync"], ExitCode.NO),
        (["--offline", "lock"], ExitCode.OUT_OF_REACH),
    ],
)
def test_failures(listed, run, arguments, code):
    """Each way to go wrong is one line and the documented code."""
    result = run(*arguments)

    assert (code, "") == (result.exit_code, result.stdout)


def test_offline_and_not_here(listed, run):
    """A sync without the Hub that finds nothing is out of reach."""
    run("lock")

    assert ExitCode.OUT_OF_REACH == run("--offline", "sync", "--to", "nowhere").exit_code


def test_changed_by_hand(listed, run, tmp_path):
    """A lock that somebody has edited doesn't hold, whoever asks."""
    run("lock")
    path = tmp_path / "models.lock"
    path.write_text(path.read_text().replace('"mit"', '"apache-2.0"'))
    results = [run("lock"), run("lock", "--check"), run("sync")]

    assert {ExitCode.NO} == {each.exit_code for each in results}
    assert all("models.lock: it was changed by hand" in each.stderr for each in results)


def test_json(hub, listed, run):
    """The same as documents."""
    locked = json.loads(run("lock", "--json").stdout)
    synced = json.loads(run("sync", "--json").stdout)
    hub.commit("acme/real", {"config.json": b"[]"})
    checked = run("lock", "--check", "--json")

    assert (True, "added", []) == (locked["written"], locked["changes"][0]["change"], locked["findings"])
    assert locked["models"][0]["commit_hash"] == synced["models"][0]["commit_hash"]
    assert ["README.md", "config.json", "model.safetensors"] == sorted(synced["models"][0]["fetched"])
    assert ExitCode.NO == checked.exit_code
    document = json.loads(checked.stdout)
    assert (False, "moved", None) == (
        document["holds"],
        document["findings"][0]["code"],
        document["hindrance"],
    )


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
@pytest.mark.parametrize("progress", [True, False])
def test_how_far_it_is(hub, listed, spawn, monkeypatch, progress):
    """Each of the three draws a bar at a terminal, unless the settings say no; nothing is left of it."""
    hub.add_repo("acme/second", model_files(license="mit"))
    listed.write_text(f'{ONE}[[models]]\nid = "acme/second"\n')
    monkeypatch.setenv("HUBKIT_PROGRESS", str(progress).lower())
    seen = {
        words: at_terminal(spawn, command)[1]
        for words, command in {
            b"Locking:": ["lock"],
            b"Syncing:": ["sync", "--to", "there"],
            b"Asking:": ["lock", "--check", "--to", "there"],
        }.items()
    }

    assert [progress] * 3 == [words in text and b"0/2 " in text for words, text in seen.items()]
    assert [b""] * 3 == [last_line(text) for text in seen.values()]


@pytest.mark.redis
@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
def test_what_is_said_under_way(hub, listed, spawn, monkeypatch, tmp_path):
    """A bar makes way for a message, here on a cache that is away: it has a line of its own."""
    monkeypatch.setenv("HUBKIT_CACHE", f"redis+unix://{tmp_path}/none.sock")
    _, seen = at_terminal(spawn, ["lock"])
    before, _, after = seen.partition(b"hubkit: warning: ")

    assert b"Locking:" in before
    assert after
    assert before.endswith((b"\n", b" \r"))
