"""Uploads: one commit, a true card, and the caller's folder as it was."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from huggingface_hub import ModelCard, snapshot_download

from hubkit import (
    AuthenticationError,
    HubkitError,
    InvalidArgumentError,
    InvalidRefError,
    LocalPathError,
    NotConnectedError,
)

ADAPTERS = [
    "dora-rslora-causal-lm",
    "ia3-seq2seq-lm",
    "lora-causal-lm",
    "lora-seq-cls",
    "lora-trainer-run-causal-lm",
    "prompt-tuning-causal-lm",
    "qlora-causal-lm",
]
TEMPLATES = [(name, "README.peft.md") for name in ADAPTERS]
TEMPLATES.append(("lora-trainer-run-causal-lm", "README.transformers.md"))


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token."""
    return make_client(token=alice)


def content(folder):
    """File names and bytes below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(adapters, tmp_path):
    """Copies an adapter to where a test may add to it."""

    def copy(name):
        target = tmp_path / "adapter"
        shutil.copytree(adapters / name, target)
        return target

    return copy


@pytest.mark.parametrize("name", ADAPTERS)
def test_uploaded_is_downloaded_byte_for_byte(hub, writer, adapters, tmp_path, alice, name):
    """Every file comes back the same, through huggingface_hub and through hubkit."""
    before = content(adapters / name)
    url = writer.upload_artifact(
        str(adapters / name), {"repo_id": f"alice/{name}", "base_model": "alice/base"}
    )
    theirs = snapshot_download(f"alice/{name}", endpoint=hub.endpoint, cache_dir=tmp_path / "hf", token=alice)
    ours = content(writer.download_model(f"alice/{name}", tmp_path / "hubkit"))

    assert f"{hub.endpoint}/alice/{name}" == url
    assert content(tmp_path / theirs) == ours
    assert before == {path: data for path, data in ours.items() if path in before}
    assert {"README.md", ".gitattributes"} == set(ours) - set(before) - {"training_curve.png"}
    assert before == content(adapters / name)


def test_one_commit(hub, writer, adapters):
    """The folder and the card are one commit after the repository's first."""
    writer.upload_artifact(adapters / ADAPTERS[4], {"repo_id": "alice/one", "commit_message": "Trained"})

    assert 1 == hub.requests["commit"]
    assert ["Trained", "initial commit"] == [commit.title for commit in writer.repos.commits("alice/one")]


@pytest.mark.parametrize(("name", "readme"), TEMPLATES)
def test_template_card_is_replaced(writer, folder, name, readme, tmp_path):
    """A README that holds only a tool's template gives way, in the commit alone."""
    path = folder(name)
    template = (path / readme).read_bytes()
    (path / "README.md").write_bytes(template)
    writer.upload_artifact(path, {"repo_id": "alice/new", "description": "Says what it does."})
    uploaded = (writer.download_model("alice/new", tmp_path / "hf") / "README.md").read_text()

    assert "Says what it does." in uploaded
    assert "More Information Needed" not in uploaded
    assert template == (path / "README.md").read_bytes()


def test_users_card_is_kept(writer, folder, tmp_path):
    """A card that a person wrote is uploaded as it is, with only missing front matter added."""
    path = folder("lora-causal-lm")
    mine = "---\r\nlicense: gpl-3.0 # mine\r\ntags: [a]\r\n---\r\nMy own words.\r\n"
    (path / "README.md").write_bytes(mine.encode())
    writer.upload_artifact(path, {"repo_id": "alice/mine", "license": "mit", "base_model": "alice/base"})
    uploaded = (writer.download_model("alice/mine", tmp_path / "hf") / "README.md").read_bytes().decode()
    front = yaml.safe_load(uploaded.split("---")[1])

    assert "license: gpl-3.0 # mine\r\ntags: [a]\r\n" in uploaded
    assert uploaded.endswith("---\r\nMy own words.\r\n")
    assert {"license": "gpl-3.0", "tags": ["a"], "base_model": "alice/base", "library_name": "peft"} == {
        key: front[key] for key in ("license", "tags", "base_model", "library_name")
    }
    assert mine.encode() == (path / "README.md").read_bytes()


def test_card_says_what_was_said(writer, adapters, tmp_path):
    """Every key of the metadata is in the card, where the Hub's own library finds it."""
    writer.upload_artifact(
        adapters / "lora-causal-lm",
        {
            "repo_id": "alice/said",
            "base_model": "alice/base",
            "dataset": "org/data",
            "description": "Described.",
            "training_config": {"learning_rate": 2e-4},
            "metrics": {"accuracy": 0.91},
            "license": "apache-2.0",
            "tags": ["mine"],
            "language": ["en"],
        },
    )
    card = ModelCard.load(writer.download_model("alice/said", tmp_path / "hf") / "README.md")

    assert ("alice/base", "apache-2.0", ["org/data"], ["en"]) == (
        card.data.base_model,
        card.data.license,
        card.data.datasets,
        card.data.language,
    )
    assert "mine" in card.data.tags
    for text in ("Described.", '"learning_rate": 0.0002', "accuracy", "0.91", "## Usage", "## License"):
        assert text in card.text


def test_licence_is_inherited_or_absent(hub, writer, adapters, tmp_path, caplog):
    """The base model's licence is stated with its source; an unknown one is left out, with a warning."""
    hub.add_repo("alice/bare", {"config.json": b"{}"})
    for base in ("alice/base", "alice/bare"):
        writer.upload_artifact(
            adapters / "lora-causal-lm", {"repo_id": "alice/of-" + base[6:], "base_model": base}
        )
    inherited = writer.download_model("alice/of-base", tmp_path / "hf") / "README.md"
    absent = writer.download_model("alice/of-bare", tmp_path / "hf") / "README.md"

    assert "license: mit\n" in inherited.read_text()
    assert "license" not in absent.read_text().partition("\n---\n")[0]
    assert "alice/bare states no single licence" in caplog.text


def test_a_licence_over_one_that_binds(hub, writer, adapters, caplog):
    """The caller's licence is stated, and a base model whose licence binds derivatives is warned about."""
    hub.add_repo("alice/llama", {"README.md": b"---\nlicense: llama2\n---\n"})

    writer.upload_artifact(
        adapters / "lora-causal-lm", {"repo_id": "alice/mine", "base_model": "alice/llama", "license": "mit"}
    )

    assert "mit" == writer.get_model_metadata("alice/mine").license
    assert "license is 'mit', but the base model alice/llama is under llama2" in caplog.text


def test_metadata_is_current_after_an_upload_whose_answer_is_lost(hub, writer, adapters):
    """Nobody knows whether it was made, so what was cached of before is forgotten."""
    writer.get_model_metadata("alice/base")
    hub.fail("commit", status=0, times=None)
    with pytest.raises(HubkitError):
        writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/base", "license": "mit"})
    # As if the Hub had made it all the same.
    made = hub.commit("alice/base", {"new.txt": b"x"})

    assert made == writer.get_model_metadata("alice/base").sha


def test_metadata_is_current_after_an_upload(writer, adapters):
    """What was cached of the repository before is forgotten."""
    assert writer.get_model_metadata("alice/fresh") is None
    writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/fresh", "license": "mit"})

    assert "mit" == writer.get_model_metadata("alice/fresh").license


def test_private_and_pull_request(hub, writer, adapters):
    """A new repository may be private; a pull request leaves the branch alone."""
    writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/hidden", "private": True})
    head = writer.get_model_metadata("alice/base", use_cache=False).sha
    url = writer.upload_artifact(
        adapters / "lora-causal-lm", {"repo_id": "alice/base", "create_pr": True, "tags": ["pr"]}
    )

    assert writer.get_model_metadata("alice/hidden").private
    assert "/discussions/" in url
    assert head == writer.get_model_metadata("alice/base", use_cache=False).sha
    assert 1 == len(writer.repos.refs("alice/base").pull_requests)


def test_branch(writer, adapters):
    """A revision names the branch to commit to."""
    writer.repos.create_branch("alice/base", "work")
    writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/base", "revision": "work"})

    assert "adapter_config.json" in [f.rfilename for f in writer.repos.files("alice/base", revision="work")]
    assert "adapter_config.json" not in [f.rfilename for f in writer.repos.files("alice/base")]


def test_file_with_a_token_stays_here(writer, folder, alice, tmp_path, caplog):
    """training_args.bin may hold a token in clear: such a file isn't uploaded."""
    path = folder("lora-causal-lm")
    (path / "training_args.bin").write_bytes(b"\x80\x02hub_tokenq\x01X" + alice.encode() + b"q\x02")
    writer.upload_artifact(path, {"repo_id": "alice/clean"})

    assert "training_args.bin" not in content(writer.download_model("alice/clean", tmp_path / "hf"))
    assert "training_args.bin" in caplog.text
    assert alice not in caplog.text


def test_tools_own_files_stay_here(writer, folder, tmp_path):
    """Version control and caches aren't part of an adapter."""
    path = folder("lora-causal-lm")
    for name in (".git/config", ".cache/huggingface/x", "__pycache__/a.pyc", ".DS_Store", "sub/kept.txt"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("x")
    writer.upload_artifact(path, {"repo_id": "alice/tidy"})
    uploaded = set(content(writer.download_model("alice/tidy", tmp_path / "hf")))

    assert {"README.md", ".gitattributes", "sub/kept.txt"} == uploaded - set(content(path / "..")) - {
        "README.peft.md",
        "adapter_config.json",
        "adapter_model.safetensors",
    }


def test_anonymous_may_not(client, adapters, hub):
    """Without a token nothing is even looked at."""
    hub.reset_counts()
    with pytest.raises(NotConnectedError, match="token"):
        client.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/x"})

    assert 0 == hub.total_requests


def test_another_s_namespace_is_refused(make_client, bob, adapters):
    """A token that may not write there is told so."""
    with pytest.raises(AuthenticationError):
        make_client(token=bob).upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/base"})


@pytest.mark.parametrize(
    ("metadata", "kind", "named"),
    [
        ({}, InvalidArgumentError, "repo_id"),
        ({"repo_id": None}, InvalidArgumentError, "repo_id"),
        ({"repo_id": "../x"}, InvalidRefError, "repo_id"),
        ({"repo_id": "a/b", "licence": "mit"}, InvalidArgumentError, "'license'"),
        ({"repo_id": "a/b", "tags": "one"}, InvalidArgumentError, "tags"),
        ({"repo_id": "a/b", "metrics": [1]}, InvalidArgumentError, "metrics"),
        ({"repo_id": "a/b", "private": "yes"}, InvalidArgumentError, "private"),
        ({"repo_id": "a/b", "revision": "a b"}, InvalidRefError, "revision"),
        ({"repo_id": "a/b", "commit_message": " "}, InvalidArgumentError, "commit_message"),
        ("a/b", InvalidArgumentError, "mapping"),
    ],
)
def test_bad_metadata(hub, writer, adapters, metadata, kind, named):
    """One clear error that names the key, before any request."""
    hub.reset_counts()
    with pytest.raises(kind, match=named) as info:
        writer.upload_artifact(adapters / "lora-causal-lm", metadata)

    assert isinstance(info.value, ValueError)
    assert 0 == hub.total_requests


def test_bad_folder(hub, writer, tmp_path):
    """Missing, empty, or a file: a FileNotFoundError that says which, before any request."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    hub.reset_counts()
    for path, wrong in [("missing", "does not exist"), ("empty", "empty"), ("file", "is a file")]:
        with pytest.raises(FileNotFoundError, match=wrong) as info:
            writer.upload_artifact(tmp_path / path, {"repo_id": "alice/x"})
        assert isinstance(info.value, LocalPathError)

    assert 0 == hub.total_requests


def test_hub_without_xet(adapters):
    """A Hub that has no Xet is met with the setting that uploads without it, where hf_xet asks for it regardless."""
    pytest.importorskip("hf_xet")
    serve = [sys.executable, "-m", "hubkit.testing", "--port=0", "--user=alice"]
    upload = [sys.executable, "-m", "hubkit.cli", "upload", adapters / "lora-causal-lm", "alice/foxes"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines = [server.stdout.readline() for _ in range(6)]
            told = dict(re.findall(r"export (\w+)=(\S+)", "".join(lines)))
            del told["HF_HUB_DISABLE_XET"]
            bare = {name: text for name, text in os.environ.items() if name != "HF_HUB_DISABLE_XET"}
            ended = subprocess.run(
                upload, env={**bare, **told}, capture_output=True, text=True, check=False, timeout=60
            )
        finally:
            server.terminate()

    # Older releases agree with the Hub on a way, and upload.
    fails = "this Hub takes no files over Xet: set HF_HUB_DISABLE_XET=1" in ended.stderr
    assert (ended.returncode != 0) == fails
    assert fails or (ended.stdout != "")
