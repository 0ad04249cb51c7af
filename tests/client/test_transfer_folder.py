"""Which files of a folder are uploaded, and which folders are refused."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubkit import InvalidArgumentError, LocalPathError
from hubkit._transfers._folder import files_of
from hubkit._transfers._request import UploadRequest
from hubkit._transfers._tokens import TokenSearch

NO_TOKEN = TokenSearch(None)

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither pipes in folders nor such modes")


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token."""
    return make_client(token=alice)


@pytest.fixture
def folder(adapters, tmp_path):
    """A copy of an adapter, to which a test may add."""
    target = tmp_path / "adapter"
    shutil.copytree(adapters / "lora-causal-lm", target)
    return target


@pytest.fixture
def open_folder():
    """A folder that every user of the machine may enter."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    for each in path.rglob("*"):
        each.chmod(0o700)
    shutil.rmtree(path)


@contextmanager
def without_privileges():
    """As a user who may read no more than modes allow."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def names(folder):
    """What would be uploaded."""
    return [path.relative_to(folder).as_posix() for path in files_of(folder, NO_TOKEN)]


def make_pipe(path):
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def make_socket(path):
    """A socket that nobody listens to."""
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as each:
            each.bind(path.name)
    finally:
        os.chdir(here)


@posix
@pytest.mark.parametrize("make", [make_pipe, make_socket])
@pytest.mark.parametrize("name", ["odd", "README.md", "adapter_config.json"])
def test_special_files_are_refused(hub, writer, folder, make, name):
    """They are named at once, instead of being waited for."""
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    hub.reset_counts()
    with pytest.raises(LocalPathError, match=f"'{name}' is not a regular file"):
        writer.upload_artifact(folder, {"repo_id": "alice/x"})

    assert 0 == hub.total_requests


@posix
def test_links_out_of_the_folder_are_refused(hub, writer, folder, tmp_path):
    """A file, folder or device elsewhere isn't uploaded because a link leads to it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_text("private")
    hub.reset_counts()
    for target in (tmp_path / "elsewhere/file", tmp_path / "elsewhere", "/dev/zero", "nowhere"):
        (folder / "link").symlink_to(target)
        with pytest.raises(LocalPathError, match="'link' is a link"):
            writer.upload_artifact(folder, {"repo_id": "alice/x"})
        (folder / "link").unlink()

    assert 0 == hub.total_requests


@posix
def test_links_within_the_folder(folder):
    """A link to a file of the folder is that file; one to a folder is refused, since it could be a circle."""
    (folder / "again.json").symlink_to("adapter_config.json")
    found = names(folder)
    (folder / "circle").symlink_to(".")
    with pytest.raises(LocalPathError, match="'circle' is a link to a folder in here"):
        names(folder)

    assert "again.json" in found


@posix
def test_snapshot_may_be_uploaded(writer, tmp_path):
    """A snapshot of the shared cache is made of links to its repository's blobs, and to no other's."""
    path = writer.download_model("alice/base", tmp_path / "hf")
    writer.upload_artifact(path, {"repo_id": "alice/copy"})
    copied = {file.rfilename for file in writer.repos.files("alice/copy")}
    secret = writer.download_model("alice/secret", tmp_path / "hf")
    (path / "stolen.json").symlink_to((secret / "config.json").resolve())
    with pytest.raises(LocalPathError, match=r"'stolen\.json' is a link that leads out"):
        writer.upload_artifact(path, {"repo_id": "alice/copy"})

    assert {"config.json", "model.safetensors", "README.md", ".gitattributes"} == copied


@posix
def test_unreadable_folders_and_files(open_folder):
    """What can't be read is an error, not an upload that lacks it."""
    (open_folder / "file").write_text("x")
    (open_folder / "sub").mkdir()
    (open_folder / "sub").chmod(0)
    with without_privileges(), pytest.raises(LocalPathError, match=r"sub.*can't be read"):
        names(open_folder)
    (open_folder / "sub").rmdir()
    (open_folder / "file").chmod(0)
    with without_privileges(), pytest.raises(LocalPathError, match="'file' can't be read"):
        names(open_folder)
    open_folder.chmod(0)
    with without_privileges(), pytest.raises(LocalPathError, match="can't be read"):
        UploadRequest.checked(open_folder, {"repo_id": "a/b"})
    with without_privileges(), pytest.raises(LocalPathError, match="can't be used"):
        UploadRequest.checked(open_folder / "sub", {"repo_id": "a/b"})

    assert stat.S_ISDIR(open_folder.stat().st_mode)
    open_folder.chmod(0o700)


def test_checkpoints_stay_here(folder, caplog):
    """Checkpoints of the run are left out with one warning, as by the Trainer's own push."""
    for name in ("checkpoint-10", "checkpoint-20"):
        (folder / name).mkdir()
        (folder / name / "optimizer.pt").write_bytes(b"x")
    found = names(folder)

    assert not [name for name in found if name.startswith("checkpoint")]
    assert ["checkpoint-10, checkpoint-20"] == [
        record.getMessage().partition(": ")[2]
        for record in caplog.records
        if "checkpoint" in record.getMessage()
    ]


def test_environment_files_stay_here(folder, caplog):
    """They are made to hold secrets, of whatever shape."""
    for name in (".env", ".env.local", "sub/.env"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("PASSWORD=x")
    found = names(folder)

    assert not [name for name in found if ".env" in name]
    assert 3 == caplog.text.count("hold secrets")


@posix
def test_names_that_the_hub_can_not_have(folder):
    """A name with a control character, or that isn't UTF-8, is refused before anything is sent."""
    for name in ("a\nb", os.fsdecode(b"\xff"), "back\\slash"):
        (folder / name).write_text("x")
        with pytest.raises(LocalPathError, match="no file on the Hub") as info:
            names(folder)
        (folder / name).unlink()
        assert str(info.value).isprintable()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a" * 5000, LocalPathError),
        ("a/" * 2500, LocalPathError),
        ("a\0b", LocalPathError),
        ("\ud800", LocalPathError),
        ("", LocalPathError),
        (5, InvalidArgumentError),
        (None, InvalidArgumentError),
        (b"adapter", InvalidArgumentError),
    ],
)
def test_bad_paths(hub, writer, path, kind):
    """One clear error that names the argument, before any request."""
    hub.reset_counts()
    with pytest.raises(kind, match="path") as info:
        writer.upload_artifact(path, {"repo_id": "alice/x"})

    assert 0 == hub.total_requests
    assert str(info.value).isprintable()
    assert 400 > len(str(info.value))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_model", 5),
        ("base_model", ["a/b"]),
        ("dataset", 5),
        ("dataset", ["a", 5]),
        ("dataset", b""),
        ("description", 5),
        ("training_config", [1]),
        ("training_config", "lr=1"),
        ("metrics", "0.9"),
        ("license", ["mit"]),
        ("tags", {"a"}),
        ("tags", b""),
        ("tags", [None]),
        ("language", 5),
        ("private", 1),
        ("private", "true"),
        ("revision", 5),
        ("commit_message", 5),
        ("commit_message", ""),
        ("commit_message", "\ud800"),
        ("create_pr", "no"),
        ("repo_id", 5),
    ],
)
def test_wrong_kinds(hub, writer, folder, key, value):
    """One clear error that names the key, before any request."""
    hub.reset_counts()
    with pytest.raises(InvalidArgumentError, match=key):
        writer.upload_artifact(folder, {"repo_id": "alice/x", key: value})

    assert 0 == hub.total_requests
