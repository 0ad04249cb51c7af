"""Disks without room, or without names for further files."""

from __future__ import annotations

import logging

import pytest
from mounts import fill

from hubkit import HubClient, HubConfig, InsufficientSpaceError
from hubkit.testing import FakeClock

pytestmark = pytest.mark.fault("disk full, inodes full")

URLS = {"file": "file://{}/files", "sqlite": "sqlite://{}/cache.db"}
LACKS = {"bytes": {"inodes": False}, "names": {"inodes": True}}


@pytest.fixture
def disk(mounts, tmp_path):
    """A small file system."""
    return mounts.small(tmp_path / "disk")


def warnings(done):
    """The lines that a process printed beside its answer."""
    return done.stderr.splitlines()


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("known", [False, True], ids=["absent", "present"])
def test_program(disk, run_hubkit, kind, lack, known, tell):
    """On a full disk the program answers with one warning at most, and once there is room it stores again."""
    cache = {"HUBKIT_CACHE": URLS[kind].format(disk)}
    if known:
        run_hubkit("license", "alice/open", **cache)
    make_room = fill(disk, **LACKS[lack])
    full = [run_hubkit("license", "alice/open", **cache) for _ in range(2)]
    # The answer must be worth storing anew.
    full.append(run_hubkit("license", "alice/open", HUBKIT_TTL="0", **cache))
    make_room()
    roomy = run_hubkit("license", "alice/open", **cache)
    offline = run_hubkit("--offline", "license", "alice/open", **cache)
    tell("programs on a full disk", len(full))

    assert [(0, "mit\n")] * 3 == [(done.returncode, done.stdout) for done in full]
    # What is known needn't be written.
    assert all(len(warnings(done)) <= 1 if known else len(warnings(done)) == 1 for done in full), full
    assert [(0, "mit\n", "")] * 2 == [(d.returncode, d.stdout, d.stderr) for d in (roomy, offline)]


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("kind", URLS)
def test_client(disk, hub, kind, lack, caplog, tell):
    """A client that stays is warned once, answers from what it has, and writes again when there is room."""
    clock = FakeClock()
    config = HubConfig(
        endpoint=hub.endpoint, cache=URLS[kind].format(disk), progress=False, memory_entries=0, ttl="30d"
    )
    for number in range(8):
        hub.add_repo(f"alice/model-{number}", {"README.md": b"---\nlicense: mit\n---\n"})
    with HubClient(config, clock=clock) as client, caplog.at_level(logging.WARNING, "hubkit"):
        client.get_model_metadata("alice/open")
        make_room = fill(disk, **LACKS[lack])
        full = [client.require_model_metadata(f"alice/model-{number}").license for number in range(8)]
        told = len(caplog.records)
        hub.reset_counts()
        before = client.require_model_metadata("alice/open").license, hub.total_requests
        make_room()
        clock.advance(seconds=11.0)
        client.get_model_metadata("alice/model-7")
        hub.reset_counts()
        again = client.require_model_metadata("alice/model-7").license, hub.total_requests
    tell("questions on a full disk", 9)

    assert ["mit"] * 8 == full
    assert told <= 1
    assert ("mit", 0) == before
    assert ("mit", 0) == again


@pytest.mark.parametrize("kind", URLS)
def test_filling_up(disk, hub, kind, caplog, tell):
    """A cache that is allowed more than the disk holds fills it, and goes on answering right."""
    config = HubConfig(endpoint=hub.endpoint, cache=URLS[kind].format(disk), progress=False, memory_entries=0)
    names = [f"alice/large-{number}" for number in range(40)]
    for name in names:
        hub.add_repo(name, {f"{'x' * 100}-{part}.bin": b"x" for part in range(300)})
    with HubClient(config) as client, caplog.at_level(logging.WARNING, "hubkit"):
        found = [len(client.require_model_metadata(name).siblings) for name in names * 2]
    tell("answers, more than fit", len(found))

    assert {300, 301} >= set(found)
    assert len(caplog.records) <= 1


# What huggingface_hub tries first where a disk is new to it may be the first to find no room.
@pytest.mark.filterwarnings("ignore:.*symlinks", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("size", "inodes"), [("1m", 12), ("64k", 200)], ids=["names", "bytes"])
def test_download(mounts, hub, make_client, tmp_path, size, inodes, tell):
    """A download that finds no room, at once or under way, says so in an error of its own; given room it goes on."""
    hub.add_repo("alice/files", {f"{number}.bin": bytes([number]) * 10_000 for number in range(12)})
    place = mounts.small(tmp_path / "place", size=size, inodes=inodes)
    client = make_client(hub.endpoint, cache="memory://")
    with pytest.raises(InsufficientSpaceError) as caught:
        client.download_model("alice/files", place)
    mounts.enlarge(place, size="4m", inodes=400)
    path = client.download_model("alice/files", place)
    tell("downloads to a full disk")

    assert caught.value.message.startswith(
        "alice/files: 12" if size == "64k" else "download of alice/files failed: "
    )
    assert 12 == len(list(path.glob("*.bin")))
