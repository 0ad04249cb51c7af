"""What is here, what isn't, and whether there is room for it: told before anything is done."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from hubkit import GatedRepoError, InsufficientSpaceError, RepoNotFoundError, SnapshotStatus, TransferError
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._litter import sweep_dead_parts

MODEL = "alice/whole"
FILES = {"config.json": b'{"a": 1}', "model.safetensors": b"x" * 5000, "copy.safetensors": b"x" * 5000}
TOO_MUCH = 10**18


@pytest.fixture
def folder(tmp_path):
    """A snapshot cache of this test's own."""
    return tmp_path / "snapshots"


@pytest.fixture
def commit(hub):
    """The model on the hub."""
    return hub.add_repo(MODEL, FILES)


def test_before_the_first_download(hub, commit, client, folder):
    """Everything is missing; two files of the same contents are fetched as one."""
    hub.reset_counts()
    status = client.snapshot_status(MODEL, folder)

    assert isinstance(status, SnapshotStatus)
    assert not status.complete
    assert set(FILES) == set(status.missing)
    assert () == status.wrong
    assert commit == status.commit_hash
    assert folder / "models--alice--whole" / "snapshots" / commit == status.path
    assert status.size_bytes - 5000 == status.fetch_bytes
    assert abs(shutil.disk_usage(folder.parent).free - status.free_bytes) < 2**30
    assert {"model_info": 1} == hub.requests
    assert not folder.exists()


def test_after_a_download(commit, client, make_client, folder):
    """Nothing is missing, also without the Hub, and the path is the download's."""
    path = client.download_model(MODEL, folder)
    statuses = [each.snapshot_status(MODEL, folder) for each in (client, make_client(offline=True))]

    assert [(True, path, 0)] * 2 == [(each.complete, each.path, each.fetch_bytes) for each in statuses]


@pytest.mark.parametrize("offline", [False, True])
def test_of_half_a_model(hub, commit, client, make_client, folder, offline):
    """What another tool fetched isn't passed off as the whole, and what it lacks is named."""
    client.get_model_metadata(MODEL)
    hf_hub_download(MODEL, "config.json", endpoint=hub.endpoint, cache_dir=folder, token=False)
    status = make_client(offline=offline).snapshot_status(MODEL, folder)

    assert {"model.safetensors", "copy.safetensors"} == set(status.missing)
    assert 5000 == status.fetch_bytes


def test_of_a_part_that_was_asked_for(commit, client, folder):
    """With the same patterns a partial download is complete, and without them it isn't."""
    client.download_model(MODEL, folder, allow_patterns="*.json")

    assert client.snapshot_status(MODEL, folder, allow_patterns="*.json").complete
    assert not client.snapshot_status(MODEL, folder).complete


def test_blobs_of_another_commit_are_here_already(hub, commit, client, folder):
    """A new commit costs only what is new in it."""
    client.download_model(MODEL, folder)
    hub.commit(MODEL, {"config.json": b'{"a": 123}'})
    status = client.snapshot_status(MODEL, folder)

    assert 10 == status.fetch_bytes
    assert 3 == len(status.missing)


def test_a_model_without_files(hub, client, folder):
    """There is nothing to fetch, and the folder is there."""
    hub.fail("model_info", status=200, body={"id": "acme/empty", "private": False, "sha": "a" * 40})
    path = client.download_model("acme/empty", folder)

    assert path.is_dir()
    assert [] == list(path.iterdir())


def test_another_s_models(hub, make_client, alice, bob, folder):
    """Who may not have the files isn't told what is here of them."""
    hub.add_repo("alice/gated", FILES, gated="manual")
    for model in ("alice/secret", "alice/gated"):
        make_client(token=alice).download_model(model, folder)

    with pytest.raises(RepoNotFoundError):
        make_client(token=bob).snapshot_status("alice/secret", folder)
    with pytest.raises(GatedRepoError):
        make_client(token=bob).snapshot_status("alice/gated", folder)
    for model in ("alice/secret", "alice/gated"):
        with pytest.raises(TransferError, match="known to be allowed"):
            make_client(token=bob, offline=True).snapshot_status(model, folder)


def test_a_disk_that_is_too_full(hub, client, folder):
    """One error with both numbers, before a byte is fetched."""
    files = [{"rfilename": name, "size": TOO_MUCH, "blobId": name[0] * 40} for name in ("a.bin", "b.bin")]
    hub.add_model({"id": "acme/huge", "private": False, "sha": "a" * 40, "siblings": files})
    hub.reset_counts()
    with pytest.raises(InsufficientSpaceError, match=r"2,000,000,000,000,000,000 bytes .* [\d,]+ are free"):
        client.download_model("acme/huge", folder)

    assert {"model_info": 1} == hub.requests
    assert not folder.exists()


def test_a_full_disk_holds_what_is_here(commit, client, folder):
    """What needs no room needs no room: a model that is whole is handed out."""
    path = client.download_model(MODEL, folder)
    status = client.snapshot_status(MODEL, folder)

    assert 0 == status.fetch_bytes
    assert path == client.download_model(MODEL, folder)


def test_other_tools_find_a_download(hub, commit, client, folder):
    """By the branch, without the Hub, and not before all of it is there."""
    hub.fail("resolve_get", status=403, times=1)
    with pytest.raises(Exception, match="403"):
        client.download_model(MODEL, folder)

    assert not list(folder.rglob("refs/main"))

    path = client.download_model(MODEL, folder)

    assert str(path) == snapshot_download(MODEL, cache_dir=folder, local_files_only=True)


def test_a_tag_is_found_too(hub, commit, make_client, alice, folder):
    """Names with a slash are folders of `refs`, as other tools have them."""
    writer = make_client(token=alice)
    writer.repos.create_branch(MODEL, "feature/x")
    path = writer.download_model(MODEL, folder, revision="feature/x")

    assert commit == (folder / "models--alice--whole" / "refs" / "feature" / "x").read_text()
    assert str(path) == snapshot_download(
        MODEL, revision="feature/x", cache_dir=folder, local_files_only=True
    )


def test_a_folder_that_can_not_be_written(commit, client, folder):
    """What is whole is handed out all the same; other tools then find it by its commit alone."""
    path = client.download_model(MODEL, folder)
    refs = folder / "models--alice--whole" / "refs"
    shutil.rmtree(refs)
    refs.write_text("in the way")

    assert path == client.download_model(MODEL, folder)


HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_part_that_somebody_works_on_is_left_alone(tmp_path):
    """However old it looks: its lock is held by another process."""
    repo = RepoFolder(tmp_path, "models--a--b")
    blob_id = "a" * 64
    part = repo.blobs / f"{blob_id}.0123abcd.incomplete"
    resumable = repo.blobs / f"{blob_id}.incomplete"
    repo.lock(blob_id).parent.mkdir(parents=True)
    repo.blobs.mkdir(parents=True)
    for path in (part, resumable):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    command = [sys.executable, "-c", HOLD, str(repo.lock(blob_id))]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    other.stdout.readline()
    sweep_dead_parts(repo, now=10.0**9)

    assert part.exists()

    other.communicate("\n")
    sweep_dead_parts(repo, now=10.0**9)

    assert [resumable] == list(repo.blobs.iterdir())


def test_damage_is_logged(commit, client, folder, caplog):
    """Who looks into the log learns that a file had to come again."""
    caplog.set_level(logging.WARNING)
    path = client.download_model(MODEL, folder)
    Path(path / "config.json").resolve().write_bytes(b'{"a": 2}')
    client.download_model(MODEL, folder, verify=True)

    assert "fetching again what has the wrong size or contents: config.json" in caplog.text
