"""Reports on licences and compatibility, with a real hub."""

from __future__ import annotations

import pytest

from hubkit import OfflineError, RepoNotFoundError
from hubkit.errors import InvalidArgumentError, InvalidRefError

FILES = [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.safetensors"}]


@pytest.fixture
def chain(hub):
    """An adapter under mit, on a llama2 base."""
    hub.add_model(
        {
            "id": "me/adapter",
            "private": False,
            "library_name": "peft",
            "cardData": {"license": "mit", "base_model": "big/llama"},
            "tags": ["base_model:adapter:big/llama", "license:mit"],
            "siblings": FILES,
        }
    )
    hub.add_model(
        {
            "id": "big/llama",
            "private": False,
            "gated": "manual",
            "tags": ["license:llama2"],
            "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}],
        }
    )
    return hub


def test_license_report(chain, client):
    """The chain, its conflict and the verdict of a list."""
    report = client.license_report("me/adapter", ["MIT"])

    assert ["me/adapter", "big/llama"] == [link.model_id for link in report.links]
    assert [("me/adapter", "big/llama")] == [(each.model_id, each.base_model) for each in report.conflicts]
    assert "not allowed" == report.verdict.status
    assert client.check_license("me/adapter") == report.license
    assert "allowed" == client.license_report("me/adapter", ["MIT", "llama2"]).verdict.status


def test_reports_need_no_hub_for_what_is_cached(chain, make_client):
    """Offline a report is made of what is cached; what isn't is said to be unknown, and a model itself must be."""
    make_client().get_model_metadata("me/adapter")
    chain.stop()
    client = make_client(offline=True)
    licenses, compatibility = (
        client.license_report("me/adapter", ["mit"]),
        client.compatibility_report("me/adapter"),
    )

    assert ("unknown", "it is not cached, and the network is forbidden") == (
        licenses.verdict.status,
        licenses.links[1].problem,
    )
    assert ("unknown", ["base-unknown"]) == (
        compatibility.verdict,
        [finding.code for finding in compatibility.findings],
    )
    for report in (client.license_report, client.compatibility_report):
        with pytest.raises(OfflineError):
            report("big/llama")


def test_base_models_that_are_not_there(chain, client):
    """A base model that the Hub doesn't know leaves both verdicts open, and raises nothing."""
    card = {"license": "mit", "base_model": "gone/base"}
    chain.add_model({"id": "me/orphan", "private": False, "cardData": card, "siblings": FILES})
    licenses, compatibility = (
        client.license_report("me/orphan", ["mit"]),
        client.compatibility_report("me/orphan"),
    )

    assert "unknown" == licenses.verdict.status == compatibility.verdict
    assert "there is no such model on the Hub" in licenses.links[1].problem
    assert not client.check_compatibility("me/orphan")


def test_busy_hub_costs_one_link(chain, make_client):
    """A base model that the Hub can't be asked about now is unknown; the rest of the report stands."""
    client = make_client(retries=0)
    client.get_model_metadata("me/adapter")
    chain.fail("model_info", status=503, times=None)
    report = client.license_report("me/adapter")

    assert "the Hub couldn't be asked" in report.links[1].problem
    assert ["mit"] == [stated.id for stated in report.links[0].licenses]


def test_bad_arguments_cost_no_request(chain, client):
    """What can't be right is refused before anybody is asked."""
    chain.reset_counts()
    with pytest.raises(InvalidArgumentError, match="allowed"):
        client.license_report("me/adapter", "mit")
    with pytest.raises(InvalidRefError, match="base_model"):
        client.license_report("me/adapter", base_model="../x")
    with pytest.raises(InvalidRefError):
        client.compatibility_report("../x")

    assert {} == dict(chain.requests)


def test_missing_models(client):
    """A report on nothing is an error."""
    for report in (client.license_report, client.compatibility_report):
        with pytest.raises(RepoNotFoundError):
            report("no/such")


def test_access_of_this_token(chain, make_client, alice):
    """Asked for, the Hub says whether this token gets the files of a gated model, and without being asked nobody does."""
    chain.grant("big/llama", "alice")

    def findings(check_access, **settings):
        report = make_client(**settings).compatibility_report("big/llama", check_access=check_access)
        return report.verdict, [finding.code for finding in report.findings]

    chain.reset_counts()
    unasked = findings(False)

    assert ("compatible", ["gated"]) == unasked
    assert "auth_check" not in chain.requests
    assert ("incompatible", ["no-access", "gated"]) == findings(True)
    assert ("compatible", ["access"]) == findings(True, token=alice)
    assert ("unknown", ["access-unknown", "gated"]) == findings(True, offline=True)


def test_short_answers_are_the_reports(chain, client):
    """`check_compatibility` says what the report's verdict does, base model included."""
    report = client.compatibility_report("me/adapter", "peft")

    assert client.check_compatibility("me/adapter", "peft")
    assert report.is_compatible
    assert ["base-gated", "needs-base"] == [
        each.code for each in report.findings if each.code != "not-installed"
    ]
    assert not client.check_compatibility("me/adapter", "diffusers")
