"""``hubkit search``, ``info``, ``license`` and ``compat``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from hubkit._metadata._query import SORTS
from hubkit.cli._listing import LISTING_KEYS
from hubkit.cli._models import SORTS as OFFERED_SORTS
from hubkit.testing import LocalHub

Run = Callable[..., Result]


def test_search_on_a_pipe_prints_exact_values_separated_by_tabs(hub: LocalHub, run: Run) -> None:
    """A pipe gets whole ids, exact numbers and dates, and no header."""
    result = run("search", "llama")

    expected = "acme/tiny-llama\t12345678\t4321\ttext-generation\tapache-2.0\t2024-06-07T08:09:10.000Z\n"
    assert expected == result.stdout
    assert 0 == result.exit_code


@pytest.mark.parametrize(
    "options",
    [
        ["--tag", "llama", "--tag", "safetensors"],
        ["--author", "acme", "--limit", "1"],
        ["--task", "text-generation"],
    ],
)
def test_search_without_a_query_takes_filters(hub: LocalHub, run: Run, options: list[str]) -> None:
    """Tags, author and task narrow a search down, and the limit bounds it."""
    result = run("search", *options)

    assert ["acme/tiny-llama"] == [line.split("\t")[0] for line in result.stdout.splitlines()]


def test_search_sorts_as_told(hub: LocalHub, run: Run) -> None:
    """The order reaches the Hub."""
    run("search", "--sort", "likes")

    assert "sort=likes" in str(hub.log[-1])


def test_search_offers_every_order_that_the_client_knows() -> None:
    """The list that ``--help`` shows without an import is the client's own."""
    assert tuple(SORTS) == OFFERED_SORTS


def test_search_json_has_stable_keys(hub: LocalHub, run: Run) -> None:
    """Every key is there for every model, also for one of which the Hub says little."""
    documents = json.loads(run("search", "--author", "acme", "--json").stdout)

    assert [[*LISTING_KEYS, "cached_at", "from_cache"]] * 2 == [list(document) for document in documents]
    assert [False, False] == [document["from_cache"] for document in documents]
    assert [12_345_678, 7] == [document["downloads"] for document in documents]


def test_search_that_finds_nothing_says_no(hub: LocalHub, run: Run) -> None:
    """Nothing found is the exit code 1, and an empty list for programs."""
    plain, document = run("search", "zzz"), run("search", "zzz", "--json")

    assert (1, "", "hubkit: nothing found\n") == (plain.exit_code, plain.stdout, plain.stderr)
    assert (1, []) == (document.exit_code, json.loads(document.stdout))


def test_search_offline_answers_from_the_cache(hub: LocalHub, run: Run) -> None:
    """What was found before is found again without a network."""
    online = run("search", "llama")
    hub.stop()

    offline, document = run("--offline", "search", "llama"), run("--offline", "search", "llama", "--json")

    assert online.stdout == offline.stdout
    assert "hubkit: from the cache, just now\n" == offline.stderr
    assert [True] == [model["from_cache"] for model in json.loads(document.stdout)]


def test_info_describes_a_model(hub: LocalHub, run: Run) -> None:
    """Each line has a name and an exact value."""
    facts = dict(line.split("\t") for line in run("info", "acme/tiny-llama").stdout.splitlines())

    expected = {"task": "text-generation", "license": "apache-2.0", "downloads": "12345678", "source": "hub"}
    assert expected == {name: facts[name] for name in expected}


def test_info_says_when_the_answer_is_from_the_cache(hub: LocalHub, run: Run) -> None:
    """The second answer costs no request, and says so."""
    first = json.loads(run("info", "acme/tiny-llama", "--json").stdout)
    second = json.loads(run("info", "acme/tiny-llama", "--json").stdout)

    assert (False, True) == (first["from_cache"], second["from_cache"])
    assert first["cached_at"] == second["cached_at"]
    assert 1 == hub.requests["model_info"]


def test_info_refresh_asks_the_hub(hub: LocalHub, run: Run) -> None:
    """With ``--refresh`` the cache is no excuse."""
    run("info", "acme/tiny-llama")
    again = json.loads(run("info", "acme/tiny-llama", "--refresh", "--json").stdout)

    assert again["from_cache"] is False
    assert 2 == hub.requests["model_info"]


def test_info_of_a_revision(hub: LocalHub, run: Run) -> None:
    """A commit is described as it was."""
    first = hub.add_repo("acme/moving", {"a.txt": b"1"})
    hub.commit("acme/moving", {"b.txt": b"2"})
    document = json.loads(run("info", "acme/moving", "--revision", first, "--json").stdout)

    assert first == document["sha"]
    assert ["a.txt"] == [file["path"] for file in document["files"]]


def test_license_stands_alone_on_a_pipe(hub: LocalHub, run: Run) -> None:
    """A script can take the licence's id as it is."""
    assert "apache-2.0\n" == run("license", "acme/tiny-llama").stdout


def test_license_json_tells_the_source(hub: LocalHub, run: Run) -> None:
    """Programs learn whence the licence is known."""
    expected = {
        "model_id": "acme/tiny-llama",
        "license": "apache-2.0",
        "license_name": None,
        "license_link": None,
        "source": "tags",
    }

    assert expected == json.loads(run("license", "acme/tiny-llama", "--json").stdout)


def test_license_that_nobody_stated_is_a_no(hub: LocalHub, run: Run) -> None:
    """No licence is the exit code 1, and null for programs."""
    plain, document = run("license", "acme/bare"), run("license", "acme/bare", "--json")

    assert (1, "") == (plain.exit_code, plain.stdout)
    assert (1, None) == (document.exit_code, json.loads(document.stdout)["license"])


def test_compat_says_yes(hub: LocalHub, run: Run) -> None:
    """A model with a configuration and weights of that library is compatible."""
    result = run("compat", "acme/tiny-llama", "--library", "transformers")

    assert (0, "acme/tiny-llama is compatible with transformers\n") == (result.exit_code, result.stdout)


def test_compat_gives_its_reasons(hub: LocalHub, run: Run) -> None:
    """A no comes with each reason and the exit code 1."""
    result = run("compat", "acme/bare", "--library", "peft", "--json")

    expected = {
        "model_id": "acme/bare",
        "library": "peft",
        "compatible": False,
        "reasons": [
            "it has no weight file",
            "it has no configuration file",
            "its library is not stated, not peft",
        ],
    }
    assert (1, expected) == (result.exit_code, json.loads(result.stdout))
    assert 4 == len(run("compat", "acme/bare", "--library", "peft").stdout.splitlines())


@pytest.mark.parametrize("command", ["info", "search"])
def test_hostile_names_reach_the_terminal_as_plain_text(
    hub: LocalHub, run: Run, alice: str, command: str
) -> None:
    """Escape sequences, control characters, line ends and an echoed token are taken out of what the Hub says."""
    hostile = ["\x1b]0;pwned\x07red\x1b[31m", "a\tb\nc", "\u202eback", "\x9b2J", alice]
    hub.add_model({**LLAMA_LIKE, "pipeline_tag": "\x1b[2Jtask\tx", "tags": hostile})
    result = run(command, "evil/model")

    shown = set(result.stdout) - {"\n", "\t"}
    assert {char for char in shown if not char.isprintable()} == set()
    assert "task x" in result.stdout
    assert (1 if command == "search" else 17) == len(result.stdout.splitlines())


def test_hostile_names_in_json_are_exact_and_harmless(hub: LocalHub, run: Run) -> None:
    """Programs get the very text, in pure ASCII without a control character."""
    hub.add_model({**LLAMA_LIKE, "tags": ["\x1b[31mred\x7f", "\u202e\x9b2J"]})
    result = run("info", "evil/model", "--json")

    assert ["\x1b[31mred\x7f", "\u202e\x9b2J"] == json.loads(result.stdout)["tags"]
    assert all(" " <= char <= "~" or char == "\n" for char in result.stdout)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_echoed_token_is_masked_whatever_surrounds_it(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """Neither quotes in it, nor escapes, nor a place where long text would be cut let a part of it through."""
    token = 'quo"ted\\token-of-carol'
    hub.add_user("carol", token)
    monkeypatch.setenv("HF_TOKEN", token)
    tags = [token, "x" * 490 + token, "y" * 19_990 + token]
    hub.add_model({**LLAMA_LIKE, "tags": tags})
    result = run("info", "evil/model", *options)

    assert 0 == result.exit_code
    assert "***" in result.stdout
    assert "quo" not in result.stdout
    assert "carol" not in result.stdout


def test_long_values_are_whole_on_a_pipe(hub: LocalHub, run: Run) -> None:
    """What a program reads is not shortened."""
    hub.add_model({**LLAMA_LIKE, "tags": ["x" * 2000]})

    assert "x" * 2000 in run("info", "evil/model").stdout


LLAMA_LIKE = {"id": "evil/model", "private": False, "siblings": []}
