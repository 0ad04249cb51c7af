"""Many models in one call."""

from __future__ import annotations

import pytest

from hubkit import InvalidRefError, RateLimitedError


def test_cached_ones_cost_nothing(hub, make_client):
    """Only what isn't cached is asked."""
    make_client().get_model_metadata("gpt2")
    hub.reset_counts()
    found = make_client().get_many_metadata(["gpt2", "bert-base-uncased", "no/such", "gpt2"])

    assert ["gpt2", "bert-base-uncased", "no/such"] == list(found)
    assert found["no/such"] is None
    assert 2 == hub.total_requests


def test_again_costs_nothing(hub, make_client):
    """Negative answers are remembered too."""
    names = ["gpt2", "bert-base-uncased", "no/such"]
    first = make_client().get_many_metadata(names)
    hub.reset_counts()

    assert first == make_client().get_many_metadata(names)
    assert 0 == hub.total_requests


def test_past_the_quota_what_is_known_comes_along(hub, make_client):
    """The error holds what was gathered."""
    make_client().get_model_metadata("gpt2")
    hub.fail("model_info", status=429, times=None, headers={"Retry-After": "77"})
    with pytest.raises(RateLimitedError) as info:
        make_client().get_many_metadata(["gpt2", "bert-base-uncased"])

    assert ["gpt2"] == list(info.value.partial)
    assert 77.0 == info.value.retry_after


def test_bad_id_is_refused_before_anything(hub, client):
    """One bad id among good ones: no request at all."""
    hub.reset_counts()
    with pytest.raises(InvalidRefError):
        client.get_many_metadata(["gpt2", "../x"])

    assert 0 == hub.total_requests


def test_none_is_none(client):
    """No question, no answer."""
    assert {} == client.get_many_metadata([])
