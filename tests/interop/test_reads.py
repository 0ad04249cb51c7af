"""Every read of `HfApi` gives the same object when asked, when cached, and when the Hub is away."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import (
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

READS = {
    "model_info": lambda api: api.model_info("org/model"),
    "model_info with sizes": lambda api: api.model_info("org/model", files_metadata=True),
    "model_info of a branch": lambda api: api.model_info("org/model", revision="main"),
    "model_info, some fields": lambda api: api.model_info("org/model", expand=["downloads", "sha"]),
    "dataset_info": lambda api: api.dataset_info("org/data"),
    "space_info": lambda api: api.space_info("org/space"),
    "repo_info": lambda api: api.repo_info("org/data", repo_type="dataset"),
    "repo_exists": lambda api: api.repo_exists("org/model"),
    "revision_exists": lambda api: api.revision_exists("org/model", "main"),
    "file_exists": lambda api: api.file_exists("org/model", "config.json"),
    "no repo_exists": lambda api: api.repo_exists("org/none"),
    "no revision_exists": lambda api: api.revision_exists("org/model", "none"),
    "no file_exists": lambda api: api.file_exists("org/model", "none.json"),
    "list_models": lambda api: list(api.list_models(search="mod")),
    "list_datasets": lambda api: list(api.list_datasets(author="org")),
    "list_spaces": lambda api: list(api.list_spaces()),
    "list_repo_tree": lambda api: list(api.list_repo_tree("org/model", recursive=True)),
    "list_repo_tree of a folder": lambda api: list(api.list_repo_tree("org/model", "sub")),
    "list_repo_files": lambda api: api.list_repo_files("org/model"),
    "list_repo_refs": lambda api: api.list_repo_refs("org/model"),
    "list_repo_commits": lambda api: api.list_repo_commits("org/model"),
    "get_paths_info": lambda api: api.get_paths_info("org/model", ["config.json", "sub"]),
    "get_hf_file_metadata": lambda api: api.get_hf_file_metadata(
        url=f"{api.endpoint}/org/model/resolve/main/model.safetensors"
    ),
}


def shown(value):
    """All that a program can see of an answer."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    return repr(value)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_same_object_asked_cached_and_offline(hub, api, beneath, monkeypatch, read):
    """Asked once; then no request is made, with the hub there, with it gone, and with HF_HUB_OFFLINE."""
    asked = shown(read(api))
    requests = hub.total_requests
    cached = shown(read(api))

    assert requests == hub.total_requests > 0
    hub.stop()
    gone = shown(read(api))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    offline = shown(read(api))
    assert [asked] * 3 == [cached, gone, offline]


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_same_object_as_without_hubkit(hub, alice, request, read):
    """What comes through the cache, asked and cached, is what huggingface_hub gets by itself."""
    api = HfApi(endpoint=hub.endpoint, token=alice)
    bare = _told(read, api)
    request.getfixturevalue("beneath")

    assert [bare] * 2 == [_told(read, api), _told(read, api)]


def _told(read, api):
    # A file's address is that of its commit, where huggingface_hub would ask the branch again.
    return str(shown(read(api))).replace("/resolve/main/", f"/resolve/{api.model_info('org/model').sha}/")


@pytest.mark.parametrize(
    ("error", "read"),
    [
        (RepositoryNotFoundError, lambda api: api.model_info("org/none")),
        (RevisionNotFoundError, lambda api: api.model_info("org/model", revision="none")),
        (RepositoryNotFoundError, lambda api: api.list_repo_files("org/none")),
    ],
)
def test_same_error_asked_and_cached(hub, api, beneath, error, read):
    """That there is nothing is remembered too, and told in the same words."""
    said = []
    for _ in range(2):
        with pytest.raises(error) as caught:
            read(api)
        said.append(type(caught.value))
        requests = hub.total_requests

    assert said[0] is said[1]
    assert requests == hub.total_requests
    assert hub.total_requests <= 1


def test_nothing_is_not_believed_for_long(hub, api, beneath, clock):
    """What appears is seen five minutes later."""
    assert not api.repo_exists("org/late")
    hub.add_repo("org/late", {})
    assert not api.repo_exists("org/late")
    clock.advance(seconds=301.0)

    assert api.repo_exists("org/late")


def test_asked_again_after_a_day(hub, api, beneath, clock):
    """The ttl holds as in HubClient."""
    api.model_info("org/model")
    clock.advance(hours=25)
    api.model_info("org/model")

    assert 2 == hub.requests["model_info"]


def test_expired_answer_is_confirmed_by_its_etag(hub, api, beneath, clock):
    """The second request earns a 304, and the answer counts as new."""
    api.model_info("org/model")
    clock.advance(hours=25)
    info = api.model_info("org/model")
    api.model_info("org/model")

    assert [200, 304] == [record.status for record in hub.log]
    assert "org/model" == info.id


def test_of_a_commit_nothing_expires(hub, api, beneath, clock):
    """Information, tree and files of a commit are good for as long as anything is kept."""
    commit = api.model_info("org/model").sha
    read = [
        lambda: api.model_info("org/model", revision=commit),
        lambda: list(api.list_repo_tree("org/model", revision=commit)),
        lambda: api.file_exists("org/model", "config.json", revision=commit),
        lambda: api.file_exists("org/model", "none.json", revision=commit),
    ]
    before = [shown(each()) for each in read]
    requests = hub.total_requests
    clock.advance(hours=24 * 20)

    assert before == [shown(each()) for each in read]
    assert requests == hub.total_requests


def test_miss_offline_raises_what_programs_expect(hub, api, beneath, monkeypatch):
    """OfflineModeIsEnabled, whether the switch is huggingface_hub's or, in the next test, hubkit's."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(OfflineModeIsEnabled, match="org/model"):
        api.model_info("org/model")

    assert 0 == hub.total_requests
