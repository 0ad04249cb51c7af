"""HEAD and GET agree: what is told of a branch is of one commit, and files are filed under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from hubkit import HubConfig
from hubkit.interop import cached

OLD = {"config.json": b'{"a": 1}', "model.safetensors": b"\0" * 20_000}
NEW = {"config.json": b'{"a": 2}', "model.safetensors": b"\1" * 20_000}


@pytest.fixture
def moving(hub):
    """A repository whose files keep their sizes when they change."""
    hub.add_repo("org/moving", OLD)
    return "org/moving"


def fetched(hub, name, folder, token):
    """What a job with an empty HF cache gets of each file, and the commit that it is filed under."""
    paths = [
        Path(hf_hub_download(name, path, endpoint=hub.endpoint, cache_dir=folder, token=token))
        for path in OLD
    ]
    return {path.name: path.read_bytes() for path in paths}, {path.parent.name for path in paths}


def test_branch_moves_between_two_jobs(hub, moving, alice, beneath, tmp_path):
    """Both jobs have empty HF caches; the second gets the old commit's bytes under the old commit."""
    first = fetched(hub, moving, tmp_path / "one", alice)
    hub.commit(moving, NEW)
    second = fetched(hub, moving, tmp_path / "two", alice)

    assert OLD == first[0]
    assert first == second
    assert 1 == len(first[1])


def test_branch_moves_between_head_and_get(hub, moving, alice, beneath, tmp_path, clock):
    """Not even the first job, which asks the Hub, files new bytes under the old commit."""
    with cached():
        old = fetched(hub, moving, tmp_path / "one", alice)
    hub.commit(moving, NEW)
    clock.advance(hours=25)
    new = fetched(hub, moving, tmp_path / "one", alice)

    assert (OLD, NEW) == (old[0], new[0])
    assert old[1].isdisjoint(new[1])


def test_files_of_a_branch_are_of_one_commit(hub, moving, alice, beneath, tmp_path):
    """A file that nobody asked for before the branch moved comes from where the others came from."""
    hf_hub_download(moving, "config.json", endpoint=hub.endpoint, cache_dir=tmp_path, token=alice)
    hub.commit(moving, NEW)
    contents, commits = fetched(hub, moving, tmp_path / "other", alice)

    assert OLD == contents
    assert 1 == len(commits)


def test_information_tells_where_the_branch_is(hub, moving, api, alice, beneath, tmp_path, clock):
    """Who asks for the model again after a day learns of the move, and so do files."""
    api.model_info(moving)
    hub.commit(moving, NEW)
    old = fetched(hub, moving, tmp_path / "one", alice)
    clock.advance(hours=25)
    moved = api.model_info(moving).sha
    new = fetched(hub, moving, tmp_path / "two", alice)

    assert (OLD, NEW) == (old[0], new[0])
    assert {moved} == new[1]


def test_snapshot_is_one_commit(hub, moving, alice, beneath, tmp_path):
    """`snapshot_download` after files of the same branch is of their commit."""
    _, commits = fetched(hub, moving, tmp_path / "one", alice)
    folder = snapshot_download(moving, endpoint=hub.endpoint, cache_dir=tmp_path / "two", token=alice)

    assert commits == {Path(folder).name}


def test_second_job_asks_for_bodies_only(hub, moving, alice, beneath, tmp_path):
    """With an empty HF cache a second job fetches the files, and asks nothing else."""
    fetched(hub, moving, tmp_path / "one", alice)
    hub.reset_counts()
    fetched(hub, moving, tmp_path / "two", alice)

    assert {"resolve_get": 2} == dict(hub.requests)


def test_warm_job_asks_nothing(hub, moving, alice, beneath, tmp_path):
    """With the HF cache warm there are no requests at all, and none is needed when the hub is gone."""
    first = fetched(hub, moving, tmp_path, alice)
    hub.reset_counts()
    second = fetched(hub, moving, tmp_path, alice)
    requests = hub.total_requests
    hub.stop()

    assert 0 == requests
    assert first == second == fetched(hub, moving, tmp_path, alice)


def test_renamed_repositories(hub, moving, api, alice, beneath, tmp_path):
    """The old name leads to the new one, asked and cached."""
    hub.rename(moving, "org/moved")
    first = fetched(hub, moving, tmp_path / "one", alice), api.model_info(moving).id
    hub.reset_counts()
    second = fetched(hub, moving, tmp_path / "two", alice), api.model_info(moving).id

    assert first == second
    assert "org/moved" == first[1]
    assert {"resolve_get"} == set(hub.requests)


def test_two_processes_share_by_sqlite(hub, moving, alice, tmp_path):
    """Another tier, another installation: what the first learned the second knows."""
    config = HubConfig(cache=f"sqlite://{tmp_path}/cache.db")
    for place in ("one", "two"):
        hub.reset_counts()
        with cached(config):
            fetched(hub, moving, tmp_path / place, alice)

    assert {"resolve_get": 2} == dict(hub.requests)
