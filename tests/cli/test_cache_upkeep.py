"""``hubkit cache stats``, ``prune``, ``warm`` and ``import``."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import Result
from terminals import at_terminal, last_line

from hubkit.cache import FilesystemCache
from hubkit.testing import LocalHub

Run = Callable[..., Result]


@pytest.fixture
def names(hub: LocalHub, tmp_path: Path) -> Path:
    """A list of sixty models that the hub has."""
    for number in range(60):
        hub.add_model({"id": f"acme/m{number}", "private": False, "sha": "a" * 40})
    path = tmp_path / "models.txt"
    path.write_text("".join(f"acme/m{number}\n" for number in range(60)), encoding="utf-8")
    return path


def _seed(folder: Path, name: str, *, age: float = 1.0) -> None:
    """A file as the first connector wrote it."""
    record = {
        "model_id": name,
        "siblings": [{"rfilename": "config.json"}],
        "cached_at": (datetime.now() - timedelta(hours=age)).isoformat(),
    }
    folder.mkdir(exist_ok=True)
    file = folder / f"{hashlib.md5(name.encode()).hexdigest()}.json"
    file.write_text(json.dumps(record), encoding="utf-8")


def _unusable(folder: Path) -> str:
    """A store that can't be opened: its file is none of SQLite's, and can't be replaced."""
    (folder / "no.db").mkdir()
    return f"sqlite://{quote(str(folder / 'no.db'))}"


def test_stats_tells_how_full_each_tier_is(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """Each line has exact values; a tier that is down is one of them."""
    near = (tmp_path / "cache").as_uri()
    run("info", "acme/bare")
    result = run("--cache", near, "--cache", _unusable(tmp_path), "cache", "stats")
    lines = [line.split("\t") for line in result.stdout.splitlines()]

    assert 0 == result.exit_code
    assert [[near, "1", "true"], ["", "false"]] == [[*lines[0][:2], lines[0][3]], lines[1][1:4:2]]
    assert int(lines[0][2]) > 100


def test_stats_json_has_stable_keys(run: Run) -> None:
    """Programs learn all that `stats()` tells."""
    document = json.loads(run("cache", "stats", "--json").stdout)
    tier_keys = "url reachable entries size_bytes hits misses unreadable errors bytes_read bytes_written"

    assert ["hits", "misses", "revalidations", "stale", "errors", "tiers"] == list(document)
    assert [tier_keys.split()] == [list(tier) for tier in document["tiers"]]


@pytest.mark.redis
def test_stats_shows_no_password(run: Run) -> None:
    """A tier is named, not how to get in."""
    result = run("--cache", "redis://user:letmein@127.0.0.1:1/0", "cache", "stats")

    assert "letmein" not in result.output
    assert "redis://***@127.0.0.1:1/0" in result.stdout


def test_prune_says_how_many(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """What is dead goes, and what lives stays."""
    run("info", "acme/bare")
    FilesystemCache(tmp_path / "cache").set("dead", b"x", expires_in=-1.0)

    first, again = run("cache", "prune"), run("cache", "prune")

    assert (0, "1 entry pruned\n") == (first.exit_code, first.stdout)
    assert (0, "0 entries pruned\n") == (again.exit_code, again.stdout)
    assert 0 == run("--offline", "info", "acme/bare").exit_code


def test_a_tier_that_is_down_is_not_tidied(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """Nobody should believe that a store was changed which wasn't reached."""
    _seed(tmp_path / "old", "acme/old")
    tier = _unusable(tmp_path)

    assert 7 == run("--cache", tier, "cache", "prune").exit_code
    assert 7 == run("--cache", tier, "cache", "import", str(tmp_path / "old")).exit_code


def test_a_tier_that_refuses_to_be_written_is_no_success(run: Run, tmp_path: Path) -> None:
    """It can be read, and yet has nothing of what was imported."""
    _seed(tmp_path / "old", "acme/old")
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "entries-1").touch()
    result = run("cache", "import", str(tmp_path / "old"))

    assert (7, "") == (result.exit_code, result.stdout)
    assert "a tier can't be used, and may lack what was imported" in result.stderr


def test_a_read_only_cache_is_left_alone(
    hub: LocalHub, run: Run, names: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that may not change the cache is told so before anything is asked."""
    monkeypatch.setenv("HUBKIT_CACHE_MODE", "read-only")
    _seed(tmp_path / "old", "acme/old")
    commands = [("prune",), ("warm", str(names)), ("import", str(tmp_path / "old"))]

    assert [2, 2, 2] == [run("cache", *command).exit_code for command in commands]
    assert 0 == hub.total_requests


def test_warm_asks_for_what_is_not_cached(hub: LocalHub, run: Run, names: Path) -> None:
    """The second time nothing is asked; then the build can do without the Hub."""
    run("info", "acme/m3")
    hub.reset_counts()
    first, again = run("cache", "warm", str(names)), run("cache", "warm", str(names))

    assert (0, "60 models: 1 cached, 59 asked, 0 missing\n") == (first.exit_code, first.stdout)
    assert (0, "60 models: 60 cached, 0 asked, 0 missing\n") == (again.exit_code, again.stdout)
    assert "" == first.stderr + again.stderr
    assert 59 == hub.total_requests
    assert 0 == run("--offline", "cache", "warm", str(names)).exit_code


def test_warm_reads_lists_as_people_write_them(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """Comments, blank lines, repetitions, a mark of the byte order, line ends of Windows."""
    text = "\ufeff# ours\r\n\r\nacme/bare\r\n  acme/tiny-llama  # for tests\r\nacme/bare\r\n"
    (tmp_path / "models.txt").write_bytes(text.encode())

    assert "2 models: 0 cached, 2 asked, 0 missing\n" == run("cache", "warm", "models.txt").stdout


def test_warm_reads_standard_input(hub: LocalHub, run: Run) -> None:
    """``-`` stands for it; an empty list is done at once."""
    one, empty = run("cache", "warm", "-", typed="acme/bare\n"), run("cache", "warm", "-", typed="# none\n")

    assert (0, "1 model: 0 cached, 1 asked, 0 missing\n") == (one.exit_code, one.stdout)
    assert (0, "0 models: 0 cached, 0 asked, 0 missing\n") == (empty.exit_code, empty.stdout)


def test_warm_names_what_is_missing(hub: LocalHub, run: Run) -> None:
    """The exit code is 1, and the others are cached."""
    result = run("cache", "warm", "-", typed="acme/bare\nno/such\n")

    assert (1, "2 models: 0 cached, 1 asked, 1 missing\n") == (result.exit_code, result.stdout)
    assert "hubkit: warning: no/such: no such model, or not for this token\n" == result.stderr
    assert 0 == run("--offline", "info", "acme/bare").exit_code


def test_warm_json_has_stable_keys(hub: LocalHub, run: Run) -> None:
    """Programs learn which are missing."""
    result = run("cache", "warm", "-", "--json", typed="acme/bare\nno/such\n")
    document = {"models": 2, "cached": 0, "asked": 1, "missing": ["no/such"]}

    assert (1, document) == (result.exit_code, json.loads(result.stdout))
    assert list(document) == list(json.loads(result.stdout))


def test_warm_keeps_what_it_got_before_the_quota_ended(hub: LocalHub, run: Run, names: Path) -> None:
    """The message says when to come back; the next run goes on where this one ended."""
    run("info", "acme/m59")
    hub.limit(20, window=120.0)
    result = run("cache", "warm", str(names), "--json")
    summary, error = result.stderr.splitlines()
    hub.limit(None)
    cached = [run("--offline", "info", f"acme/m{number}").exit_code for number in range(60)]

    assert (6, "") == (result.exit_code, result.stdout)
    assert "hubkit: 1 cached, 20 asked, 0 missing, 39 left" == summary
    assert error.startswith("hubkit: error: ")
    assert "try again in" in error
    assert ".partial" not in error
    assert 21 == cached.count(0)


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
@pytest.mark.parametrize("progress", [True, False])
def test_warm_shows_how_far_it_is(
    hub: LocalHub,
    spawn: Callable[..., subprocess.Popen[bytes]],
    names: Path,
    monkeypatch: pytest.MonkeyPatch,
    progress: bool,
) -> None:
    """A bar at a terminal, unless the settings say no; it is gone when the answer is there."""
    monkeypatch.setenv("HUBKIT_PROGRESS", str(progress).lower())
    out, seen = at_terminal(spawn, ["cache", "warm", str(names)])

    assert b"60 models: 0 cached, 60 asked, 0 missing\n" == out
    assert progress == (b"0/60 " in seen)
    assert b"" == last_line(seen)


@pytest.mark.parametrize("away", [True, False], ids=["away", "offline"])
def test_warm_without_a_hub(hub: LocalHub, run: Run, names: Path, away: bool) -> None:
    """What is cached is counted; of the rest nothing is known, least of all that it is missing."""
    run("info", "acme/m59")
    if away:
        hub.stop()
    hub.reset_counts()
    result = run(*([] if away else ["--offline"]), "cache", "warm", str(names))

    assert (5, "") == (result.exit_code, result.stdout)
    assert "hubkit: 1 cached, 0 asked, 0 missing, 59 left" in result.stderr
    assert 0 == hub.total_requests


def test_warm_goes_on_after_one_bad_answer(hub: LocalHub, run: Run, names: Path) -> None:
    """What concerns one model keeps no other from being asked, and is said at the end."""
    hub.fail("model_info", status=200, body="[]", headers={"Content-Type": "application/json"})
    result = run("cache", "warm", str(names))

    assert (7, "") == (result.exit_code, result.stdout)
    assert "hubkit: 0 cached, 59 asked, 0 missing, 1 left\n" in result.stderr
    assert "60 models: 59 cached, 1 asked, 0 missing\n" == run("cache", "warm", str(names)).stdout


def test_warm_with_a_refused_token(
    hub: LocalHub, run: Run, names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused once, not sixty times."""
    monkeypatch.setenv("HF_TOKEN", "hf_nobodysToken0123456789abcdefghij")
    result = run("cache", "warm", str(names))

    assert (4, "") == (result.exit_code, result.stdout)
    assert 10 > hub.total_requests


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"acme/bare\n../x\n", "models.txt, line 2: model_id '../x' is not a repository id"),
        (b"\xff\xfe\x00", "models.txt: not UTF-8 text"),
        (None, "list of models models.txt can't be read: No such file"),
    ],
    ids=["id", "text", "file"],
)
def test_warm_refuses_what_is_no_list(
    hub: LocalHub, run: Run, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """The line is named, and nothing is asked."""
    if content is not None:
        (tmp_path / "models.txt").write_bytes(content)
    result = run("cache", "warm", "models.txt")

    assert (2, "") == (result.exit_code, result.stdout)
    assert said in result.stderr
    assert 0 == hub.total_requests


def test_import_takes_over_the_old_folder(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """Each foreign file is a warning; a second import finds nothing newer."""
    _seed(tmp_path / "old", "acme/old")
    _seed(tmp_path / "old", "acme/older", age=5.0)
    (tmp_path / "old" / "README.md").write_text("x", encoding="utf-8")
    first, again = (run("cache", "import", str(tmp_path / "old")) for _ in range(2))

    assert [(0, "2 models imported\n"), (0, "0 models imported\n")] == [
        (first.exit_code, first.stdout),
        (again.exit_code, again.stdout),
    ]
    assert "hubkit: warning: not imported: 'README.md': not a file of the first connector\n" == first.stderr
    assert 0 == run("--offline", "info", "acme/older").exit_code


def test_import_of_no_folder(run: Run, tmp_path: Path) -> None:
    """It is said which."""
    result = run("cache", "import", str(tmp_path / "missing"))

    assert (2, "") == (result.exit_code, result.stdout)
    assert "missing" in result.stderr


def test_every_verb_is_in_the_help(run: Run) -> None:
    """The group lists what can be done with the cache."""
    lines = run("cache", "--help").stdout.partition("Commands:\n")[2].splitlines()
    verbs = [line.split()[0] for line in lines if line[:3].strip()]

    assert ["clear", "get", "import", "ls", "prune", "rm", "stats", "warm"] == sorted(verbs)
