"""Existence without a request: one list of a commit's files answers for all that it hasn't."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

from hubkit import HubConfig
from hubkit.interop import cached

MANY = [f"none-{number}.json" for number in range(20)]


def absent(api, name, revision=None):
    """How many of many files are said not to be there."""
    return sum(not api.file_exists(name, path, revision=revision) for path in MANY)


@pytest.mark.parametrize(
    "learn",
    [
        lambda api: api.model_info("org/model"),
        lambda api: api.model_info("org/model", files_metadata=True),
        lambda api: api.model_info("org/model", expand=["siblings", "sha", "gated"]),
        lambda api: api.list_repo_files("org/model", revision=api.model_info("org/model").sha),
    ],
    ids=["info", "sizes", "fields", "tree"],
)
def test_answered_from_a_list(hub, api, beneath, learn):
    """Whatever had the list of files in it, no HEAD of a missing file is sent after it."""
    learn(api)
    hub.reset_counts()

    assert len(MANY) == absent(api, "org/model")
    assert 0 == hub.total_requests


def test_nothing_is_kept_of_absence_where_nobody_wants_it(hub, api, tmp_path):
    """Without negative answers a repository is there as soon as somebody makes it."""
    config = HubConfig(cache=(tmp_path / "cache").as_uri(), negative_ttl=0)
    with cached(config):
        before = api.repo_exists("org/late")
        hub.add_repo("org/late", {})
        after = api.repo_exists("org/late")

    assert (False, True) == (before, after)


def test_folders(hub, api, beneath):
    """A tree of a folder that there isn't is answered likewise; one that there is, is asked for."""
    api.model_info("org/model")
    hub.reset_counts()
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree("org/model", "templates"))

    assert ["sub/vocab.txt"] == [item.path for item in api.list_repo_tree("org/model", "sub")]
    assert {"tree": 1} == dict(hub.requests)


def test_what_is_there_is_asked(hub, api, beneath):
    """That a file is there says nothing of its size and etag."""
    api.model_info("org/model")

    assert api.file_exists("org/model", "sub/vocab.txt")
    assert 1 == hub.requests["resolve_head"]


def test_same_error_as_the_hubs(hub, api, beneath, tmp_path):
    """The commit is told, and huggingface_hub remembers that there is no such file as it does without hubkit."""

    def told(place):
        with pytest.raises(EntryNotFoundError) as caught:
            hf_hub_download(
                "org/model", "none.json", endpoint=hub.endpoint, cache_dir=tmp_path / place, token=api.token
            )
        names = sorted(path.name for path in (tmp_path / place).rglob("*") if path.is_file())
        return type(caught.value), caught.value.response.headers["x-repo-commit"], names

    from hubkit.interop import uninstall

    api.model_info("org/model")
    hub.reset_counts()
    deduced = told("one")
    asked = hub.total_requests
    uninstall()

    assert told("two") == deduced
    assert "none.json" in deduced[2]
    assert 0 == asked


@pytest.mark.parametrize("token", ["alice", None])
def test_gated_files(hub, api, alice, beneath, token):
    """Who may not read the files isn't told which there are not; the Hub answers, in its own words."""
    hub.add_repo("org/gated", {"config.json": b"{}"}, gated="auto")
    gated = HfApi(endpoint=hub.endpoint, token=alice if token else False)
    gated.model_info("org/gated")
    list(gated.list_repo_tree("org/gated", recursive=True))
    with pytest.raises(HfHubHTTPError):
        gated.get_hf_file_metadata(url=f"{hub.endpoint}/org/gated/resolve/main/none.json")

    assert 1 == hub.requests["resolve_head"]


def test_large_repositories(hub, api, beneath):
    """A list so long that it may have been cut is not taken for whole."""
    hub.add_repo("org/large", {f"{number}.txt": b"" for number in range(1000)})
    api.model_info("org/large")

    assert not api.file_exists("org/large", "none.json")
    assert 1 == hub.requests["resolve_head"]


def test_private_lists_stay_private(hub, alice, bob, beneath):
    """What one has not got another may be asked for all the same."""
    hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    mine, other = (HfApi(endpoint=hub.endpoint, token=token) for token in (alice, bob))
    commit = mine.model_info("alice/secret").sha
    asked = len(MANY) - absent(mine, "alice/secret", commit), hub.requests["resolve_head"]
    absent(other, "alice/secret", commit)

    assert (0, 0) == asked
    assert 1 <= hub.requests["resolve_head"]


def test_new_files_of_a_branch(hub, api, beneath, clock):
    """A branch that has moved has another list."""
    api.model_info("org/model")
    assert not api.file_exists("org/model", "late.json")
    hub.commit("org/model", {"late.json": b"{}"})
    clock.advance(hours=25)

    assert api.file_exists("org/model", "late.json")


@pytest.mark.parametrize("who", ["with tokens", "anonymous"])
def test_fleet_asks_for_the_list_once(hub, redis_server, who):
    """Over Redis alone, where nobody's 404 is kept, the first that meets one brings the list for all."""
    hub.add_repo("org/fleet", {"config.json": b"{}"})
    tokens = [hub.add_user(name) if who == "with tokens" else False for name in ("carol", "dave", "erin")]
    for token in tokens:
        with cached(HubConfig(cache=redis_server.url)):
            assert len(MANY) == absent(HfApi(endpoint=hub.endpoint, token=token), "org/fleet")

    assert {"resolve_head": 1, "model_info": 1} == dict(hub.requests)


@pytest.mark.parametrize("first", ["repo", "revision"])
def test_both_names_of_the_main_branch(hub, api, beneath, first):
    """`repo_exists` and `revision_exists(…, "main")` are one question."""
    asked = [lambda: api.repo_exists("org/model"), lambda: api.revision_exists("org/model", "main")]
    found = [ask() for ask in (asked if first == "repo" else asked[::-1])]

    assert [True, True] == found
    assert 1 == hub.total_requests


def test_information_of_a_branch_that_moved(hub, api, beneath, clock):
    """What was said before is not said again once anybody has seen the branch elsewhere."""
    api.model_info("org/model")
    clock.advance(hours=12)
    moved = hub.commit("org/model", {"config.json": b"{}"})
    assert moved == api.model_info("org/model", files_metadata=True).sha

    assert moved == api.model_info("org/model").sha
