"""Arguments that can't be right: one clear error of ours, before any I/O."""

from __future__ import annotations

import pytest

from hubkit import ConfigError, HubClient, HubConfig, InvalidArgumentError, InvalidRefError, ModelCache
from hubkit.bundling import create_bundle
from hubkit.connector import HuggingFaceConnector
from hubkit.interop import install

BAD_IDS = [
    "",
    "../x",
    "a b",
    "a/b/c",
    "x" * 513,
    "a\x00b",
    "a\x1b[2J",
    "/a",
    "a/",
    ".",
    "..",
    "ä/b",
    3,
    None,
    ["a"],
]


@pytest.mark.parametrize("model_id", BAD_IDS)
@pytest.mark.parametrize(
    "verb",
    [
        lambda client, model_id: client.get_model_metadata(model_id),
        lambda client, model_id: client.require_model_metadata(model_id),
        lambda client, model_id: client.get_many_metadata([model_id]),
        lambda client, model_id: client.download_model(model_id),
        lambda client, model_id: client.check_license(model_id),
        lambda client, model_id: client.repos.exists(model_id),
    ],
)
def test_model_ids(hub, client, model_id, verb):
    """Every verb refuses them alike, and prints no control character."""
    hub.reset_counts()
    with pytest.raises(InvalidRefError) as info:
        verb(client, model_id)

    assert 0 == hub.total_requests
    assert str(info.value).isprintable()


@pytest.mark.parametrize("model_ids", [None, 3])
def test_lists_of_model_ids(client, model_ids):
    """What is no list is refused by name."""
    with pytest.raises(InvalidArgumentError, match="model_ids"):
        client.get_many_metadata(model_ids)


def test_what_is_looked_up(client):
    """Any text may be cached, and nothing else."""
    with pytest.raises(InvalidArgumentError, match="model_id"):
        client.recall_metadata(3)


def test_long_ids_work(hub, client):
    """An id of 257 characters is real."""
    name = "org/" + "n" * 253
    hub.add_model({"id": name, "private": False})

    assert name == client.get_model_metadata(name).model_id


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"sort": "best"}, "sort"),
        ({"sort": ["downloads"]}, "sort"),
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 1.5}, "limit"),
        ({"limit": None}, "limit"),
        ({"filter_tags": "one"}, "filter_tags"),
        ({"filter_tags": ["a\nb"]}, "filter_tags"),
        ({"filter_tags": 3}, "filter_tags"),
        ({"query": "a\x00"}, "query"),
        ({"query": 3}, "query"),
        ({"author": "a/b"}, "author"),
        ({"author": ".."}, "author"),
        ({"pipeline_tag": "\x1b"}, "pipeline_tag"),
    ],
)
def test_searches(hub, client, arguments, named):
    """The text names the argument."""
    hub.reset_counts()
    with pytest.raises(InvalidArgumentError, match=named):
        client.search_models(**arguments)

    assert 0 == hub.total_requests


@pytest.mark.parametrize("revision", ["", " ", "a b", "a..b", "-x", "x\n", "a" * 600, 3, ["x"]])
def test_revisions(hub, client, revision):
    """So do revisions."""
    hub.reset_counts()
    with pytest.raises(InvalidRefError, match="revision"):
        client.get_model_metadata("gpt2", revision=revision)

    assert 0 == hub.total_requests


def test_settings():
    """An unknown cache scheme is an error of the settings, at once."""
    with pytest.raises(ConfigError, match="redsi"):
        HubClient(HubConfig(cache="redsi://host/0"))


def test_model_cache_arguments(tmp_path):
    """Neither None nor a dict is a model id or a model."""
    for call in (ModelCache(tmp_path).get, ModelCache(tmp_path).remove):
        with pytest.raises(InvalidArgumentError, match="model_id"):
            call(None)
    with pytest.raises(InvalidArgumentError, match="metadata"):
        ModelCache(tmp_path).set({"model_id": "x"})


def test_cache_place():
    """Neither folder, URL nor backend."""
    with pytest.raises(InvalidArgumentError, match="where"):
        ModelCache(3)


@pytest.mark.parametrize("model_id", ["", "../x", "a" * 4096, "a:b*?[]", "ünï", "a b/c d", "\x00"])
def test_model_cache_takes_any_text(tmp_path, model_id):
    """The cache by itself has no opinion about names."""
    from hubkit import ModelMetadata

    ModelCache(tmp_path).set(ModelMetadata(model_id, license="mit"))

    assert "mit" == ModelCache(tmp_path).get(model_id).license
    assert [model_id] == [model.model_id for model in ModelCache(tmp_path).get_all_cached()]


@pytest.mark.parametrize("config", ["redis://host/0", {"cache": "memory://"}, HubConfig])
@pytest.mark.parametrize(
    "take",
    [
        HubClient,
        install,
        lambda config: HuggingFaceConnector(config=config),
        lambda config: HuggingFaceConnector("folder", config=config),
    ],
    ids=["client", "install", "connector", "connector with a folder"],
)
def test_what_are_no_settings(take, config):
    """A URL or a mapping in place of settings is refused, with how it would be right."""
    with pytest.raises(InvalidArgumentError, match=r"config must be a HubConfig, such as HubConfig\(cache="):
        take(config)


def test_url_as_a_folder(monkeypatch, tmp_path):
    """The URL of a cache isn't taken for a folder of that name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgumentError, match="cache_dir is a folder"):
        HuggingFaceConnector("redis://host/0")

    assert [] == list(tmp_path.iterdir())


def test_one_text_in_place_of_several_models(client, tmp_path):
    """A bundle of a single id isn't one of its letters."""
    for pack in (lambda path: create_bundle(client, path, "org/model"), _exported(client)):
        with pytest.raises(InvalidArgumentError, match="models must be a list of ids"):
            pack(tmp_path / "models.tar")

    assert [] == list(tmp_path.glob("*.tar"))


def _exported(client):
    return lambda path: client.cache.export_bundle(path, models="org/model")


def test_address_of_a_page():
    """Whoever copies it from the browser is told what is wanted."""
    with pytest.raises(InvalidRefError, match="not the address of its page"):
        HubClient().get_model_metadata("https://huggingface.co/org/name")


def test_a_search_without_a_limit(client):
    """Where all is wanted, the error says which verb gives it."""
    with pytest.raises(InvalidArgumentError, match="iter_models goes without one"):
        client.search_models(limit=None)
