"""``hubkit cache ls``, ``clear`` and ``rm``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _cached(hub: LocalHub, run: Run) -> None:
    run("info", "acme/tiny-llama")
    run("info", "acme/bare")


def test_ls_lists_the_cached_models(run: Run) -> None:
    """Each line has exact values; how full the tiers are is said beside it."""
    lines = [line.split("\t") for line in run("cache", "ls").stdout.splitlines()]

    assert ["acme/bare", "acme/tiny-llama"] == [line[0] for line in lines]
    assert [5, 5] == [len(line) for line in lines]


def test_ls_json_has_stable_keys(run: Run) -> None:
    """Programs learn of tiers and models."""
    document = json.loads(run("cache", "ls", "--json").stdout)

    assert ["tiers", "models"] == list(document)
    assert [["url", "reachable", "entries", "size_bytes"]] == [list(tier) for tier in document["tiers"]]
    keys = ["model_id", "sha", "license", "model_size", "private", "cached_at"]
    assert [keys] * 2 == [list(model) for model in document["models"]]
    assert [2] == [tier["entries"] for tier in document["tiers"]]


def test_rm_forgets_models(run: Run) -> None:
    """What was cached is gone; what wasn't is not found, and keeps nothing else from going."""
    result = run("cache", "rm", "no/such", "acme/bare")

    assert (3, "acme/bare removed\n") == (result.exit_code, result.stdout)
    assert "hubkit: error: no/such is not cached\n" == result.stderr
    assert 5 == run("--offline", "info", "acme/bare").exit_code
    assert 0 == run("--offline", "info", "acme/tiny-llama").exit_code


def test_rm_of_what_is_there(run: Run) -> None:
    """When every model was cached, once named twice, it is done."""
    result = run("cache", "rm", "acme/bare", "acme/tiny-llama", "acme/bare")

    assert (0, "acme/bare removed\nacme/tiny-llama removed\n") == (result.exit_code, result.stdout)


def test_get_shows_what_is_cached(hub: LocalHub, run: Run) -> None:
    """The facts that ``info`` shows, said to be from the cache, without asking anybody."""
    before = hub.total_requests
    facts = dict(line.split("\t") for line in run("cache", "get", "acme/tiny-llama").stdout.splitlines())

    assert ("acme/tiny-llama", "12345678", "cache") == (facts["model"], facts["downloads"], facts["source"])
    assert before == hub.total_requests


def test_clear_asks_first(run: Run) -> None:
    """A no leaves everything; without an answer nothing happens either."""
    assert (1, 2) == (run("cache", "clear", typed="n\n").exit_code, run("cache", "clear", typed="").exit_code)
    assert 0 == run("--offline", "info", "acme/bare").exit_code


def test_clear_forgets_everything(run: Run) -> None:
    """Afterwards there is nothing to list, and that is an answer."""
    cleared, left = run("cache", "clear", "--yes"), run("cache", "ls")

    assert (0, "2 entries cleared\n") == (cleared.exit_code, cleared.stdout)
    assert (0, "") == (left.exit_code, left.stdout)
    assert "0 entries" in left.stderr


def test_a_read_only_cache_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that may not change the cache is told so."""
    monkeypatch.setenv("HUBKIT_CACHE_MODE", "read-only")

    assert (2, 2) == (
        run("cache", "clear", "--yes").exit_code,
        run("cache", "rm", "acme/bare").exit_code,
    )


def test_the_cache_option_names_tiers(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Repeated, it is a list, nearest first; it beats the environment."""
    near, far = (tmp_path_factory.mktemp(name).as_uri() for name in ("near", "far"))
    document = json.loads(run("--cache", near, "--cache", far, "cache", "ls", "--json").stdout)

    assert [near, far] == [tier["url"] for tier in document["tiers"]]
    assert [] == document["models"]


def test_a_password_in_a_tier_is_masked(run: Run) -> None:
    """The question names the store, not how to get in."""
    result = run("--cache", "redis://user:letmein@127.0.0.1:1/0", "cache", "clear", typed="n\n")

    assert 1 == result.exit_code
    assert "letmein" not in result.output
    assert "Forget everything in redis://***@127.0.0.1:1/0?" in result.stderr


def test_a_tier_that_is_down_is_listed_as_such(run: Run, tmp_path: Path) -> None:
    """The others are listed all the same."""
    url = _unusable(tmp_path)
    document = json.loads(run("--cache", url, "cache", "ls", "--json").stdout)

    plain = run("--cache", url, "cache", "ls")

    assert [False] == [tier["reachable"] for tier in document["tiers"]]
    assert (0, "") == (plain.exit_code, plain.stdout)
    assert plain.stderr.endswith(f"{url}: can't be reached\n")


def test_clear_of_a_tier_that_is_down_fails(run: Run, tmp_path: Path) -> None:
    """Nobody should believe that a store was cleared which wasn't reached."""
    assert 7 == run("--cache", _unusable(tmp_path), "cache", "clear", "--yes").exit_code


def _unusable(folder: Path) -> str:
    """A store that can't be opened: its file is none of SQLite's, and can't be replaced."""
    (folder / "no.db").mkdir()
    return f"sqlite://{(folder / 'no.db').as_uri().removeprefix('file://')}"
