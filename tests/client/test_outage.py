"""A Hub that goes away while a program has much to ask: what each call costs."""

from __future__ import annotations

import pytest

NAMES = [f"org/model-{number}" for number in range(8)]


@pytest.fixture
def known(hub, make_client, clock):
    """Eight models that were read a day and an hour ago."""
    for name in NAMES:
        hub.add_repo(name, {"config.json": b"{}"})
    models = [make_client().get_model_metadata(name) for name in NAMES]
    clock.advance(hours=25)
    hub.reset_counts()
    return models


def test_a_failing_hub_is_insisted_upon_once(hub, make_client, known):
    """Eight expired answers stand in for a Hub that fails: 4 requests for the first, 1 for each other."""
    client = make_client(stale_if_error="7d")
    hub.fail(status=503, times=None)

    assert known == [client.get_model_metadata(name) for name in NAMES]
    assert 4 + 7 == hub.total_requests


def test_a_hub_that_is_back_is_believed(hub, make_client, known):
    """The call after its return has its answer."""
    client = make_client(stale_if_error="7d")
    hub.fail(status=503, times=4)

    assert known[0] == client.get_model_metadata(NAMES[0])
    assert client.get_model_metadata(NAMES[1]).cached_at > known[1].cached_at


def test_a_silent_hub_is_waited_for_once(hub, make_client, known, caplog):
    """Eight expired answers stand in for a Hub that says nothing, for the time-out of one."""
    client = make_client(stale_if_error="7d", read_timeout=0.3, retries=0)
    hub.fail(status=None, delay=2.0, times=None)

    assert known == [client.get_model_metadata(name) for name in NAMES]
    assert (1, 7) == (caplog.text.count("no answer in time"), caplog.text.count("not asked"))


def test_downloads_of_a_hub_that_is_gone(hub, make_client, known, tmp_path, clock):
    """What is here is handed out without asking for it again and again."""
    client = make_client()
    before = [client.download_model(name, tmp_path / "hf") for name in NAMES]
    clock.advance(hours=25)
    hub.stop()
    clock.slept.clear()

    assert before == [client.download_model(name, tmp_path / "hf") for name in NAMES]
    assert 3 == len(clock.slept)


def test_who_wants_no_cached_answer_asks_a_silent_hub(hub, make_client, known, caplog):
    """With use_cache=False the older answer is nothing to go on with."""
    client = make_client(stale_if_error="7d", read_timeout=0.3, retries=0)
    hub.fail(status=None, delay=2.0, times=None)

    assert [None, None] == [client.get_model_metadata(name, use_cache=False) for name in NAMES[:2]]
    assert (2, 0) == (caplog.text.count("no answer in time"), caplog.text.count("not asked"))


def test_who_wants_no_cached_answer_waits_for_the_quota(hub, make_client, known, clock):
    """A quota that is used up is waited for, as by one who has no older answer."""
    client = make_client(stale_if_error="7d")
    hub.fail("model_info", status=429, headers={"RateLimit": '"api";r=0;t=7'})

    assert client.get_model_metadata(NAMES[0], use_cache=False).cached_at > known[0].cached_at
    assert 7.0 == sum(clock.slept)
