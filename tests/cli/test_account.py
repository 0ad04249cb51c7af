"""``hubkit login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from huggingface_hub import constants

from hubkit.testing import LocalHub

Run = Callable[..., Result]

TOKEN = "hf_bobToken0123456789abcdefghijk"


@pytest.fixture(autouse=True)
def _bob(hub: LocalHub) -> None:
    hub.add_user("bob", TOKEN)


@pytest.mark.parametrize("option", [["--token-stdin"], ["--token", "-"]])
def test_login_keeps_a_good_token_in_the_keystore(
    hub: LocalHub, run: Run, keystore: Any, option: list[str]
) -> None:
    """The token is read from standard input, verified, and kept for this Hub."""
    result = run("login", *option, typed=f"{TOKEN}\n")

    assert (0, "") == (result.exit_code, result.stderr)
    assert f"Logged in to {hub.endpoint} as bob; the token is in test keystore.\n" == result.stdout
    assert {("hubkit", hub.endpoint): TOKEN} == keystore.kept


def test_a_login_lasts(hub: LocalHub, run: Run, keystore: Any) -> None:
    """The next command uses the token of the keystore."""
    run("login", "--token-stdin", typed=TOKEN)
    document = json.loads(run("whoami", "--json").stdout)

    assert ("bob", "keystore") == (document["name"], document["token_source"])


def test_login_never_keeps_a_refused_token(run: Run, keystore: Any) -> None:
    """A token that the Hub doesn't know is an error, and its text isn't shown."""
    result = run("login", "--token-stdin", typed="hf_unknownUnknown123")

    assert (4, {}) == (result.exit_code, keystore.kept)
    assert "hf_unknown" not in result.output


@pytest.mark.parametrize("typed", ["", "not-a-token"])
def test_login_refuses_what_is_no_token(hub: LocalHub, run: Run, keystore: Any, typed: str) -> None:
    """Nothing, or something of another shape, is refused without asking the Hub."""
    result = run("login", "--token-stdin", typed=typed)

    assert (4, 0) == (result.exit_code, hub.total_requests)


@pytest.mark.parametrize("arguments", [["--token", TOKEN], [TOKEN]])
def test_login_takes_no_token_from_the_command_line(run: Run, keystore: Any, arguments: list[str]) -> None:
    """One that was typed there anyhow is wrong usage, and isn't repeated."""
    result = run("login", *arguments)

    assert (2, {}) == (result.exit_code, keystore.kept)
    assert TOKEN not in result.output


def test_login_without_a_terminal_tells_how(run: Run) -> None:
    """Where nobody can be asked, the error names the option for scripts."""
    result = run("login")

    assert 2 == result.exit_code
    assert "--token-stdin" in result.stderr


def test_login_without_a_keystore_gives_one_hint(run: Run) -> None:
    """On a server the token is found good, and one line says what to do instead."""
    result = run("login", "--token-stdin", typed=TOKEN)

    assert 2 == result.exit_code
    assert 1 == len(result.stderr.splitlines())
    assert "the token of bob is good, but was not kept" in result.stderr
    assert "HF_TOKEN" in result.stderr


def test_login_warns_when_another_token_comes_first(run: Run, keystore: Any, alice: str) -> None:
    """A token in the environment would make the login look broken."""
    result = run("login", "--token-stdin", typed=TOKEN)

    assert 0 == result.exit_code
    assert "hubkit: warning: the settings name another token" in result.stderr


def test_login_offline_is_out_of_reach(run: Run, keystore: Any) -> None:
    """A token can't be verified without a network."""
    assert 5 == run("--offline", "login", "--token-stdin", typed=TOKEN).exit_code


def test_login_at_a_busy_hub_is_rate_limited(hub: LocalHub, run: Run, keystore: Any) -> None:
    """What hides behind a failed connection decides the exit code."""
    hub.fail("whoami", status=429, headers={"Retry-After": "120"})
    result = run("login", "--token-stdin", typed=TOKEN)

    assert 6 == result.exit_code
    assert "try again in 120 s" in result.stderr


def test_logout_forgets_the_token(run: Run, keystore: Any) -> None:
    """Afterwards there is none; a second time there is nothing to do."""
    run("login", "--token-stdin", typed=TOKEN)
    first, second = run("logout"), run("logout")

    assert ({}, 0, 0) == (keystore.kept, first.exit_code, second.exit_code)
    assert ("Logged out", "There was") == (first.stdout[:10], second.stdout[:9])


def test_logout_tells_of_other_tokens(run: Run, keystore: Any) -> None:
    """Whoever logs out learns that the file of another tool still has a token."""
    path = Path(constants.HF_TOKEN_PATH)
    path.parent.mkdir(parents=True)
    path.write_text(TOKEN)
    result = run("logout")

    assert "hubkit: warning: a token is still found: in the file of 'hf auth login'\n" == result.stderr


def test_logout_without_a_keystore_is_an_error(run: Run) -> None:
    """There was nothing that could have been kept."""
    result = run("logout")

    assert 2 == result.exit_code
    assert "there is no token to remove" in result.stderr


def test_whoami_names_the_owner(hub: LocalHub, run: Run, alice: str) -> None:
    """Programs get every key, and never the token."""
    result = run("whoami", "--json")

    expected = {
        "name": "alice",
        "fullname": "alice",
        "type": "user",
        "orgs": [],
        "token_name": "alice-write",
        "token_role": "write",
        "token_source": "settings",
        "endpoint": hub.endpoint,
    }
    assert expected == json.loads(result.stdout)
    assert "name\talice" == run("whoami").stdout.splitlines()[0]


def test_the_token_file_of_other_tools_is_used(run: Run) -> None:
    """Who logged in with Hugging Face's own program is known here too."""
    path = Path(constants.HF_TOKEN_PATH)
    path.parent.mkdir(parents=True)
    path.write_text(TOKEN)

    assert "hf token file" == json.loads(run("whoami", "--json").stdout)["token_source"]


def test_a_command_asks_nothing_but_its_question(hub: LocalHub, run: Run, alice: str) -> None:
    """The token is used without verifying it first."""
    run("info", "acme/tiny-llama")

    assert {"model_info": 1} == dict(hub.requests)
