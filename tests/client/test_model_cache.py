"""`ModelCache` by itself, as the first connector had it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from hubkit import HubClient, ModelCache, ModelMetadata
from hubkit.cache import MemoryCache


def model(name="org/name", **fields):
    """A model as the first connector made them."""
    return ModelMetadata(
        model_id=name,
        author="org",
        downloads=5,
        likes=1,
        tags=["a", "b"],
        pipeline_tag="text-generation",
        library_name="transformers",
        license="mit",
        model_size=7,
        created_at="2024-01-01T00:00:00.000Z",
        last_modified="2024-01-02T00:00:00.000Z",
        siblings=[{"rfilename": "config.json"}],
        card_data={"license": "mit"},
        **fields,
    )


@pytest.fixture(params=["folder", "url", "backend"])
def where(request, tmp_path):
    """Each way to say where."""
    return {"folder": tmp_path / "c", "url": f"sqlite://{tmp_path}/c.db", "backend": MemoryCache()}[
        request.param
    ]


def test_set_then_get(where):
    """What was set comes back equal."""
    ModelCache(where).set(model())

    assert model().to_dict() | {"cached_at": ""} == ModelCache(where).get("org/name").to_dict() | {
        "cached_at": ""
    }


def test_age_counts(where):
    """Older than asked for is None; it is kept all the same."""
    old = model(cached_at=datetime.now(timezone.utc) - timedelta(hours=25))
    cache = ModelCache(where)
    cache.set(old)

    assert cache.get("org/name") is None
    assert old == cache.get("org/name", ttl_hours=26)
    assert [old] == cache.get_all_cached()


def test_remove_and_clear(where):
    """What was removed is gone."""
    cache = ModelCache(where)
    for name in ("a", "b", "c"):
        cache.set(model(name))

    assert cache.remove("a")
    assert not cache.remove("a")
    assert {"b", "c"} == {m.model_id for m in cache.get_all_cached()}
    assert 2 == cache.clear()
    assert [] == cache.get_all_cached()


def test_same_settings_same_entries(hub, monkeypatch, tmp_path):
    """A cache and a client that read the same settings see the same entries."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HUBKIT_CACHE", f"file://{tmp_path}/both")
    HubClient().get_model_metadata("gpt2")

    assert "gpt2" == ModelCache().get("gpt2").model_id
    assert "gpt2" == ModelCache(tmp_path / "both").get("gpt2").model_id
    assert ModelCache(tmp_path / "both", endpoint="https://other.example").get("gpt2") is None


def test_foreign_backend_may_raise_anything():
    """Whatever a backend of somebody else's raises is a miss."""

    class Foreign(MemoryCache):
        def get_many(self, keys, /):
            raise ZeroDivisionError("oops")

    assert ModelCache(Foreign()).get("a/b") is None


def test_client_and_cache_agree(client):
    """What the client asked is in its cache; what is removed there is asked again."""
    asked = client.get_model_metadata("gpt2")

    assert asked == client.cache.get("gpt2")
    assert client.cache.remove("gpt2")
    assert client.cache.get("gpt2") is None
    assert asked is not client.get_model_metadata("gpt2")


def test_removing_reaches_revisions(hub, client, make_client):
    """All revisions go with the model."""
    client.get_model_metadata("alice/base", revision="main")
    client.cache.remove("alice/base")

    assert make_client(offline=True).get_model_metadata("alice/base", revision="main") is None


def test_read_only_client_changes_nothing(hub, make_client):
    """A job that isn't trusted can't change what others read."""
    make_client().get_model_metadata("gpt2")
    untrusted = make_client(cache_mode="read-only")
    untrusted.get_model_metadata("bert-base-uncased")
    untrusted.cache.remove("gpt2")
    untrusted.cache.clear()

    assert ["gpt2"] == [m.model_id for m in make_client().cache.get_all_cached()]


def test_tiers_fill_the_nearer(hub, make_client, tmp_path):
    """What a far tier knows is copied to the near one; what is written goes to both."""
    near, far = f"file://{tmp_path}/near", f"sqlite://{tmp_path}/far.db"
    make_client(cache=far).get_model_metadata("gpt2")
    hub.reset_counts()
    make_client(cache=[near, far]).get_model_metadata("gpt2")

    assert 0 == hub.total_requests
    assert make_client(cache=near, offline=True).get_model_metadata("gpt2") is not None


def test_public_type():
    """The client's cache is the public class."""
    assert isinstance(HubClient.cache, property)
