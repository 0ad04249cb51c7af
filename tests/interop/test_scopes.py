"""Who may read a reply: nobody reads another's private repository, and the fleet reads what is public."""

from __future__ import annotations

import itertools

import pytest
from huggingface_hub import HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError

from hubkit import HubClient, HubConfig
from hubkit.cache import open_backend
from hubkit.interop import cached

READS = {
    "info": lambda api, name: api.model_info(name).id,
    "info with sizes": lambda api, name: api.model_info(name, files_metadata=True).id,
    "tree": lambda api, name: api.list_repo_files(name),
    "refs": lambda api, name: str(api.list_repo_refs(name)),
    "commits": lambda api, name: str(api.list_repo_commits(name)),
    "paths": lambda api, name: str(api.get_paths_info(name, ["config.json"])),
    "file": lambda api, name: api.file_exists(name, "config.json"),
    "list": lambda api, name: sorted(model.id for model in api.list_models()),
}


@pytest.fixture
def people(hub, alice, bob):
    """Three tokens and none, and private models of two of them."""
    hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    hub.add_repo("bob/secret", {"config.json": b"{}"}, private=True)
    hub.add_repo("org/gated", {"config.json": b"{}"}, gated="auto")
    hub.grant("org/gated", "alice")
    return {"alice": alice, "bob": bob, "carol": hub.add_user("carol"), "nobody": False}


def told(hub, token, read, name):
    """What a caller gets; the status of a refusal."""
    try:
        return read(HfApi(endpoint=hub.endpoint, token=token), name)
    except HfHubHTTPError as error:
        return error.response.status_code
    except get_session.__globals__["_DEFAULT_RETRY_ON_EXCEPTIONS"]:
        return "out of reach"


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("writer", ["alice", "bob", "carol", "nobody"])
def test_each_is_told_what_the_hub_would_tell(hub, people, read, writer, tmp_path):
    """After one caller has filled the cache the others get, of each repository, what they would get without it."""
    names = ["org/model", "alice/secret", "bob/secret", "org/gated", "org/none"]
    asked = list(itertools.product(people, names))
    truth = [told(hub, people[who], read, name) for who, name in asked]
    with cached(HubConfig(cache=f"sqlite://{tmp_path}/c.db")):
        for name in names:
            told(hub, people[writer], read, name)
        found = [told(hub, people[who], read, name) for who, name in asked]

    assert dict(zip(asked, truth, strict=True)) == dict(zip(asked, found, strict=True))


@pytest.mark.parametrize("read", [READS[name] for name in ("info", "info with sizes", "refs", "paths")])
def test_nobody_reads_anothers_without_a_network(hub, people, read, tmp_path):
    """The hub stopped: the owner goes on, all others are refused."""
    with cached(HubConfig(cache=f"sqlite://{tmp_path}/c.db", deadline=1.0)):
        mine = told(hub, people["alice"], read, "alice/secret")
        hub.stop()
        assert mine == told(hub, people["alice"], read, "alice/secret")
        for who in ("bob", "carol", "nobody"):
            assert "out of reach" == told(hub, people[who], read, "alice/secret")


def test_gated_files_stay_their_readers_own(hub, people, beneath):
    """That one was granted access doesn't open the files to others, cached as they may be."""
    file = READS["file"]
    assert told(hub, people["alice"], file, "org/gated")
    assert told(hub, people["alice"], READS["info"], "org/gated")

    assert told(hub, people["alice"], file, "org/gated")
    with pytest.raises(HfHubHTTPError, match="403"):
        HfApi(endpoint=hub.endpoint, token=people["bob"]).get_hf_file_metadata(
            url=f"{hub.endpoint}/org/gated/resolve/main/config.json"
        )


def test_fleet_with_many_tokens_asks_once(hub, people, redis_server):
    """Over Redis alone, files of a public model are asked for once, whosever token asks; private ones never get there."""
    config = HubConfig(cache=f"{redis_server.url}")
    with cached(config):
        for who in ("alice", "bob", "carol"):
            api = HfApi(endpoint=hub.endpoint, token=people[who])
            assert api.file_exists("org/model", "config.json")
            api.list_repo_files("org/model", revision="main")
        requests = dict(hub.requests)
        told(hub, people["alice"], READS["file"], "alice/secret")
        told(hub, people["alice"], READS["info"], "alice/secret")
    keys = list(open_backend(redis_server.url).keys())

    # Once it was asked who may read about the model.
    assert 1 == requests["resolve_head"]
    assert requests["model_info"] <= 2
    assert [] == [key for key in keys if "secret" in key or "token-" in key]


def test_what_hubclient_knows_opens_files_to_the_fleet(hub, people, redis_server):
    """Metadata that `hubkit cache warm` brought spares the question who may read about a model."""
    config = HubConfig(cache=redis_server.url, endpoint=hub.endpoint)
    with HubClient(config) as client:
        client.get_model_metadata("org/model")
    hub.reset_counts()
    with cached(config):
        for who in ("alice", "bob"):
            assert HfApi(endpoint=hub.endpoint, token=people[who]).file_exists("org/model", "sub/vocab.txt")

    assert {"resolve_head": 1} == dict(hub.requests)


def test_made_private(hub, people, beneath, clock):
    """Once its owner has learned that a model is private now, others are told nothing of what was public."""
    alice = HfApi(endpoint=hub.endpoint, token=people["alice"])
    hub.add_repo("alice/open", {"config.json": b"{}"})
    for who in people:
        assert told(hub, people[who], READS["file"], "alice/open")
    told(hub, people["nobody"], READS["info"], "alice/open")
    alice.update_repo_settings("alice/open", private=True)
    alice.model_info("alice/open")

    assert told(hub, people["nobody"], READS["file"], "alice/open") is not True
    assert told(hub, people["bob"], READS["info"], "alice/open") != "alice/open"
