"""`ModelCache` by itself, as the first connector had it."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timedelta, timezone

import pytest

from hubkit import HubClient, InvalidArgumentError, LocalPathError, ModelCache, ModelMetadata
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


def test_a_cache_by_itself_asks_nothing(where):
    """Looks aren't questions; the tiers count what they did."""
    cache = ModelCache(where)
    cache.set(model())
    cache.get("org/name")
    stats = cache.stats()

    assert (0, 0, 0, 0, 0) == (stats.hits, stats.misses, stats.revalidations, stats.stale, stats.errors)
    assert [(1, 1)] == [(tier.hits, tier.entries) for tier in stats.tiers]


def test_prune_keeps_what_may_be_needed(make_client, clock):
    """What the Hub should be asked about anew is still there for when it can't be; after 30 days it goes."""
    client = make_client()
    client.get_many_metadata(["gpt2", "bert-base-uncased"])
    clock.advance(hours=25)

    assert 0 == client.cache.prune()
    clock.advance(hours=24 * 30)
    assert 2 == client.cache.prune()
    assert [0] == [tier.entries for tier in client.cache.stats().tiers]


def test_read_only_client_prunes_nothing(make_client, clock):
    """It leaves even the dead in place."""
    make_client().get_model_metadata("gpt2")
    clock.advance(hours=24 * 31)
    guest = make_client(cache_mode="read-only")

    assert 0 == guest.cache.prune()
    assert [1] == [tier.entries for tier in guest.cache.stats().tiers]


def seed(folder, name="org/name", *, age=1.0, **fields):
    """A file as the first connector wrote it; how many hours old it is."""
    cached_at = (datetime.now() - timedelta(hours=age)).isoformat()
    record = {
        "model_id": name,
        "author": "org",
        "downloads": 5,
        "likes": 1,
        "tags": ["a", "license:mit"],
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "license": None,
        "model_size": 6_738_415_616,
        "created_at": "2024-01-01T00:00:00+00:00",
        "last_modified": "2024-01-02T00:00:00+00:00",
        "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}],
        "card_data": {"base_model": "org/base"},
        "cached_at": cached_at,
        **fields,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{hashlib.md5(name.encode()).hexdigest()}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return datetime.fromisoformat(cached_at).astimezone(timezone.utc)


def test_import(where, tmp_path):
    """What the first connector knew is known, with the date that it had."""
    dates = [seed(tmp_path / "old", "org/name"), seed(tmp_path / "old", "Jürgen/Modell", age=30.0)]
    cache = ModelCache(where)

    assert 2 == cache.import_folder(tmp_path / "old")
    found = [cache.get("org/name"), cache.get("Jürgen/Modell", ttl_hours=31)]
    assert dates == [one.cached_at for one in found]
    assert (5, 1, "org", "transformers") == (
        found[0].downloads,
        found[0].likes,
        found[0].author,
        found[0].library_name,
    )
    assert ["config.json", "model.safetensors"] == [file.path for file in found[0].siblings]
    assert cache.get("Jürgen/Modell") is None


def test_import_mends_what_was_wrong(tmp_path):
    """The licence is where the Hub has it, a count of parameters is no size, a listing's item no full answer."""
    sized = [{"rfilename": "model.safetensors", "size": 7}]
    seed(tmp_path / "old", "org/a")
    seed(tmp_path / "old", "org/b", siblings=sized)
    seed(tmp_path / "old", "org/c", siblings=[], license="apache-2.0")
    cache = ModelCache("memory://")
    cache.import_folder(str(tmp_path / "old"))
    first, second, third = (cache.get(name) for name in ("org/a", "org/b", "org/c"))

    assert ("mit", ("org/base",), None, False) == (
        first.license,
        first.base_models,
        first.model_size,
        first.partial,
    )
    assert 7 == second.model_size
    assert ("apache-2.0", True) == (third.license, third.partial)


def test_import_reads_newer_fields_too(tmp_path):
    """A `to_dict()` of today loses nothing, least of all that it is private."""
    (tmp_path / "old").mkdir()
    plain = model(private=True, sha="a" * 40, extra={"spaces": ["a/b"]}).to_dict()
    (tmp_path / "old" / "x.json").write_text(json.dumps(plain), encoding="utf-8")
    cache = ModelCache("memory://")
    cache.import_folder(tmp_path / "old")
    found = cache.get("org/name")

    assert (True, "a" * 40, ["a/b"]) == (found.private, found.sha, found.extra["spaces"])


def test_import_overwrites_nothing_newer(tmp_path):
    """Only what is older than the file goes; a second import has nothing to do."""
    cache = ModelCache("memory://")
    now = datetime.now(timezone.utc)
    cache.set(model("org/newer", cached_at=now))
    cache.set(model("org/older", cached_at=now - timedelta(hours=2)))
    for name in ("org/newer", "org/older"):
        seed(tmp_path / "old", name, downloads=77)

    assert 1 == cache.import_folder(tmp_path / "old")
    assert (5, 77) == (cache.get("org/newer").downloads, cache.get("org/older").downloads)
    assert 0 == cache.import_folder(tmp_path / "old")


def test_import_of_a_listing_keeps_a_full_answer(tmp_path):
    """However new it is, it says less."""
    cache = ModelCache("memory://")
    cache.set(model(cached_at=datetime.now(timezone.utc) - timedelta(hours=2)))
    seed(tmp_path / "old", siblings=[])

    assert 0 == cache.import_folder(tmp_path / "old")
    assert 1 == len(cache.get("org/name").siblings)


def test_import_leaves_out_what_could_not_be_read(tmp_path, caplog):
    """Older than anything is kept, or from the future: one line says how many."""
    seed(tmp_path / "old", "org/ancient", age=24 * 31)
    seed(tmp_path / "old", "org/future", age=-24)
    cache = ModelCache("memory://")

    assert 0 == cache.import_folder(tmp_path / "old")
    assert [] == cache.get_all_cached()
    assert ["2 models not imported: older than 30 days, or dated in the future"] == caplog.messages


FOREIGN = {
    "empty.json": b"",
    "torn.json": b'{"model_id": "org/torn", "cached_at": "2026-',
    "list.json": b"[]",
    "nan.json": b'{"model_id": "org/nan", "cached_at": "2026-01-01T00:00:00", "downloads": NaN}',
    "latin.json": b'{"model_id": "org/\xe9", "cached_at": "2026-01-01T00:00:00"}',
    "undated.json": b'{"model_id": "org/undated"}',
    "hub.json": b'{"id": "org/hub", "cached_at": "2026-01-01T00:00:00"}',
    "date.json": b'{"model_id": "org/date", "cached_at": "yesterday\\u001b[31m"}',
    "first.json": b'{"model_id": "org/first", "cached_at": "0001-01-01T00:00:00"}',
    "number.json": b'{"model_id": "org/number", "cached_at": 5}',
    "type.json": b'{"model_id": 5, "cached_at": "2026-01-01T00:00:00"}',
    "files.json": b'{"model_id": "org/f", "cached_at": "2026-01-01T00:00:00", "siblings": [5]}',
    "card.json": b'{"model_id": "org/c", "cached_at": "2026-01-01T00:00:00", "card_data": "mit"}',
    "deep.json": b"[" * 100_000,
    "README.md": b"# Cache",
    "x\x1b[31m.txt": b"",
}


def test_import_passes_over_what_is_foreign(tmp_path, caplog):
    """One warning each, harmless to a terminal; the good ones are taken, and folders left alone."""
    seed(tmp_path / "old")
    for name, content in FOREIGN.items():
        (tmp_path / "old" / name).write_bytes(content)
    (tmp_path / "old" / "folder.json").mkdir()
    with (tmp_path / "old" / "large.json").open("wb") as file:
        file.truncate(32 * 1024 * 1024 + 1)
    before = sorted(path.name for path in (tmp_path / "old").iterdir())

    assert 1 == ModelCache("memory://").import_folder(tmp_path / "old")
    assert ["WARNING"] * (len(FOREIGN) + 1) == [record.levelname for record in caplog.records]
    assert all(any(repr(name) in line for line in caplog.messages) for name in [*FOREIGN, "large.json"])
    assert "\x1b" not in caplog.text
    assert before == sorted(path.name for path in (tmp_path / "old").iterdir())


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and links in the file system")
def test_import_waits_for_nothing(tmp_path, caplog):
    """A pipe that nobody writes to, an endless file and a dead link are foreign."""
    (tmp_path / "old").mkdir()
    os.mkfifo(tmp_path / "old" / "pipe.json")
    (tmp_path / "old" / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "old" / "dead.json").symlink_to("nowhere")

    assert 0 == ModelCache("memory://").import_folder(tmp_path / "old")
    assert 3 == len(caplog.records)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_import_of_unreadable_files(tmp_path, caplog):
    """A locked file is passed over, a locked folder an error."""
    seed(tmp_path / "old")
    next((tmp_path / "old").iterdir()).chmod(0)

    assert 0 == ModelCache("memory://").import_folder(tmp_path / "old")
    assert "can't be read" in caplog.text
    (tmp_path / "old").chmod(0)
    with pytest.raises(LocalPathError, match="can't be read"):
        ModelCache("memory://").import_folder(tmp_path / "old")
    (tmp_path / "old").chmod(0o700)


def test_import_of_no_folder(tmp_path):
    """Missing, or a file, or no path at all: said before anything is read."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for wrong in (tmp_path / "missing", tmp_path / "file", str(tmp_path / "file" / "x"), "a\0b"):
        with pytest.raises(LocalPathError):
            ModelCache("memory://").import_folder(wrong)
    for wrong in (5, None, ""):
        with pytest.raises(InvalidArgumentError):
            ModelCache("memory://").import_folder(wrong)


def test_import_without_the_right_to_write(make_client, tmp_path):
    """Nothing is taken, and nothing said to be."""
    seed(tmp_path / "old")
    guest = make_client(cache_mode="read-only")

    assert 0 == guest.cache.import_folder(tmp_path / "old")
    assert [] == guest.cache.get_all_cached()


def test_what_a_token_imports_is_its_own(hub, make_client, clock, alice, tmp_path):
    """The files don't say what is private, so nobody else learns of it."""
    clock.set_wall(datetime.now().timestamp())
    seed(tmp_path / "old", "alice/secret")
    make_client(token=alice).cache.import_folder(tmp_path / "old")

    assert make_client(offline=True).get_model_metadata("alice/secret") is None
    assert make_client(offline=True, token=alice).get_model_metadata("alice/secret") is not None


def test_import_believes_a_fresh_no(make_client, clock, tmp_path):
    """The Hub said a moment ago that there is none, and that is the newer word."""
    clock.set_wall(datetime.now().timestamp())
    seed(tmp_path / "old", "no/such")
    client = make_client()

    assert client.get_model_metadata("no/such") is None
    assert 0 == client.cache.import_folder(tmp_path / "old")
    assert client.get_model_metadata("no/such") is None
