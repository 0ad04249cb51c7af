"""A search over what is cached, beside the hub's own answer."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from datetime import datetime, timezone

import pytest

from hubkit import HubClient, HubConfig, ModelMetadata
from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import open_backend
from hubkit.cache._keys import SHELVES, listing_key, mark_key
from hubkit.testing import LocalHub

EVERY = 4100

QUERIES = [
    {},
    {"limit": 1},
    {"limit": 777},
    {"sort": "likes"},
    {"sort": "updated"},
    {"sort": "created"},
    {"sort": "trending"},
    {"query": "bert"},
    {"query": "BERT", "sort": "likes"},
    {"query": "bert", "sort": "updated", "limit": 100},
    {"query": "t5"},
    {"query": "gpt", "filter_tags": ["pytorch"]},
    {"query": "wav2vec2", "filter_tags": ["audio", "pytorch"]},
    {"query": "/a"},
    {"query": "-"},
    {"query": "nothing-of-the-sort"},
    {"filter_tags": ["pytorch"], "limit": 300},
    {"filter_tags": ["pytorch", "fill-mask"]},
    {"filter_tags": ["fill-mask", "pytorch", "en"]},
    {"filter_tags": ["license:apache-2.0"], "sort": "likes"},
    {"filter_tags": ["license:mit", "tf"]},
    {"filter_tags": ["transformers", "jax"], "sort": "updated"},
    {"filter_tags": ["no such tag"]},
    {"author": "huggingtweets", "limit": 200},
    {"author": "huggingtweets", "sort": "updated"},
    {"author": "facebook", "filter_tags": ["pytorch"]},
    {"author": "nobody-at-all"},
    {"pipeline_tag": "text-generation", "limit": 500},
    {"pipeline_tag": "fill-mask", "sort": "likes"},
    {"pipeline_tag": "translation", "query": "opus", "filter_tags": ["pytorch"]},
    {"pipeline_tag": "automatic-speech-recognition", "author": "facebook"},
    {"query": "distil", "pipeline_tag": "text-classification", "sort": "updated"},
]


def ids(models):
    """Their names."""
    return [model.model_id for model in models]


@pytest.fixture(scope="module")
def crowd(request):
    """A hub with 4,000 real models."""
    with LocalHub() as hub:
        hub.load_models(request.path.parents[1] / "data" / "payloads" / "models_2022_sample.jsonl.gz")
        yield hub


@pytest.fixture(scope="module")
def filled(crowd, tmp_path_factory):
    """Cache URLs by kind; each has all the models, every other one from a search alone."""
    urls = {}
    folder = tmp_path_factory.mktemp("filled")
    with HubClient(HubConfig(endpoint=crowd.endpoint, cache="none://")) as hub:
        models = hub.search_models(limit=EVERY)
    for kind, url in (("file", (folder / "files").as_uri()), ("sqlite", f"sqlite://{folder}/cache.db")):
        with HubClient(HubConfig(endpoint=crowd.endpoint, cache=url)) as hub:
            hub.search_models(limit=EVERY)
            for model in models[::2]:
                hub.cache.set(model)
        urls[kind] = url
    return urls


@pytest.fixture(scope="module")
def online(crowd):
    """A client that asks the hub."""
    with HubClient(HubConfig(endpoint=crowd.endpoint, cache="none://")) as hub:
        yield hub


@pytest.fixture(scope="module", params=["file", "sqlite"])
def offline(crowd, filled, request):
    """A client that can't."""
    with HubClient(HubConfig(endpoint=crowd.endpoint, cache=filled[request.param], offline=True)) as hub:
        yield hub


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_same_order_as_the_hub(online, offline, query):
    """Over the same models every query gives the same models in the same order."""
    expected = ids(online.search_models(**query))

    assert expected == ids(offline.search_models(**query))


def test_iterating_gives_everything_once(online, offline):
    """Without a limit every cached model comes, in the hub's order."""
    assert ids(online.iter_models("bert")) == ids(offline.iter_models("bert"))


def test_answers_say_whose_they_are(crowd, make_client, clock, hub):
    """The list tells this machine's answer from the hub's, and how old it is; it is a list all the same."""
    online = make_client().search_models("bert")
    asked_at = clock.now()
    clock.advance(hours=3)
    again = make_client(offline=True).search_models("bert")
    other = make_client(offline=True).search_models("ber")
    nothing = make_client(offline=True).search_models("nothing-of-the-sort")

    assert [False, True, True, True] == [found.from_cache for found in (online, again, other, nothing)]
    assert [asked_at] * 2 == [found.told_at.timestamp() for found in (again, other)]
    assert {asked_at} == {model.cached_at.timestamp() for model in (*again, *other)}
    assert nothing.told_at is None
    assert list(online) == online
    assert (online, online.from_cache) == (pickle.loads(pickle.dumps(online)), False)


@pytest.fixture
def filling(clock):
    """Puts that many models into a client's cache by hand."""

    def fill(client, count, start=0, clock=clock):
        told_at = datetime.fromtimestamp(clock.now(), timezone.utc)
        for number in range(start, start + count):
            model = ModelMetadata(
                f"org/m{number:04}", downloads=number, private=False, tags=["a"], cached_at=told_at
            )
            client.cache.set(model)

    return fill


@pytest.fixture(params=["file", "sqlite"])
def url(request, tmp_path):
    """A cache of some kind."""
    return (tmp_path / "c").as_uri() if request.param == "file" else f"sqlite://{tmp_path}/c.db"


def lists_in(url, clock):
    """The keys of lists and marks."""
    backend = open_backend(url, clock=clock)
    found = [key for key in backend.keys("") if "|listing|" in key or "|mark|" in key]
    backend.close()
    return found


def test_small_caches_are_left_as_they_are(filling, make_client, url, clock):
    """A few models are read one by one, and nothing is added to the cache."""
    client = make_client(cache=url, offline=True)
    filling(client, 20)

    assert 20 == len(client.search_models("org/m"))
    assert [] == lists_in(url, clock)


def test_changes_are_seen(filling, make_client, url, clock):
    """What is stored, replaced and removed after a search, here or by another client, is as a new search says."""
    client = make_client(cache=url, offline=True)
    filling(client, 300)
    before = ids(client.search_models(limit=3))
    kept = lists_in(url, clock)
    other = make_client(cache=url, offline=True)
    filling(other, 1, start=999)
    added = ids(client.search_models(limit=3))
    clock.advance(seconds=1)
    now = datetime.fromtimestamp(clock.now(), timezone.utc)
    other.cache.set(ModelMetadata("org/m0000", downloads=5000, private=False, cached_at=now))
    replaced = ids(client.search_models(limit=3))
    other.cache.remove("org/m0999")
    removed = ids(client.search_models(limit=3))

    assert ["org/m0299", "org/m0298", "org/m0297"] == before
    assert 4 * SHELVES == len(kept)
    assert ["org/m0999", "org/m0299", "org/m0298"] == added
    assert ["org/m0000", "org/m0999", "org/m0299"] == replaced
    assert ["org/m0000", "org/m0299", "org/m0298"] == removed


def test_gone_without_a_word(filling, make_client, url, clock):
    """An answer that a store dropped by itself is not found, and the next one takes its place."""
    client = make_client(cache=url, offline=True)
    filling(client, 300)
    client.search_models()
    backend = open_backend(url, clock=clock)
    for key in list(backend.keys()):
        if key.endswith(("m0299", "m0297")):
            backend.delete(key)
    backend.close()

    assert ["org/m0298", "org/m0296"] == ids(client.search_models(limit=2))
    assert ["org/m0298", "org/m0296"] == ids(make_client(cache=url, offline=True).search_models(limit=2))


@pytest.mark.parametrize("damage", ["torn", "foreign", "another's", "gone"])
def test_damaged_lists_are_made_anew(filling, make_client, url, hub, damage, clock):
    """Whatever became of a list, the answer is right."""
    client = make_client(cache=url, offline=True)
    filling(client, 300)
    expected = ids(client.search_models(limit=300))
    backend = open_backend(url, clock=clock)
    prefix = f"public|{hub.endpoint}|"
    whole = {number: backend.get(listing_key(prefix, number)) for number in range(SHELVES)}
    for number, value in whole.items():
        key = listing_key(prefix, number)
        if damage == "gone":
            backend.delete(key)
        else:
            bad = {"torn": value[:-9], "foreign": b"\x80pickle", "another's": whole[(number + 1) % SHELVES]}
            backend.set(key, bad[damage], expires_in=999.0)
    backend.close()

    assert expected == ids(make_client(cache=url, offline=True).search_models(limit=300))


def test_lists_of_nonsense_are_not_believed(filling, make_client, url, hub, clock):
    """A list in the right form with the wrong things in it, such as only an enemy writes, is read past."""
    from hubkit.cache._entry import Entry, decode_entry, encode_entry

    client = make_client(cache=url, offline=True)
    filling(client, 300)
    expected = ids(client.search_models(limit=300))
    backend = open_backend(url, clock=clock)
    for number in range(SHELVES):
        prefix = f"public|{hub.endpoint}|"
        mark = decode_entry(backend.get(mark_key(prefix, number)), mark_key(prefix, number))
        key = listing_key(prefix, number)
        body = bytes(decode_entry(backend.get(key), key).body).replace(b'"org/m', b"1234567")
        backend.set(key, encode_entry(Entry(key, 200, clock.now(), None, mark.etag, body)), expires_in=999.0)
    backend.close()

    assert expected == ids(make_client(cache=url, offline=True).search_models(limit=300))


def test_nobody_finds_anothers_private_model(filling, hub, make_client, alice, bob, url):
    """Lists are a scope's own: a model that alice alone may see is found by her token and by no other."""
    hub.add_repo(
        "alice/hidden", {"config.json": b"{}", "model.safetensors": b"\x02\0\0\0\0\0\0\0{}"}, private=True
    )
    owner = make_client(cache=url, token=alice)
    owner.get_model_metadata("alice/hidden")
    filling(make_client(cache=url, offline=True), 300)
    found = [
        ids(make_client(cache=url, offline=True, token=token).search_models("hidden"))
        for token in (alice, bob, None, alice)
    ]

    assert [["alice/hidden"], [], [], ["alice/hidden"]] == found


def test_read_only_caches_get_no_lists(filling, make_client, url, clock):
    """Searching changes nothing in a read-only cache, and sees what others write."""
    writer = make_client(cache=url, offline=True)
    filling(writer, 300)
    reader = make_client(cache=url, offline=True, cache_mode="read-only")
    first = ids(reader.search_models(limit=1))
    nothing = lists_in(url, clock)
    writer.search_models()
    filling(writer, 1, start=999)

    assert (["org/m0299"], []) == (first, nothing)
    assert ["org/m0999"] == ids(reader.search_models(limit=1))


def test_signed_lists(filling, make_client, url):
    """With a signing key lists are signed too, and unsigned ones are made anew."""
    plain = make_client(cache=url, offline=True)
    filling(plain, 300)
    plain.search_models()
    signed = make_client(cache=url, offline=True, cache_key="secret")
    filling(signed, 10, start=400)

    assert 10 == len(signed.search_models(limit=400))
    assert 10 == len(make_client(cache=url, offline=True, cache_key="secret").search_models(limit=400))


def test_full_answers_beat_listings(crowd, make_client, hub, payloads):
    """A model that both a search and an answer of its own tell of comes once, as full as it is known."""
    make_client().search_models("bert")
    make_client().get_model_metadata("bert-base-uncased")
    found = make_client(offline=True).search_models("bert-base")

    assert [("bert-base-uncased", False)] == [(model.model_id, model.partial) for model in found]


def test_near_tier_answers_when_the_far_one_is_gone(filling, make_client, tmp_path, url):
    """What was filled into the near tier from the far one is found there later."""
    far = (tmp_path / "far").as_uri()
    filling(make_client(cache=far, offline=True), 300)
    both = make_client(cache=[url, far], offline=True)
    both.search_models()
    near_before = ids(make_client(cache=url, offline=True).search_models(limit=400))
    both.recall_metadata("org/m0007")

    assert [] == near_before
    assert ["org/m0007"] == ids(make_client(cache=url, offline=True).search_models(limit=400))


WRITER = """
import sys
from hubkit import HubClient, HubConfig, ModelMetadata

url, endpoint, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
with HubClient(HubConfig(cache=url, endpoint=endpoint, offline=True)) as hub:
    for number in range(first, first + 60):
        hub.cache.set(ModelMetadata(f"org/m{number:04}", downloads=number, private=False))
        if number % 20 == 0:
            hub.search_models(limit=5)
"""


def test_processes_that_write_and_search_at_once(filling, url, hub):
    """Three processes write while all search: in the end every model is found."""
    config = HubConfig(endpoint=hub.endpoint, cache=url, offline=True)
    client = HubClient(config)
    filling(client, 300, clock=SYSTEM_CLOCK)
    client.search_models()
    command = [sys.executable, "-c", WRITER, url, hub.endpoint]
    writers = [subprocess.Popen([*command, str(first)]) for first in (1000, 2000, 3000)]
    while any(writer.poll() is None for writer in writers):
        client.search_models(limit=400)
    done = [writer.wait() for writer in writers]
    with client, HubClient(config) as another:
        found = [len(each.search_models(limit=600)) for each in (client, another)]

    assert [0, 0, 0] == done
    assert [480, 480] == found


def test_threads_share_a_client(filling, make_client, url):
    """Eight threads that search at once all find the same."""
    client = make_client(cache=url, offline=True)
    filling(client, 300)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(ids(client.search_models("org/m", limit=50))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(found)
    assert [found[0]] * 8 == found
    assert 50 == len(found[0])


def test_shared_stores(filling, make_client, start_redis, hub, alice, clock):
    """Redis too gets lists, of public models alone; what one client stores another finds at once."""
    server = start_redis()
    hub.add_repo("alice/hidden", {"config.json": b"{}"}, private=True)
    owner = make_client(cache=server.url, token=alice)
    owner.get_model_metadata("alice/hidden")
    one, other = make_client(cache=server.url, offline=True), make_client(cache=server.url, offline=True)
    filling(one, 300)
    first = ids(other.search_models(limit=2))
    filling(one, 1, start=999)
    backend = open_backend(server.url, clock=clock)
    keys = list(backend.keys(""))
    backend.close()

    assert ["org/m0299", "org/m0298"] == first
    assert ["org/m0999", "org/m0299"] == ids(other.search_models(limit=2))
    assert {"public"} == {key.partition("|")[0] for key in keys if "|listing|" in key or "|model|" in key}
    assert [] == ids(make_client(cache=server.url, token=alice, offline=True).search_models("hidden"))


def test_a_store_that_fails_half_way_is_not_believed(filling, make_client, start_redis, tmp_path):
    """A list made while Redis hung isn't kept: when it works again, all is found."""
    server = start_redis()
    client = make_client(cache=server.url, offline=True)
    filling(client, 300)
    server.freeze()
    nothing = client.search_models(limit=400)
    server.thaw()

    assert [] == nothing
    assert 300 == len(make_client(cache=server.url, offline=True).search_models(limit=400))
