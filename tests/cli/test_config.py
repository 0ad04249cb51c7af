"""``hubkit config``: what the settings are, and who said so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]


def _shown(run: Run, *options: str) -> dict[str, dict[str, object]]:
    document = json.loads(run(*options, "config", "show", "--json").stdout)
    return {each["name"]: each for each in document["settings"]}


def test_show_tells_who_said_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option, a variable, a file with its line, and the default."""
    (tmp_path / "hubkit.toml").write_text('\nttl = "12h"\n')
    monkeypatch.setenv("HUBKIT_MAX_WORKERS", "3")
    found = _shown(run, "--offline")

    assert {
        "offline": (True, "option", None, None, None),
        "max_workers": (3, "environment", "HUBKIT_MAX_WORKERS", None, None),
        "ttl": (43200.0, "file", None, str(tmp_path / "hubkit.toml"), 2),
        "deadline": (30.0, "default", None, None, None),
    } == {
        name: tuple(found[name][key] for key in ("value", "source", "variable", "path", "line"))
        for name in ("offline", "max_workers", "ttl", "deadline")
    }


def test_secrets_are_masked(run: Run, alice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token, the fleet's key and a password in a URL are there, and not shown."""
    monkeypatch.setenv("HUBKIT_CACHE_KEY", "fleet-secret")
    monkeypatch.setenv("HUBKIT_CACHE", "redis://me:letmein@host/0")
    result = run("config", "show")

    assert 0 == result.exit_code
    assert "fleet-secret" not in result.output
    assert "letmein" not in result.output
    assert ["***", ["redis://***@host/0"], "***"] == [
        each["value"] for name, each in _shown(run).items() if name in ("token", "cache_key", "cache")
    ]


def test_a_kept_token_is_told_of(run: Run, hub: LocalHub, keystore: object) -> None:
    """Its source is the keystore, which is no setting."""
    assert 0 == run("login", "--token-stdin", typed="hf_aliceToken0123456789abcdefghij").exit_code
    token = _shown(run)["token"]
    line = next(line for line in run("config", "show").stdout.splitlines() if line.startswith("token"))

    assert ["token", "***", "keystore", "", ""] == line.split("\t")
    assert ("***", "keystore", None) == (token["value"], token["source"], token["variable"])


def test_an_unknown_setting_is_an_error_as_ever(run: Run, tmp_path: Path) -> None:
    """Nothing is shown of settings that nobody can rely on."""
    (tmp_path / "hubkit.toml").write_text("tll = 3\n")
    result = run("config", "show")

    assert (2, "") == (result.exit_code, result.stdout)
    assert "did you mean 'ttl'" in result.stderr


def test_path_works_with_a_broken_file(run: Run, tmp_path: Path) -> None:
    """It is what people look for then."""
    (tmp_path / "hubkit.toml").write_text("ttl = = 3\n")
    result = run("config", "path")

    assert (0, f"broken\t{tmp_path / 'hubkit.toml'}\n") == (result.exit_code, result.stdout)


def test_a_named_file_that_is_missing_says_who_named_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is in the message."""
    monkeypatch.setenv("HUBKIT_CONFIG", "/nowhere/mine.toml")
    result = run("info", "acme/bare")

    assert 2 == result.exit_code
    assert "(HUBKIT_CONFIG names it)" in result.stderr
