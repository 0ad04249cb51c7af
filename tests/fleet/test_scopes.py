"""No scope reads another's: every writer, every reader, every question, every store."""

from __future__ import annotations

import itertools

import pytest

from hubkit import HubClient, HubConfig, HubkitError
from hubkit.testing import LocalHub

CALLERS = ["alice", "bob", "carol", "anonymous"]
OWNERS = CALLERS[:3]
SECRETS = [f"{owner}/secret" for owner in OWNERS]
STORES = [
    pytest.param("redis", marks=pytest.mark.redis),
    pytest.param("redis, private too", marks=pytest.mark.redis),
    "sqlite",
    "file",
]


@pytest.fixture(scope="module")
def hub():
    """A hub on which each of three users has a private model."""
    with LocalHub() as hub:
        hub.tokens = {owner: hub.add_user(owner) for owner in OWNERS} | {"anonymous": None}
        hub.commits = {
            name: hub.add_repo(name, {"config.json": name.encode()}, private=True) for name in SECRETS
        }
        yield hub


@pytest.fixture(scope="module")
def make_client(request, hub, tmp_path_factory):
    """Builds a caller's client over the store of a kind where another has left answers, or everybody, or nobody."""
    folder = tmp_path_factory.mktemp("scopes")

    def make(kind, writer, caller, **settings):
        private_too = "private" in kind
        if kind in {"sqlite", "file"}:
            cache = f"{kind}://{folder}/{kind}-{writer}"
        else:
            server = request.getfixturevalue("redis_server")
            database = 1 + [*CALLERS, "everybody", None].index(writer) + 6 * private_too
            cache = f"redis://127.0.0.1:{server.port}/{database}"
        config = HubConfig(
            endpoint=hub.endpoint,
            cache=cache,
            token=hub.tokens[caller],
            share_private=private_too,
            memory_entries=0,
            **settings,
        )
        return HubClient(config)

    return make


def questions(hub):
    """Every kind of question, about every private model and about what there is none of."""
    asked = {}
    for name in SECRETS:
        commit = hub.commits[name]
        asked |= {
            f"model {name}": lambda client, name=name: client.require_model_metadata(name),
            f"commit {name}": lambda client, name=name, commit=commit: client.require_model_metadata(
                name, revision=commit
            ),
            f"no revision {name}": lambda client, name=name: client.require_model_metadata(
                name, revision="none"
            ),
            f"recall {name}": lambda client, name=name: client.recall_metadata(name),
            f"cache {name}": lambda client, name=name: client.cache.get(name),
        }
    return asked | {
        "no model": lambda client: client.require_model_metadata("nobody/nothing"),
        "many": lambda client: client.get_many_metadata([*SECRETS, "nobody/nothing"]),
        "search": lambda client: client.search_models("secret"),
        "search of an owner": lambda client: client.search_models(author="alice"),
        "all that is cached": lambda client: client.cache.get_all_cached(),
    }


def heard(hub, client, question):
    """What a client is told, in a form that can be compared, and how often the Hub was asked for it."""
    hub.reset_counts()
    with client:
        try:
            answer = question(client)
        except HubkitError as error:
            told = type(error).__name__
        else:
            told = _names(answer)
    return told, hub.total_requests


def _names(answer):
    if isinstance(answer, dict):
        return {name: _names(model) for name, model in answer.items()}
    if isinstance(answer, list):
        return sorted(model.model_id for model in answer)
    return answer and answer.model_id


@pytest.fixture(scope="module")
def told(hub, make_client):
    """What a caller is told in a store where another, or nobody, has asked everything before."""
    full = set()
    known = {}

    def ask(kind, writer, reader, offline):
        if writer is not None and (kind, writer) not in full:
            full.add((kind, writer))
            for asker in CALLERS if writer == "everybody" else [writer]:
                for question in questions(hub).values():
                    heard(hub, make_client(kind, writer, asker), question)
        if (kind, writer, reader, offline) not in known:
            # Read-only, so that the next reader finds the store as this one did.
            known[kind, writer, reader, offline] = {
                name: heard(
                    hub, make_client(kind, writer, reader, offline=offline, cache_mode="read-only"), question
                )
                for name, question in questions(hub).items()
            }
        return known[kind, writer, reader, offline]

    return ask


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
@pytest.mark.parametrize(("writer", "reader"), list(itertools.permutations(CALLERS, 2)))
@pytest.mark.parametrize("kind", STORES)
def test_who_was_there_before_changes_nothing(told, kind, writer, reader, offline):
    """Of what is private a caller hears the same after another has asked everything as in an empty store."""
    assert told("file", None, reader, offline) == told(kind, writer, reader, offline)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", STORES)
def test_all_in_one_store(told, kind, caller):
    """Nobody takes away, or writes over, what is another's."""
    assert told(kind, caller, caller, True) == told(kind, "everybody", caller, True)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", STORES)
def test_who_has_asked_finds_it_all(told, kind, caller):
    """The stores of these tests are full of private answers, all but a Redis that gets none."""
    empty = told("file", None, caller, True)
    found = {name for name, answer in told(kind, caller, caller, True).items() if answer != empty[name]}
    expected = {f"{what} {name}" for what in ("model", "commit", "no revision") for name in SECRETS}
    expected.add("no model")
    if caller != "anonymous":
        expected |= {f"recall {caller}/secret", f"cache {caller}/secret"}
        expected |= {"many", "search", "all that is cached"}
    if caller == "alice":
        expected.add("search of an owner")

    assert (set() if kind == "redis" else expected) == found
