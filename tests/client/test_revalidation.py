"""Confirming an expired answer as cheaply as the Hub allows."""

from __future__ import annotations

import pytest

LARGE = "org/large"


def record(**fields):
    """A model of some 12 KB, as many are."""
    files = [{"rfilename": f"model-{n:05}-of-00040.safetensors", "size": n} for n in range(40)]
    card = {"license": "mit", "widget": [{"text": "x" * 200}] * 40}
    return {
        "id": LARGE,
        "private": False,
        "sha": "a" * 40,
        "downloads": 5,
        "likes": 1,
        "siblings": files,
        "cardData": card,
        **fields,
    }


@pytest.fixture
def expired(hub, make_client, clock):
    """A client whose answer about a large model has just expired."""
    hub.add_model(record())
    make_client().get_model_metadata(LARGE)
    clock.advance(hours=25)
    return make_client()


def queries(hub):
    """What was asked since the counts were reset."""
    return ["counters" if "expand" in entry.query else "all" for entry in hub.log]


def test_same_commit_asks_for_counters_only(hub, expired):
    """The files are kept, the counters are new, and so is the date."""
    hub.add_model(record(downloads=77, likes=8))
    hub.reset_counts()
    model = expired.get_model_metadata(LARGE)

    assert ["counters"] == queries(hub)
    assert (77, 8, 40, "mit") == (model.downloads, model.likes, len(model.siblings), model.license)
    assert model == expired.get_model_metadata(LARGE)
    assert ["counters"] == queries(hub)


def test_a_hub_that_fails_is_asked_once(hub, expired, make_client):
    """That it can't tell the counters just now is no reason to ask it for everything."""
    hub.fail(status=500, times=None)
    hub.reset_counts()
    patient = make_client(stale_if_error="7d", retries=0)
    model = patient.get_model_metadata(LARGE)

    assert ["counters"] == queries(hub)
    assert (5, 40) == (model.downloads, len(model.siblings))


def test_moved_commit_is_fetched_whole(hub, expired):
    """When the commit has moved everything is asked."""
    hub.add_model(record(sha="b" * 40, siblings=[{"rfilename": "new.bin", "size": 3}]))
    hub.reset_counts()
    model = expired.get_model_metadata(LARGE)

    assert ["counters", "all"] == queries(hub)
    assert ("b" * 40, ["new.bin"]) == (model.sha, [file.rfilename for file in model.siblings])


def test_hub_that_can_t_tell_is_asked_for_all(hub, expired):
    """A Hub that doesn't know the short form gives the long one."""
    hub.fail("model_info", status=400)
    hub.reset_counts()

    assert LARGE == expired.get_model_metadata(LARGE).model_id
    assert ["counters", "all"] == queries(hub)


def test_deleted_model_is_noticed(hub, expired, alice):
    """The short form finds out as well."""
    hub.fail("model_info", status=404, code="RepoNotFound")

    assert expired.get_model_metadata(LARGE) is None


def test_model_turned_private_is_noticed(hub, make_client, alice, clock):
    """Privacy isn't bound to a commit: it is among what is asked anew."""
    files = {f"f{n}.txt": b"" for n in range(60)}
    hub.add_repo("alice/large", files)
    make_client().get_model_metadata("alice/large")
    make_client(token=alice).repos.settings("alice/large", private=True)
    make_client().cache.set(make_client(token=alice).get_model_metadata("alice/large"))
    clock.advance(hours=25)
    model = make_client(token=alice).get_model_metadata("alice/large")

    assert model.private
    assert make_client(offline=True).get_model_metadata("alice/large") is None


def test_bytes_saved(hub, expired):
    """The short answer is less than a tenth of the long one."""
    import requests

    address = f"{hub.endpoint}/api/models/{LARGE}"
    counters = "&".join(f"expand={name}" for name in ("downloads", "likes", "private", "sha", "lastModified"))
    short = len(requests.get(f"{address}?{counters}", timeout=10).content)
    full = len(requests.get(f"{address}?blobs=true", timeout=10).content)

    assert short < full / 10


def test_new_name_is_noticed(hub, make_client, clock):
    """A model keeps its commit when it is renamed; asked by its old name it is told of by the new one."""
    hub.add_repo("alice/before", {f"f{n}.txt": b"" for n in range(60)})
    make_client().get_model_metadata("alice/before")
    hub.rename("alice/before", "alice/after")
    clock.advance(hours=25)

    assert "alice/after" == make_client().get_model_metadata("alice/before").model_id
