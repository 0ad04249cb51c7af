"""When the Hub can't answer, or says what is not to be believed."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from hubkit import HubConfig
from hubkit.cache import open_backend
from hubkit.cache._entry import Entry, encode_entry
from hubkit.interop import cached
from hubkit.interop._reply import Reply, encode_reply


def at_once(count, work):
    """What so many threads get that begin at the same moment."""
    gate = threading.Barrier(count)

    def run(_):
        gate.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_one_asks_for_all_threads(hub, api, beneath):
    """Sixteen threads, a slow hub: one request, the same answer for all."""
    hub.fail("model_info", status=None, delay=0.3)
    found = at_once(16, lambda: api.model_info("org/model").sha)

    assert 1 == len(set(found))
    assert 1 == hub.requests["model_info"]


def test_a_failure_is_shared(hub, api, beneath):
    """Sixteen threads, a hub that fails: one request, one failure for all."""
    hub.fail("model_info", status=503, delay=1.0, times=None)

    def fails():
        with pytest.raises(HfHubHTTPError) as caught:
            api.model_info("org/model")
        return caught.value.response.status_code

    assert [503] * 16 == at_once(16, fails)
    assert 1 == hub.requests["model_info"]


@pytest.mark.parametrize("trouble", ["gone", "failing", "limited"])
def test_stale_if_error(hub, alice, config, clock, trouble, tmp_path):
    """Expired answers go on, as far as the settings allow, and the branch stays where it was."""
    patient = HubConfig(cache=config.cache, stale_if_error="2d", deadline=2.0)
    api = HfApi(endpoint=hub.endpoint, token=alice)

    def read():
        path = hf_hub_download(
            "org/model", "config.json", endpoint=hub.endpoint, cache_dir=tmp_path, token=alice
        )
        return path, api.model_info("org/model").sha

    with cached(patient, clock=clock):
        before = read()
        clock.advance(hours=30)
        hub.reset_counts()
        if trouble == "gone":
            hub.stop()
        elif trouble == "failing":
            hub.fail(status=503, times=None)
        else:
            hub.fail(status=429, times=None, headers={"RateLimit": '"api";r=0;t=200'})

        assert [before] * 3 == [read() for _ in range(3)]
    if trouble == "limited":
        # One of each quota; then it is known.
        assert 2 == hub.total_requests


def test_expired_is_not_served_unless_allowed(hub, api, beneath, clock):
    """Without stale_if_error the error is what huggingface_hub would have raised."""
    api.model_info("org/model")
    clock.advance(hours=30)
    hub.fail("model_info", status=503)

    with pytest.raises(HfHubHTTPError, match="503"):
        api.model_info("org/model")


def test_quota_that_is_used_up_is_waited_for(hub, api, beneath, clock):
    """A 429 with a reset within the deadline: its caller waits, and gets its answer."""
    hub.fail("model_info", status=429, headers={"RateLimit": '"api";r=0;t=2'})
    before = clock.now()

    assert "org/model" == api.model_info("org/model").id
    assert before + 2 <= clock.now()
    assert 2 == hub.requests["model_info"]


def test_quota_beyond_the_deadline_is_not_asked(hub, api, beneath):
    """Others are told at once, in the Hub's own words, when to come back."""
    hub.fail("model_info", status=429, headers={"RateLimit": '"api";r=0;t=200'})
    for _ in range(3):
        with pytest.raises(HfHubHTTPError, match="429") as caught:
            api.model_info("org/model")

    assert 1 == hub.requests["model_info"]
    assert 100 < int(caught.value.response.headers["retry-after"]) <= 200


def test_last_answer_of_a_window_is_heeded(hub, api, beneath, clock):
    """Nobody has to see a 429: the Hub says when a quota is used up."""
    hub.limit(2, window=2.0)
    names = ["org/model", "org/none", "org/nothing"]
    hub.add_repo("org/nothing", {})
    hub.add_repo("org/none", {})
    found = [api.model_info(name).id for name in names[:2]]
    hub.limit(None)
    found.append(api.model_info(names[2]).id)

    assert names == found
    assert {200} == {record.status for record in hub.log}


@pytest.mark.parametrize(
    "body", [b"<html>Log in</html>", b'{"id": "org/other", "sha": "x"}', b"[]", b"null", b"{}", b'{"id": 3}']
)
def test_what_is_no_answer_is_not_kept(hub, api, beneath, body):
    """A login portal's page, another model's record, the wrong shape: passed on, and asked again."""
    hub.fail("model_info", status=200, body=body, headers={"Content-Type": "application/json"})
    # Whatever huggingface_hub makes of it.
    with contextlib.suppress(Exception):
        api.model_info("org/model")
    requests = hub.requests["model_info"]

    assert "org/model" == api.model_info("org/model").id
    assert requests + 1 == hub.requests["model_info"]


def test_proxy_that_says_404_is_not_believed(hub, api, beneath):
    """Only the Hub's own words for "there is none" are remembered."""
    hub.fail("model_info", status=404, body=b"not here", headers={"Content-Type": "text/plain"})
    with pytest.raises(HfHubHTTPError):
        api.model_info("org/model")

    assert "org/model" == api.model_info("org/model").id


def test_refused_token_is_asked_again(hub, beneath):
    """That a token was refused is not remembered: it may be good tomorrow."""
    api = HfApi(endpoint=hub.endpoint, token="hf_" + "x" * 34)
    for _ in range(2):
        with pytest.raises(HfHubHTTPError, match="401"):
            api.model_info("org/model")

    assert 2 == hub.requests["model_info"]


def test_whoami_and_bodies_are_never_kept(hub, api, beneath, tmp_path):
    """Who a token is, and what is in files, is asked each time."""
    for place in ("one", "two"):
        api.whoami()
        hf_hub_download(
            "org/model", "config.json", endpoint=hub.endpoint, cache_dir=tmp_path / place, token=api.token
        )

    assert (2, 2) == (hub.requests["whoami"], hub.requests["resolve_get"])


def test_hubkits_own_offline_switch(hub, alice, config, clock):
    """`offline` of the settings holds for huggingface_hub too."""
    api = HfApi(endpoint=hub.endpoint, token=alice)
    with cached(config, clock=clock):
        known = api.model_info("org/model").sha
    offline = HubConfig(cache=config.cache, offline=True)
    with cached(offline, clock=clock):
        assert known == api.model_info("org/model").sha
        with pytest.raises(OfflineModeIsEnabled):
            api.dataset_info("org/data")

    assert 1 == hub.total_requests


@pytest.mark.parametrize(
    "header",
    [
        ("link", '<https://evil.example/api/models?cursor=1>; rel="next"'),
        ("link", '<//evil.example/x>; rel="next"'),
        ("location", "https://evil.example/x"),
        ("location", "//evil.example/x"),
        ("x-xet-refresh-route", "https://evil.example/x"),
        ("set-cookie", "a=b"),
    ],
)
def test_poisoned_entry_leads_nobody_away(hub, alice, config, clock, header):
    """Whoever can write to the store can't have a token sent to another host."""
    api = HfApi(endpoint=hub.endpoint, token=alice)
    with cached(config, clock=clock):
        list(api.list_models(search="model"))
        store = open_backend(config.cache[0], clock=clock)
        (key,) = [key for key in list(store.keys()) if "GET /api/models?" in key]
        poisoned = Reply(200, (("content-type", "application/json"), header), b'[{"id": "org/model"}]')
        entry = Entry(key, 200, clock.now(), 1e6, None, encode_reply(poisoned))
        store.set(key, encode_entry(entry), expires_in=1e6)
        hub.reset_counts()

        assert ["org/model"] == [model.id for model in api.list_models(search="model")]
    assert 0 == hub.total_requests


@pytest.mark.parametrize("body", [b"", b"\0\0\0\x02[]", b"\xff" * 40, b"\0\0\xff\xff[]", b"\0\0\0\x04null"])
def test_broken_entry_is_a_miss(hub, alice, config, clock, body):
    """An entry that is no reply is asked for again."""
    api = HfApi(endpoint=hub.endpoint, token=alice)
    with cached(config, clock=clock):
        api.model_info("org/model")
        store = open_backend(config.cache[0], clock=clock)
        for key in list(store.keys()):
            store.set(key, encode_entry(Entry(key, 200, clock.now(), 1e6, None, body)), expires_in=1e6)

        assert "org/model" == api.model_info("org/model").id
    assert 2 == hub.requests["model_info"]


def test_a_silent_hub_is_waited_for_once(hub, config, clock, caplog):
    """Of eight expired answers one waits for a Hub that says nothing; the others go on at once."""
    patient = HubConfig(cache=config.cache, stale_if_error="2d", deadline=2.0)
    api = HfApi(endpoint=hub.endpoint, token=False)
    names = [f"org/{number}" for number in range(8)]
    for name in names:
        hub.add_repo(name, {"config.json": b"{}"})

    with cached(patient, clock=clock):
        before = [api.model_info(name).sha for name in names]
        clock.advance(hours=30)
        hub.fail(status=None, delay=2.0, times=None)

        assert before == [api.model_info(name, timeout=0.3).sha for name in names]
    assert (1, 7) == (caplog.text.count("ReadTimeout"), caplog.text.count("not asked"))
