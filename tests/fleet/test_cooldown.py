"""A quota that is used up: one is told, all know."""

from __future__ import annotations

import pytest

from hubkit import HubClient, HubConfig, RateLimitedError
from hubkit.cache import MemoryCache
from hubkit.cache._cooldown import FleetCooldown
from hubkit.cache._tiers import Tiers
from hubkit.testing import LocalHub

QUOTA = {"RateLimit": '"api";r=0;t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}


@pytest.fixture
def hub():
    """A hub with five models."""
    with LocalHub() as hub:
        for number in range(5):
            hub.add_model({"id": f"org/m{number}", "private": False})
        yield hub


@pytest.fixture
def make_client(hub, tmp_path, clock):
    """Builds members of a fleet over one store."""
    clients = []

    def make(**settings):
        config = HubConfig(**{"endpoint": hub.endpoint, "cache": f"file://{tmp_path}/c", **settings})
        clients.append(HubClient(config, clock=clock))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_others_don_t_ask(hub, make_client):
    """After one member's 429 the others fail without a request, and say when to come back."""
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client().get_model_metadata("org/m0")
    hub.reset_counts()
    with pytest.raises(RateLimitedError, match="not asked") as info:
        make_client().get_model_metadata("org/m1")

    assert 55.0 == pytest.approx(info.value.retry_after)
    assert 0 == hub.total_requests


def test_others_wait_if_they_have_the_time(hub, make_client, clock):
    """A member with a longer deadline waits for the new window, then asks."""
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client().get_model_metadata("org/m0")
    before = clock.now()

    assert "org/m1" == make_client(deadline=120).get_model_metadata("org/m1").model_id
    assert 55.0 == pytest.approx(clock.now() - before)


def test_others_serve_what_they_may(hub, make_client, clock):
    """Where a stale answer is permitted it comes at once."""
    first = make_client().get_model_metadata("org/m0")
    clock.advance(hours=25)
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client().get_model_metadata("org/m1")
    hub.reset_counts()
    clock.slept.clear()

    assert first == make_client(stale_if_error="7d", deadline=120).get_model_metadata("org/m0")
    assert (0, []) == (hub.total_requests, clock.slept)


def test_last_answer_of_a_window_is_understood(hub, make_client):
    """The answer that uses up the quota says so: nobody sees a 429."""
    hub.limit(2, window=300.0)
    for name in ("org/m0", "org/m1"):
        make_client().get_model_metadata(name)
    with pytest.raises(RateLimitedError, match="not asked"):
        make_client().get_model_metadata("org/m2")

    assert [200, 200] == [record.status for record in hub.log]


def test_searches_mind_it_too(hub, make_client):
    """The quota is one for all questions."""
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client().get_model_metadata("org/m0")
    hub.reset_counts()
    with pytest.raises(RateLimitedError, match="not asked"):
        make_client().search_models("m")

    assert 0 == hub.total_requests


def test_after_the_window_all_go_on(hub, make_client, clock):
    """When the time has come, the note says nothing any more."""
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client().get_model_metadata("org/m0")
    clock.advance(seconds=56)

    assert "org/m0" == make_client().get_model_metadata("org/m0").model_id


def test_tokens_have_their_own_quotas(hub, make_client):
    """As the Hub counts: one token's end is not another's, nor anonymous'."""
    hub.fail("model_info", status=429, times=1, headers=QUOTA)
    with pytest.raises(RateLimitedError):
        make_client(token=hub.add_user("alice")).get_model_metadata("org/m0")

    assert "org/m0" == make_client(token=hub.add_user("bob")).get_model_metadata("org/m0").model_id
    assert "org/m1" == make_client().get_model_metadata("org/m1").model_id


def test_machines_have_their_own(clock):
    """Without a token the Hub counts addresses."""
    tiers = Tiers([MemoryCache()], clock=clock)
    here, there = (
        FleetCooldown(tiers, endpoint="hub", scope="anonymous", machine=machine, clock=clock)
        for machine in ("a", "b")
    )
    here.begin(60.0)

    assert (60.0, 0.0) == (here.remaining(), there.remaining())


@pytest.mark.parametrize("seconds", [-1.0, 0.0, float("nan"), 1e12])
def test_nonsense_blocks_nobody_for_long(clock, seconds):
    """Whatever a header said, an hour is the most."""
    cooldown = FleetCooldown(
        Tiers([MemoryCache()], clock=clock), endpoint="h", scope="s", machine="m", clock=clock
    )
    cooldown.begin(seconds)

    assert 0.0 <= cooldown.remaining() <= 3600.0


def test_clock_set_back(clock):
    """A note from the future is no reason to wait for days."""
    tiers = Tiers([MemoryCache()], clock=clock)
    FleetCooldown(tiers, endpoint="h", scope="s", machine="m", clock=clock).begin(60.0)
    clock.set_wall(clock.now() - 2 * 86_400)

    assert 0.0 == FleetCooldown(tiers, endpoint="h", scope="s", machine="m", clock=clock).remaining()
