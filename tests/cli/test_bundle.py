"""``hubkit bundle``: packed by one run of the program, loaded by another."""

from __future__ import annotations

import json
import os
from hashlib import sha256

import pytest
from terminals import at_terminal, last_line

from hubkit.cli._failures import ExitCode


@pytest.fixture
def packed(hub, run, tmp_path):
    """A bundle of a model with its files."""
    hub.add_repo("acme/real", {"config.json": b"{}", "model.safetensors": b"\0" * 5_000})
    (tmp_path / "models.txt").write_text("acme/real  # ours\n")
    result = run(
        "bundle", "create", "--models", str(tmp_path / "models.txt"), "--with-files", str(tmp_path / "x.tar")
    )
    assert ExitCode.DONE == result.exit_code
    return tmp_path / "x.tar", result


def test_packed_and_loaded(hub, run, packed, tmp_path):
    """Both say what they did; afterwards the model is here without the hub."""
    path, created = packed
    run("cache", "clear", "--yes")
    hub.stop()
    loaded = run("bundle", "load", str(path), "--to", str(tmp_path / "hf"))
    again = run("bundle", "load", str(path), "--to", str(tmp_path / "hf"))

    assert created.stdout.startswith(f"{path}: 1 model, ")
    assert "2 files were new; 1 model, " in loaded.stdout
    assert again.stdout.startswith("0 answers and 0 files were new; ")
    assert ExitCode.DONE == run("--offline", "info", "acme/real").exit_code
    assert 1 == len(list((tmp_path / "hf").glob("models--acme--real/snapshots/*/model.safetensors")))


def test_json(run, packed, tmp_path):
    """The same as one document."""
    path, _ = packed
    document = json.loads(run("bundle", "load", str(path), "--to", str(tmp_path / "hf"), "--json").stdout)

    assert ["acme/real"] == document["models"]
    assert {"models", "answers", "files", "size_bytes", "new_answers", "new_files"} == set(document)


def test_model_that_is_not_there(hub, run, tmp_path):
    """A list that names no model of the Hub ends as every other command does, and writes no bundle."""
    (tmp_path / "models.txt").write_text("acme/none\n")
    result = run("bundle", "create", "--models", str(tmp_path / "models.txt"), str(tmp_path / "x.tar"))

    assert ExitCode.NOT_FOUND == result.exit_code
    assert not (tmp_path / "x.tar").exists()


def test_private_model_without_the_option(hub, run, alice, tmp_path):
    """Who lists a private model is told that it didn't go along, and how it would."""
    hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    hub.add_repo("acme/real", {"config.json": b"{}"})
    (tmp_path / "models.txt").write_text("alice/secret\nacme/real\n")
    arguments = ("bundle", "create", "--models", str(tmp_path / "models.txt"), str(tmp_path / "x.tar"))
    refused = run(*arguments)
    allowed = run(*arguments, "--private")

    assert ExitCode.FAILED == refused.exit_code
    assert "--private" in refused.stderr
    assert "alice/secret" in refused.stderr
    assert ExitCode.DONE == allowed.exit_code


def test_damaged_bundle(run, packed):
    """One line, and nothing taken over."""
    path, _ = packed
    raw = bytearray(path.read_bytes())
    raw[700] ^= 1
    path.write_bytes(raw)
    before = sha256(raw).hexdigest()
    result = run("bundle", "load", str(path))

    assert ExitCode.FAILED == result.exit_code
    assert 1 == len(result.stderr.splitlines())
    assert "is refused" in result.stderr
    assert before == sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
@pytest.mark.parametrize("progress", [True, False])
def test_how_far_it_is(packed, spawn, tmp_path, monkeypatch, progress):
    """Each part of the work draws a bar at a terminal, unless the settings say no; nothing is left of it."""
    monkeypatch.setenv("HUBKIT_PROGRESS", str(progress).lower())
    path, _ = packed
    models = ["--models", str(tmp_path / "models.txt"), "--with-files", str(tmp_path / "again.tar")]
    _, created = at_terminal(spawn, ["bundle", "create", *models])
    _, loaded = at_terminal(spawn, ["bundle", "load", str(path), "--to", str(tmp_path / "hf")])

    assert [progress] * 4 == [
        words in seen
        for words, seen in [
            (b"Reading: ", created),
            (b"Writing: ", created),
            (b"Checking: ", loaded),
            (b"Placing: ", loaded),
        ]
    ]
    assert [b"", b""] == [last_line(created), last_line(loaded)]
