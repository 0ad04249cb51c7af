"""Many models in one call."""

from __future__ import annotations

import pytest

from hubkit import (
    AuthenticationError,
    DecodeError,
    InvalidArgumentError,
    InvalidRefError,
    RateLimitedError,
)

DISABLED = "Access to this resource is disabled."


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


def test_unreachable_hub_is_met_once(hub, make_client, clock, caplog):
    """What concerns them all ends the asking; what is cached comes all the same."""
    make_client().get_model_metadata("gpt2")
    hub.stop()
    found = make_client(retries=0, max_workers=2).get_many_metadata(
        ["gpt2", *(f"org/m{n}" for n in range(50))]
    )

    assert "gpt2" == found["gpt2"].model_id
    assert [None] * 50 == [found[f"org/m{n}"] for n in range(50)]
    assert 1 == len(caplog.records)


def test_stale_answers_stand_in_for_many(hub, make_client, clock):
    """Where stale answers are permitted they come, whatever became of the one before."""
    names = ["gpt2", "bert-base-uncased", "alice/base"]
    make_client().get_many_metadata(names)
    clock.advance(hours=25)
    hub.stop()
    found = make_client(stale_if_error="7d", retries=0, max_workers=1).get_many_metadata(["un/known", *names])

    assert [None, *names] == [model and model.model_id for model in found.values()]


def test_one_bad_answer_waits_for_the_others(hub, make_client):
    """The others are asked and cached before it is raised."""
    hub.fail("model_info", status=200, body="[]", headers={"Content-Type": "application/json"})
    with pytest.raises(DecodeError):
        make_client(max_workers=1).get_many_metadata(["gpt2", "bert-base-uncased"])

    assert "bert-base-uncased" == make_client(offline=True).get_model_metadata("bert-base-uncased").model_id


def test_one_text_is_no_list(client):
    """A single id is refused, instead of being taken apart."""
    with pytest.raises(InvalidArgumentError, match="model_ids"):
        client.get_many_metadata("gpt2")


def test_one_answer_about_another_model_hides_only_its_own(hub, make_client):
    """The others are there all the same."""
    hub.fail("model_info", status=200, body={"id": "some/other", "private": False})
    found = make_client(max_workers=1).get_many_metadata(["gpt2", "bert-base-uncased", "alice/base"])

    assert [None, "bert-base-uncased", "alice/base"] == [model and model.model_id for model in found.values()]


@pytest.mark.parametrize("headers", [{}, {"X-Error-Code": "GatedRepo"}, {"X-Error-Message": DISABLED}])
def test_one_refused_model_hides_only_its_own(hub, make_client, alice, headers, caplog):
    """A repository that this token may not read is no reason to keep the others from it."""
    hub.fail("model_info", status=403, headers=headers)
    found = make_client(token=alice, max_workers=1).get_many_metadata(["gpt2", "bert-base-uncased"])

    assert [None, "bert-base-uncased"] == [model and model.model_id for model in found.values()]
    assert "no metadata of 1 models: 403" in caplog.text


def test_all_refused_is_an_error(hub, make_client, alice):
    """Where nothing at all may be read, the caller hears of it."""
    hub.fail("model_info", status=403, times=2)
    with pytest.raises(AuthenticationError, match="may not do this"):
        make_client(token=alice, max_workers=1).get_many_metadata(["gpt2", "bert-base-uncased"])

    assert 2 == hub.total_requests


def test_refused_token_ends_the_asking(hub, make_client):
    """It is none for the next model either."""
    with pytest.raises(AuthenticationError, match="wrong, expired or revoked"):
        make_client(token="hf_nobodys", max_workers=1).get_many_metadata(["gpt2", "bert-base-uncased"])

    assert 1 == hub.total_requests


def test_a_login_portal_is_met_a_few_times(hub, make_client):
    """What answers for the Hub again and again ends the asking."""
    hub.fail("model_info", status=200, body="<html>", headers={"Content-Type": "text/html"}, times=None)
    found = make_client(max_workers=1).get_many_metadata([f"org/m{n}" for n in range(50)])

    assert [None] * 50 == list(found.values())
    assert 4 == hub.total_requests


def test_what_is_used_while_it_is_asked_anew_comes_without_a_hub_too(hub, make_client, clock):
    """With stale_while_revalidate the answers are those of one call each, whatever was asked before them."""
    names = ["gpt2", "bert-base-uncased"]
    make_client().get_many_metadata(names)
    clock.advance(hours=25)
    hub.stop()
    client = make_client(stale_while_revalidate="7d", retries=0, max_workers=1)
    found = client.get_many_metadata(["un/known", *names])

    assert [None, *names] == [model and model.model_id for model in found.values()]
    assert names == [client.recall_metadata(name).model_id for name in names]
