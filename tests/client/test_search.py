"""Searches: on the Hub, from the last answer, among what is cached."""

from __future__ import annotations

import gzip
import json

import pytest
from hostile_server import HostileServer

from hubkit import HubClient, HubConfig, RateLimitedError, TransportError, UnexpectedAnswerError
from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import MemoryCache
from hubkit.cache._entry import Entry, encode_entry


@pytest.fixture
def many(hub, payloads):
    """The hub with 4,000 real models."""
    hub.load_models(payloads / "models_2022_sample.jsonl.gz")
    return hub


@pytest.fixture
def records(payloads):
    """The same models, read by the test itself."""
    with gzip.open(payloads / "models_2022_sample.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def ids(models):
    """Their names."""
    return [model.model_id for model in models]


def test_finds_what_the_records_say(many, client, records):
    """Text and tags together give the models that have both, most downloaded first."""
    found = client.search_models("bert", ["pytorch", "fill-mask"], limit=50)
    expected = {
        record["modelId"]
        for record in records
        if "bert" in record["modelId"].lower()
        and "pytorch" in record["tags"]
        and "fill-mask" in (*record["tags"], record["pipeline_tag"])
    }

    assert found
    assert set(ids(found)) <= expected | {"bert-base-uncased"}
    assert [m.downloads or 0 for m in found] == sorted([m.downloads or 0 for m in found], reverse=True)


@pytest.mark.parametrize("limit", [1, 20, 101, 1500])
def test_limit_is_met_over_pages(many, client, limit):
    """As many as were asked for, however many pages that takes, each model once."""
    found = client.search_models(limit=limit)

    assert limit == len(found)
    assert limit == len(set(ids(found)))


def test_a_hub_that_goes_in_the_middle_is_told(many, make_client):
    """Half a list is no list: who has begun to read isn't given what the cache has in place of the rest."""
    client = make_client(retries=0)
    models = client.iter_models()
    begun = [next(models) for _ in range(3)]
    many.stop()

    with pytest.raises(TransportError):
        list(models)
    assert 3 == len(begun)


def test_iterating_reads_no_more_than_needed(many, client):
    """A caller who stops early costs one page."""
    many.reset_counts()
    models = client.iter_models()
    first = [next(models) for _ in range(5)]

    assert 5 == len(first)
    assert {"models_list": 1} == dict(many.requests)


@pytest.mark.parametrize("limit", [100, 1000])
def test_no_page_beyond_the_limit(many, client, limit):
    """A limit at the end of a page costs no further page."""
    many.reset_counts()

    assert limit == len(list(client.iter_models(limit=limit)))
    assert 1 == many.requests["models_list"]


def test_iterating_without_a_hub(many, make_client):
    """Iterating falls back to what is cached, as searching does."""
    make_client().search_models("bert", limit=3)
    many.stop()

    assert 3 == len(list(make_client(retries=0).iter_models("bert", limit=3)))


def test_malformed_and_repeated_records_are_left_out(hub, client):
    """One bad record doesn't spoil a listing, and a model that moved between pages comes once."""
    body = '[{"id": "a/b"}, {"no": 1}, {"id": "a/b"}, {"id": "c/d"}]'
    hub.fail("models_list", status=200, body=body, headers={"Content-Type": "application/json"})

    assert ["a/b", "c/d"] == ids(client.search_models())


def test_own_expired_answer_doesn_t_hide_a_public_one(hub, make_client, alice, clock):
    """Offline the usable one of two answers counts."""
    hub.add_repo("alice/opened", {"config.json": b"{}"}, private=True)
    owner = make_client(token=alice)
    owner.get_model_metadata("alice/opened")
    owner.repos.settings("alice/opened", private=False)
    clock.advance(hours=25)
    make_client().get_model_metadata("alice/opened")

    assert ["alice/opened"] == ids(make_client(token=alice, offline=True).search_models("opened"))


def test_iterating_goes_to_the_end(many, client):
    """Without a limit every model comes, once."""
    found = ids(client.iter_models(author="huggingtweets"))

    assert len(found) > 100
    assert len(found) == len(set(found))


@pytest.mark.parametrize("sort", ["downloads", "likes", "updated", "created", "trending"])
def test_every_sort_is_understood(many, client, sort):
    """Each of our sorts is one of the hub's."""
    assert 3 == len(client.search_models(sort=sort, limit=3))


def test_same_query_offline(many, make_client):
    """Offline the same query gives what it gave, whatever the order of its tags."""
    online = make_client().search_models("bert", ["pytorch", "en"], limit=7)
    many.stop()
    offline = make_client(offline=True).search_models("bert", ["en", "pytorch"], limit=7)

    assert ids(online) == ids(offline)
    assert all(model.partial for model in offline)


def test_other_query_offline_searches_the_cache(many, make_client):
    """Offline another query looks through everything that was seen."""
    make_client().search_models("bert", limit=200)
    make_client().get_model_metadata("gpt2")
    many.stop()
    client = make_client(offline=True)

    assert all("roberta" in name.lower() for name in ids(client.search_models("roberta")))
    assert client.search_models("roberta")
    assert ["gpt2"] == ids(client.search_models("gpt2", limit=1))
    assert not client.search_models("gpt2")[0].partial
    assert [] == client.search_models("nothing-of-the-sort")


def test_cached_search_ranks_as_the_hub(many, make_client):
    """Among the same models the order is the hub's."""
    make_client().search_models(limit=1000)
    online = ids(make_client().search_models("roberta", limit=10))
    many.stop()
    offline = ids(make_client(offline=True).search_models("roberta", limit=9))

    assert online[:9] == offline


def test_unreachable_hub_is_answered_from_the_cache(many, make_client, caplog):
    """A hub that has gone costs a warning."""
    online = make_client().search_models("bert", limit=3)
    many.stop()

    assert ids(online) == ids(make_client(retries=0).search_models("bert", limit=3))
    assert "from the cache" in caplog.text


def test_rate_limit_falls_back_to_the_last_answer(many, make_client):
    """Past the quota the last answer serves; without one the error says when to come back."""
    online = make_client().search_models("bert", limit=3)
    many.fail("models_list", status=429, times=None, headers={"RateLimit": '"api";r=0;t=55'})

    assert ids(online) == ids(make_client(retries=0).search_models("bert", limit=3))
    with pytest.raises(RateLimitedError):
        make_client(retries=0).search_models("gpt")


def test_old_answers_expire(many, make_client, clock):
    """A day later, offline, an old search isn't passed off as an answer."""
    make_client().search_models("bert", limit=3)
    clock.advance(hours=25)

    assert [] == make_client(offline=True).search_models("bert", limit=3)
    assert make_client(offline=True, stale_if_error="7d").search_models("bert", limit=3)


def test_author_and_task(many, client):
    """Both are filters of the hub."""
    found = client.search_models(author="huggingtweets", pipeline_tag="text-generation", limit=5)

    assert 5 == len(found)
    assert all(name.startswith("huggingtweets/") for name in ids(found))
    assert {"text-generation"} == {model.pipeline_tag for model in found}


@pytest.fixture
def listing():
    """A hub that is nothing but a listing: of its pages by number."""
    server = HostileServer()

    def behave(request, _):
        number = int(request.target.partition("cursor=")[2] or 0)
        link = f'</api/models?cursor={number + 1}>; rel="next"' if number + 1 < server.pages else ""
        name = f"org/model-{number % server.news}"
        return server.reply(200, json.dumps([{"id": name}]).encode(), Link=link)

    server.behave, server.pages, server.news = behave, 10**9, 10**9
    yield server
    server.close()


def test_iterating_goes_on_to_the_end(listing):
    """However many pages there are: the Hub's own listing has tens of thousands."""
    listing.pages = 1_100
    with HubClient(HubConfig(endpoint=listing.endpoint, cache="memory://")) as client:
        assert 1_100 == sum(1 for _ in client.iter_models())


def test_what_was_iterated_is_kept(hub, make_client):
    """A listing that was read to its end stands in when the Hub is away, for a search and for another reading."""
    read = ids(make_client().iter_models("bert", limit=2))
    hub.stop()

    assert 1 <= len(read)
    assert read == ids(make_client(retries=0).iter_models("bert", limit=2))
    assert read == ids(make_client(offline=True).search_models("bert", limit=2))


def test_what_was_left_half_read_is_not_kept(hub, make_client):
    """Half a listing would stand in for the whole."""
    next(make_client().iter_models())

    assert [] == list(make_client(offline=True).iter_models())


def test_a_long_listing_is_not_kept(listing, tmp_path):
    """It is read as it comes: nobody's memory or cache is filled with the Hub's millions."""
    listing.pages = 1_100
    config = HubConfig(endpoint=listing.endpoint, cache=tmp_path.as_uri())
    with HubClient(config) as client:
        for _ in client.iter_models():
            pass

        assert 0 == client.cache.stats().tiers[0].entries


def test_a_listing_in_circles_ends(listing):
    """Pages under ever new addresses that tell of the same models are given up."""
    listing.news = 2
    with (
        HubClient(HubConfig(endpoint=listing.endpoint, cache="memory://")) as client,
        pytest.raises(UnexpectedAnswerError, match="circles"),
    ):
        list(client.iter_models())

    assert len(listing.requests) < 20


def test_a_kept_search_that_tells_of_no_models_is_none(hub):
    """Whoever may write to a store may write nonsense: the search goes on without."""
    store = MemoryCache()
    with HubClient(HubConfig(endpoint=hub.endpoint), backends=[store]) as client:
        client.search_models("gpt")
        client.get_model_metadata("gpt2")
        key = next(filter(lambda key: "|search|" in key, store.keys()))
        entry = Entry(key, 200, SYSTEM_CLOCK.now(), 600.0, None, b"[{}]")
        store.set(key, encode_entry(entry), expires_in=600.0)
        hub.stop()

        assert ["gpt2"] == ids(client.search_models("gpt"))


@pytest.mark.parametrize("verb", ["search_models", "iter_models"])
def test_who_has_a_last_answer_waits_for_no_quota(many, make_client, clock, verb):
    """A quota that begins anew in 20 s is waited for by who has nothing to go on with."""
    client = make_client()
    limited = {"status": 429, "times": 1, "headers": {"RateLimit": '"api";r=0;t=20'}}
    many.fail("models_list", **limited)
    before = ids(client.search_models("bert", limit=3))
    many.fail("models_list", **limited)

    assert before == ids(getattr(client, verb)("bert", limit=3))
    assert [20.0] == clock.slept
