"""``hubkit download`` and ``upload``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


@pytest.fixture
def stored(hub: LocalHub, adapter: Path) -> str:
    """A real adapter on the Hub; its commit."""
    return hub.add_repo("alice/adapter", adapter)


def test_download_prints_the_folder(run: Run, stored: str, tmp_path: Path, adapter: Path) -> None:
    """Standard output holds the folder and nothing else; the files are in it."""
    result = run("download", "alice/adapter", "--to", str(tmp_path / "here"))

    folder = Path(result.stdout.removesuffix("\n"))
    assert (0, stored) == (result.exit_code, folder.name)
    assert tmp_path / "here" in folder.parents
    assert {path.name for path in adapter.iterdir()} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    "name",
    [
        "two  words",
        "\u30e2\u30c7\u30eb\u3000\u4fdd\u5b58",
        "10\xa0km",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ],
    ids=ascii,
)
def test_folder_of_any_language_is_printed_as_it_is(run: Run, stored: str, tmp_path: Path, name: str) -> None:
    """What a script reads is the folder, also where its name has wide spaces or joiners."""
    result = run("download", "alice/adapter", "--to", str(tmp_path / name))

    assert Path(result.stdout.removesuffix("\n")).is_dir()


def test_download_goes_to_the_shared_folder(run: Run, stored: str, tmp_path: Path) -> None:
    """Without ``--to`` the files are where Hugging Face's tools find them."""
    result = run("download", "alice/adapter", "--revision", stored)

    assert (
        str(tmp_path / "hf" / "hub" / "models--alice--adapter" / "snapshots" / stored)
        == result.stdout.strip()
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--include", "*.json", "--include", "*.md"], {"adapter_config.json", "README.peft.md"}),
        (["--exclude", "*.safetensors"], {"adapter_config.json", "README.peft.md"}),
        (["--include", "*.json", "--exclude", "adapter_*", "--include", "*.md"], {"README.peft.md"}),
    ],
)
def test_download_takes_patterns(run: Run, stored: str, options: list[str], expected: set[str]) -> None:
    """Only what is included and not excluded is fetched."""
    result = run("download", "alice/adapter", *options)

    assert expected == {path.name for path in Path(result.stdout.strip()).iterdir()}


def test_download_verifies(run: Run, stored: str) -> None:
    """A byte that has changed is found, the file fetched again, and said so."""
    folder = Path(run("download", "alice/adapter").stdout.strip())
    blob = (folder / "adapter_model.safetensors").resolve()
    right = blob.read_bytes()
    blob.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    result = run("download", "alice/adapter", "--verify")

    assert (0, f"{folder}\n") == (result.exit_code, result.stdout)
    assert "fetching again what has the wrong size or contents: adapter_model.safetensors" in result.stderr
    assert right == (folder / "adapter_model.safetensors").read_bytes()


def test_dry_run_says_what_would_be_fetched(hub: LocalHub, run: Run, stored: str, tmp_path: Path) -> None:
    """The answer is no while there is something to fetch, and yes afterwards; nothing is fetched."""
    before = run("download", "alice/adapter", "--dry-run", "--to", "here")
    moved = hub.requests["resolve_get"]
    run("download", "alice/adapter", "--to", "here")
    after = run("--offline", "download", "alice/adapter", "--dry-run", "--verify", "--to", "here")

    facts = [dict(line.split("\t") for line in each.stdout.splitlines()) for each in (before, after)]
    assert [1, 0, 0] == [before.exit_code, after.exit_code, moved]
    assert ["false", "true"] == [each["complete"] for each in facts]
    assert facts[0]["size"] == facts[0]["to fetch"]
    assert "0" == facts[1]["to fetch"]
    assert str(tmp_path / "here") in facts[0]["folder"]


def test_dry_run_as_json(run: Run, stored: str) -> None:
    """All keys of the reference, and sizes as numbers."""
    result = run("download", "alice/adapter", "--dry-run", "--json", "--include", "*.json")
    document = json.loads(result.stdout)

    assert 1 == result.exit_code
    assert ["adapter_config.json"] == document["missing"]
    assert document["size_bytes"] == document["fetch_bytes"] == document["files"][0]["size"]
    assert document["free_bytes"] > 0


def test_json_goes_with_dry_run(hub: LocalHub, run: Run) -> None:
    """A download prints a path, whatever is asked."""
    result = run("download", "alice/adapter", "--json")

    assert (2, 0) == (result.exit_code, hub.total_requests)
    assert "--dry-run" in result.stderr


def test_download_offline_uses_what_is_here(run: Run, stored: str) -> None:
    """What was downloaded once is found without a network."""
    online = run("download", "alice/adapter")
    offline = run("--offline", "download", "alice/adapter")

    assert (0, online.stdout) == (offline.exit_code, offline.stdout)


def test_download_offline_of_what_is_not_here(hub: LocalHub, run: Run, stored: str) -> None:
    """What was never downloaded is out of reach, and no request is made."""
    result = run("--offline", "download", "alice/adapter")

    assert (5, "", 0) == (result.exit_code, result.stdout, hub.total_requests)


def test_download_of_a_gated_model_is_not_allowed(hub: LocalHub, run: Run) -> None:
    """The files of a gated model need access."""
    hub.add_repo("acme/gated", {"config.json": b"{}"}, gated="manual")
    result = run("download", "acme/gated")

    assert (4, "") == (result.exit_code, result.stdout)
    assert "gated" in result.stderr


def test_upload_prints_the_url(hub: LocalHub, run: Run, alice: str, adapter: Path) -> None:
    """An adapter arrives with a card, and the folder is left as it was."""
    before = sorted(path.name for path in adapter.iterdir())
    result = run("upload", str(adapter), "alice/new", "--license", "mit")

    assert (0, f"{hub.endpoint}/alice/new\n") == (result.exit_code, result.stdout)
    assert before == sorted(path.name for path in adapter.iterdir())
    files = json.loads(run("repo", "files", "alice/new", "--json").stdout)
    assert "README.md" in {file["path"] for file in files}


def test_upload_passes_every_option_on(
    hub: LocalHub, run: Run, alice: str, adapter: Path, tmp_path: Path
) -> None:
    """What is said on the command line ends in the card and in the commit."""
    (tmp_path / "training.json").write_text('{"learning_rate": 0.0003}')
    (tmp_path / "metrics.json").write_text('{"eval_loss": 1.25}')
    run(
        *("upload", str(adapter), "alice/full", "--base-model", "acme/tiny-llama", "--license", "mit"),
        *("--dataset", "acme/texts", "--dataset", "acme/more", "--description", "A small adapter."),
        *("--tag", "demo", "--language", "en", "--private", "--message", "First try"),
        *("--training-config", "training.json", "--metrics", "metrics.json"),
    )
    folder = Path(run("download", "alice/full", "--include", "README.md").stdout.strip())
    card = (folder / "README.md").read_text()

    for text in (
        "acme/tiny-llama",
        "acme/more",
        "A small adapter.",
        "demo",
        "0.0003",
        "1.25",
        "license: mit",
    ):
        assert text in card
    assert json.loads(run("info", "alice/full", "--json").stdout)["private"] is True


def test_upload_as_a_pull_request(hub: LocalHub, run: Run, alice: str, adapter: Path) -> None:
    """With ``--create-pr`` the URL is the pull request's."""
    hub.add_repo("alice/there", {"a.txt": b"1"})
    result = run("upload", str(adapter), "alice/there", "--create-pr")

    assert f"{hub.endpoint}/alice/there/discussions/1\n" == result.stdout


def test_upload_without_a_token_is_not_allowed(hub: LocalHub, run: Run, adapter: Path) -> None:
    """Nothing is sent, and the error says how to log in."""
    result = run("upload", str(adapter), "alice/new")

    assert (4, 0) == (result.exit_code, hub.total_requests)
    assert "hubkit login" in result.stderr


def test_upload_of_no_folder_is_wrong_usage(hub: LocalHub, run: Run, alice: str) -> None:
    """A folder that doesn't exist is the caller's mistake."""
    assert 2 == run("upload", "nowhere", "alice/new").exit_code


@pytest.mark.parametrize(
    ("content", "said"), [("{", "not JSON"), ("1", "a JSON object or list is needed"), (None, "No such file")]
)
def test_upload_names_a_file_that_is_no_object(
    hub: LocalHub, run: Run, alice: str, adapter: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    """Metrics that can't be read are wrong usage, with the file's name."""
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    result = run("upload", str(adapter), "alice/new", "--metrics", "metrics.json")

    assert 2 == result.exit_code
    assert f"--metrics metrics.json: {said}" in result.stderr
