"""Downloads: whole, checked, and never another's."""

from __future__ import annotations

import logging

import pytest
from huggingface_hub import snapshot_download

from hubkit import (
    GatedRepoError,
    LocalPathError,
    RepoFileNotFoundError,
    RepoNotFoundError,
    RevisionNotFoundError,
    TransferError,
    TransportError,
)

BASE = "alice/base"


@pytest.fixture
def folder(tmp_path):
    """A snapshot cache of this test's own."""
    return tmp_path / "snapshots"


def content(path):
    """File names and bytes below a folder."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()
    }


def test_files_come_byte_for_byte(hub, client, folder, tmp_path):
    """What hubkit downloads is what huggingface_hub downloads."""
    path = client.download_model(BASE, folder)
    other = snapshot_download(BASE, endpoint=hub.endpoint, cache_dir=tmp_path / "other", token=False)

    assert {"config.json", "model.safetensors", "README.md"} <= set(content(path))
    assert content(tmp_path / other) == content(path)


def test_second_download_moves_no_file(hub, client, folder):
    """What is there already isn't fetched again."""
    client.download_model(BASE, folder)
    hub.reset_counts()
    client.download_model(BASE, folder)

    assert 0 == hub.requests["resolve_get"]


def test_patterns_choose(client, folder):
    """Only what matches comes."""
    some = client.download_model(BASE, folder, allow_patterns="*.json")
    rest = client.download_model(BASE, folder.with_name("rest"), ignore_patterns=["*.json", "README*"])

    assert ["config.json"] == list(content(some))
    assert {".gitattributes", "model.safetensors"} >= set(content(rest))


def test_patterns_that_match_nothing(client, folder):
    """Said before anything is fetched, instead of an empty folder."""
    with pytest.raises(RepoFileNotFoundError, match="patterns"):
        client.download_model(BASE, folder, allow_patterns="*.gguf")

    assert not folder.exists()


def test_revision_chooses(hub, client, folder):
    """An old commit stays to be had."""
    old = client.get_model_metadata(BASE).sha
    hub.commit(BASE, {"config.json": b'{"new": 1}'})

    assert b"{}" == (client.download_model(BASE, folder, revision=old) / "config.json").read_bytes()
    assert b'{"new": 1}' == (client.download_model(BASE, folder) / "config.json").read_bytes()


def test_without_a_hub_what_is_there_is_given(hub, client, make_client, folder):
    """A downloaded model needs no hub, and huggingface_hub's own tools find it too."""
    online = client.download_model(BASE, folder)
    hub.stop()

    assert online == make_client(retries=0).download_model(BASE, folder)
    assert online == make_client(offline=True).download_model(BASE, folder)


def test_without_a_hub_half_a_model_is_an_error(hub, client, make_client, folder):
    """A partial download isn't passed off as the whole."""
    client.download_model(BASE, folder, allow_patterns="*.json")
    hub.stop()
    with pytest.raises(TransferError, match=r"not whole|incomplete.*model\.safetensors"):
        make_client(offline=True).download_model(BASE, folder)


def test_truncated_file_is_fetched_again(client, folder, caplog):
    """A file of the wrong size heals itself."""
    path = client.download_model(BASE, folder)
    (path / "model.safetensors").resolve().write_bytes(b"short")
    caplog.set_level(logging.WARNING)
    again = client.download_model(BASE, folder)

    assert 10 == (again / "model.safetensors").stat().st_size
    assert "wrong size" in caplog.text


def test_never_downloaded_and_no_hub(hub, make_client, folder):
    """Offline it is a RuntimeError that says so; unreachable it is what went wrong."""
    hub.stop()
    with pytest.raises(TransferError, match="not here"):
        make_client(offline=True).download_model(BASE, folder)
    with pytest.raises(TransportError, match="refused"):
        make_client(retries=0).download_model(BASE, folder)


def test_missing_model(client, folder):
    """A missing model is a FileNotFoundError, a missing revision isn't a missing model."""
    with pytest.raises(FileNotFoundError) as missing:
        client.download_model("no/such", folder)
    with pytest.raises(RevisionNotFoundError):
        client.download_model(BASE, folder, revision="nope")

    assert isinstance(missing.value, RepoNotFoundError)
    assert not folder.exists()


def test_private_files_stay_with_their_readers(make_client, alice, bob, folder):
    """What alice downloaded isn't handed to bob from the same folder."""
    make_client(token=alice).download_model("alice/secret", folder)

    for token in (bob, None):
        with pytest.raises(RepoNotFoundError):
            make_client(token=token).download_model("alice/secret", folder)


def test_gated_files(hub, make_client, alice, bob, folder):
    """A gated model needs access, whoever asks."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="manual")
    for token in (bob, None):
        with pytest.raises(GatedRepoError, match="gated"):
            make_client(token=token).download_model("alice/gated", folder)
    hub.grant("alice/gated", "bob")

    assert (make_client(token=bob).download_model("alice/gated", folder) / "config.json").exists()


def test_file_in_place_of_the_folder(client, hub, tmp_path):
    """A file where a folder is needed is refused before any request."""
    (tmp_path / "file").write_text("")
    hub.reset_counts()
    with pytest.raises(LocalPathError, match="cache_dir"):
        client.download_model(BASE, tmp_path / "file")

    assert 0 == hub.total_requests
