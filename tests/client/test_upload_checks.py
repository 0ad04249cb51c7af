"""Uploads look at the card first: what the Hub would refuse is said before anything is sent."""

from __future__ import annotations

import logging
import shutil

import pytest

from hubkit import CardError, TransferError

SECRET = "ghp" + "_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fGh"


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token."""
    return make_client(token=alice)


@pytest.fixture
def folder(adapters, tmp_path):
    """A real adapter that a test may add to."""
    return shutil.copytree(adapters / "lora-causal-lm", tmp_path / "adapter")


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ({"license": "Apache"}, "license: "),
        ({"language": ["en", "pt_pt"]}, "language[1]: "),
        ({"language": "EN", "license": "none"}, "2 errors"),
    ],
)
def test_errors_stop_it(hub, writer, folder, metadata, named):
    """One error lists what is wrong; nothing is created and no byte of a file is sent."""
    hub.reset_counts()
    with pytest.raises(CardError) as info:
        writer.upload_artifact(folder, {"repo_id": "alice/new", **metadata})

    assert named in str(info.value)
    assert SECRET not in str(info.value)
    assert {"create_repo", "validate_yaml", "preupload", "commit"} & set(hub.requests) == set()
    assert not writer.repos.exists("alice/new")


def test_a_persons_card_is_checked_too(writer, folder):
    """Their README is what would be refused, whatever the caller says."""
    (folder / "README.md").write_text("---\nlicense: mit\ndatasets: [librispeech 960h]\n---\nMine.\n")
    with pytest.raises(CardError, match=r"line 3: datasets\[0\]"):
        writer.upload_artifact(folder, {"repo_id": "alice/new", "license": "mit"})

    assert not writer.repos.exists("alice/new")


def test_a_secret_of_theirs_stops_it(writer, folder):
    """What a caller says is scrubbed; what a person wrote into their card is not ours to change."""
    (folder / "README.md").write_text(f"---\nlicense: mit\n---\nMade with {SECRET}.\n")
    with pytest.raises(CardError, match="a GitHub token") as info:
        writer.upload_artifact(folder, {"repo_id": "alice/new"})

    assert SECRET not in str(info.value)
    assert not writer.repos.exists("alice/new")


def test_warnings_are_logged(writer, folder, caplog):
    """What the Hub takes is uploaded, and said."""
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: no\n---\n[More Information Needed]\n")
    with caplog.at_level(logging.WARNING, logger="hubkit"):
        writer.upload_artifact(folder, {"repo_id": "alice/new"})

    assert writer.repos.exists("alice/new")
    assert "alice/new: README.md, line 3: language: " in caplog.text
    assert "More Information Needed" in caplog.text


def test_the_check_can_be_skipped(hub, writer, folder):
    """Then the Hub alone decides, and its own words say why."""
    metadata = {"repo_id": "alice/new", "license": "Apache", "skip_card_checks": True}
    with pytest.raises(TransferError, match='"license" must be one of'):
        writer.upload_artifact(folder, metadata)
    writer.upload_artifact(
        folder, {**metadata, "license": "mit", "tags": ["x"], "description": f"Made with {SECRET}"}
    )

    assert 1 <= hub.requests["validate_yaml"]
    assert writer.repos.exists("alice/new")
