"""What this process changes at the Hub it doesn't find in the cache afterwards."""

from __future__ import annotations

import threading
import time

import attrs
import pytest
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from hubkit import HubClient
from hubkit.interop import cached

CHANGES = {
    "upload": lambda api: api.upload_file(
        path_or_fileobj=b"x", path_in_repo="new.txt", repo_id="alice/mine", commit_message="x"
    ),
    "delete a file": lambda api: api.delete_file("config.json", "alice/mine"),
    "settings": lambda api: api.update_repo_settings("alice/mine", private=True),
    "branch": lambda api: api.create_branch("alice/mine", branch="dev"),
    "tag": lambda api: api.create_tag("alice/mine", tag="v1"),
    "move": lambda api: api.move_repo("alice/mine", "alice/moved"),
    "delete": lambda api: api.delete_repo("alice/mine"),
}


def seen(api):
    """All that a program would look at."""

    def told(read):
        try:
            return repr(read())
        except (HfHubHTTPError, RepositoryNotFoundError) as error:
            return type(error).__name__

    name = "alice/mine"
    return [
        told(lambda: api.model_info(name)),
        told(lambda: api.list_repo_files(name)),
        told(lambda: api.list_repo_refs(name)),
        told(lambda: api.list_repo_commits(name)),
        told(lambda: api.file_exists(name, "new.txt")),
        told(lambda: api.file_exists(name, "config.json")),
        told(lambda: [model.id for model in api.list_models(author="alice")]),
    ]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_are_seen_at_once(hub, api, request, change):
    """After each kind of write the process is told what the Hub would tell it."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    request.getfixturevalue("beneath")
    seen(api)
    change(api)
    through = seen(api)
    again = seen(api)
    from hubkit.interop import uninstall

    uninstall()

    assert seen(api) == through == again


def test_changes_of_a_dataset_are_seen_at_once(hub, api, beneath):
    """A repository of another type is forgotten likewise, and a model of its name isn't."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    hub.add_repo("alice/mine", {"data.csv": b"1"}, repo_type="dataset")
    api.model_info("alice/mine")
    assert not api.file_exists("alice/mine", "new.csv", repo_type="dataset")
    api.upload_file(path_or_fileobj=b"2", path_in_repo="new.csv", repo_id="alice/mine", repo_type="dataset")
    names = api.list_repo_files("alice/mine", repo_type="dataset")
    hub.reset_counts()
    api.model_info("alice/mine")

    assert {"data.csv", "new.csv"} <= set(names)
    assert 0 == hub.total_requests


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_are_seen_where_nothing_may_be_written(hub, api, config, change):
    """In read-only mode the outdated answers stay for others, and this process passes them over."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    with cached(config):
        seen(api)
    with cached(attrs.evolve(config, cache_mode="read-only")):
        change(api)
        through = seen(api)

    assert seen(api) == through


def test_what_was_asked_before_a_change_is_no_answer_after_it(hub, api, config):
    """Neither to who joins the question, nor to who asks later."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    hub.fail("model_info", status=200, body={"id": "alice/mine", "private": False, "gated": False}, delay=1.0)
    with cached(config):
        thread = threading.Thread(target=api.model_info, args=("alice/mine",))
        thread.start()
        # Requests are counted as they are answered: nothing tells that one is on its way.
        time.sleep(0.4)
        api.update_repo_settings("alice/mine", gated="auto")
        joined = api.model_info("alice/mine").gated
        thread.join()
        later = api.model_info("alice/mine").gated

    assert ("auto", "auto") == (joined, later)


def test_what_was_missing_and_is_made(hub, api, beneath):
    """A repository that this process makes is there, whatever it was told before."""
    assert not api.repo_exists("alice/late")
    api.create_repo("alice/late")

    assert api.repo_exists("alice/late")


def test_refused_change_drops_nothing(hub, api, bob, beneath):
    """What the Hub refuses changes nothing."""
    api.model_info("org/model")
    with pytest.raises(Exception, match="403"):
        api.create_tag("org/model", tag="v1")
    hub.reset_counts()
    api.model_info("org/model")

    assert 0 == hub.total_requests


def test_other_repositories_stay(hub, api, beneath):
    """Only what was written to is forgotten; a name that begins alike is another."""
    for name in ("alice/mine", "alice/mine2"):
        hub.add_repo(name, {"config.json": b"{}"})
        api.model_info(name)
    CHANGES["upload"](api)
    hub.reset_counts()
    api.model_info("alice/mine2")

    assert 0 == hub.total_requests


def test_what_a_client_changes(hub, api, alice, config, clock, beneath):
    """What a HubClient changes huggingface_hub is told of at once, and the other way round."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    with HubClient(attrs.evolve(config, endpoint=hub.endpoint, token=alice), clock=clock) as client:
        shown = [branch.name for branch in api.list_repo_refs("alice/mine").branches]
        client.repos.create_branch("alice/mine", "dev")
        then = [branch.name for branch in api.list_repo_refs("alice/mine").branches]
        client.require_model_metadata("alice/mine", revision="main")
        made = api.upload_file(
            path_or_fileobj=b"x", path_in_repo="new.txt", repo_id="alice/mine", commit_message="x"
        )

    with HubClient(attrs.evolve(config, endpoint=hub.endpoint, token=alice), clock=clock) as client:
        assert (["main"], {"main", "dev"}) == (shown, set(then))
        assert made.oid == client.require_model_metadata("alice/mine", revision="main").sha


def test_what_a_client_changes_is_seen_beneath_huggingface_hub(hub, api, alice, config):
    """A `HubClient` over the same cache removes what huggingface_hub was told, of datasets too."""
    for repo_type in ("model", "dataset"):
        hub.add_repo("alice/mine", {"config.json": b"{}"}, repo_type=repo_type)
    with cached(config), HubClient(attrs.evolve(config, endpoint=hub.endpoint, token=alice)) as client:
        before = [api.repo_exists("alice/mine", repo_type=kind) for kind in ("model", "dataset")]
        for kind in ("model", "dataset"):
            client.repos.delete("alice/mine", repo_type=kind)
        after = [api.repo_exists("alice/mine", repo_type=kind) for kind in ("model", "dataset")]

    assert ([True, True], [False, False]) == (before, after)
