"""Reports on licences and compatibility, as people and CI jobs get them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _chain(hub: LocalHub) -> None:
    """An adapter under mit on a llama2 base that is gated, and one on a base that nobody knows."""
    files = [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.bin"}]
    for name, base in (("me/adapter", "big/llama"), ("me/orphan", "gone/base")):
        card = {"license": "mit", "base_model": base}
        record = {"id": name, "private": False, "library_name": "peft", "cardData": card, "siblings": files}
        hub.add_model({**record, "tags": [f"base_model:adapter:{base}"]})
    hub.add_model(
        {
            "id": "big/llama",
            "private": False,
            "gated": "auto",
            "tags": ["license:llama2"],
            "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}],
        }
    )


def test_a_chain_is_a_line_for_each_model(run: Run) -> None:
    """On a pipe each model has a line; contradictions are warnings, and end with 1."""
    result = run("license", "me/adapter", "--report")

    assert [
        ["me/adapter", "mit", "MIT", "card: license", ""],
        ["big/llama", "llama2", "", "tags: license", "me/adapter"],
    ] == [line.split("\t") for line in result.stdout.splitlines()]
    assert "hubkit: warning: me/adapter states mit, but big/llama, from which it is made" in result.stderr
    assert 1 == result.exit_code


@pytest.mark.parametrize(
    ("model", "allowed", "code", "said"),
    [
        ("acme/tiny-llama", ["Apache-2.0"], 0, "hubkit: allowed"),
        ("acme/tiny-llama", ["mit"], 1, "hubkit: not allowed; acme/tiny-llama is under apache-2.0"),
        ("me/adapter", ["mit", "llama2"], 0, "hubkit: allowed"),
        ("me/adapter", ["mit"], 1, "hubkit: not allowed; big/llama is under llama2, which is not allowed"),
        ("me/orphan", ["mit"], 1, "hubkit: unknown; gone/base has an unknown licence"),
        ("acme/bare", ["mit"], 1, "hubkit: unknown; acme/bare states no licence"),
        ("acme/bare", ["other"], 2, "allowed must name licences"),
        ("no/such", ["mit"], 3, "no/such"),
    ],
)
def test_allow_lists_for_ci(run: Run, model: str, allowed: list[str], code: int, said: str) -> None:
    """0 when all of the chain is allowed; 1 when not, or when that can't be told, and then it says which."""
    options = [word for license_id in allowed for word in ("--allow", license_id)]
    plain, document = run("license", model, *options), run("license", model, *options, "--json")

    assert (code, code) == (plain.exit_code, document.exit_code)
    assert said in plain.stderr
    if code < 2:
        verdict = json.loads(document.stdout)["verdict"]["status"]
        assert said.startswith(f"hubkit: {verdict}")


def test_reports_without_a_list(run: Run) -> None:
    """Without a list a chain is fine when all of it states a licence and nothing contradicts."""
    assert 0 == run("license", "acme/tiny-llama", "--report").exit_code
    orphan = run("license", "me/orphan", "--report")

    assert 1 == orphan.exit_code
    assert "hubkit: gone/base: there is no such model" in orphan.stderr


def test_compatibility_is_a_line_for_each_finding(run: Run) -> None:
    """On a pipe each finding has a line with its remedy and its source; the verdict stands beside it."""
    result = run("compat", "me/adapter", "--library", "peft", "--report")
    rows = [line.split("\t") for line in result.stdout.splitlines()]

    assert {"pickle-only", "base-gated", "needs-base"} <= {row[1] for row in rows}
    assert {5} == {len(row) for row in rows}
    assert "hubkit: me/adapter with peft: compatible" in result.stderr
    assert 0 == result.exit_code


@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        (["me/adapter"], 0, "compatible"),
        (["me/orphan"], 1, "unknown"),
        (["acme/bare"], 1, "incompatible"),
        (["big/llama"], 0, "compatible"),
        (["big/llama", "--check-access"], 1, "incompatible"),
    ],
)
def test_verdicts_for_ci(run: Run, arguments: list[str], code: int, verdict: str) -> None:
    """0 when it is compatible; 1 when not, or when that can't be told."""
    plain, document = run("compat", *arguments, "--report"), run("compat", *arguments, "--report", "--json")

    assert (code, code) == (plain.exit_code, document.exit_code)
    assert verdict == json.loads(document.stdout)["verdict"]
    assert f": {verdict}\n" in plain.stderr


def test_refresh_asks_the_hub_once_more(hub: LocalHub, run: Run) -> None:
    """With ``--refresh`` the cache is no excuse for the model itself."""
    run("license", "acme/tiny-llama", "--report")
    run("license", "acme/tiny-llama", "--report", "--refresh")
    run("compat", "acme/tiny-llama", "--refresh")

    assert 3 == hub.requests["model_info"]
