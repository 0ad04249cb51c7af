"""What each failure is to a script: one line and an exit code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit import errors
from hubkit.cli._failures import ExitCode, describe, exit_code_of
from hubkit.testing import LocalHub

Run = Callable[..., Result]

NOBODY = "http://127.0.0.1:1"


def _one_line(result: Result) -> str:
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("hubkit: error: ")
    assert "" == result.stdout
    return lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["info", "acme/tiny-llama"], 0),
        (["compat", "acme/bare"], 1),
        (["info", "a//b"], 2),
        (["--endpoint", "nonsense", "info", "acme/bare"], 2),
        (["--cache", "nonsense://x", "info", "acme/bare"], 2),
        (["search", "--limit", "0"], 2),
        (["search", "--sort", "size"], 2),
        (["nonsense"], 2),
        (["info", "no/such"], 3),
        (["info", "acme/tiny-llama", "--revision", "nope"], 3),
        (["whoami"], 4),
        (["--offline", "info", "acme/bare"], 5),
        (["--offline", "search", "x"], 5),
        (["--endpoint", NOBODY, "info", "acme/bare"], 5),
        (["--endpoint", NOBODY, "search", "x"], 5),
    ],
)
def test_commands_end_as_documented(hub: LocalHub, run: Run, arguments: list[str], code: int) -> None:
    """Each way to end has its number."""
    assert code == run(*arguments).exit_code


def test_a_refused_token_is_not_allowed(hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do, and not what the token was."""
    monkeypatch.setenv("HF_TOKEN", "hf_revoked0123456789")
    result = run("info", "acme/bare")

    assert 4 == result.exit_code
    assert "hubkit login" in _one_line(result)
    assert "hf_revoked" not in result.output


def test_a_token_of_another_shape_is_never_printed(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Self-hosted hubs hand out tokens that nothing but the settings can tell from text."""
    hub.add_user("carol", "s3cr3t-of-carol")
    monkeypatch.setenv("HF_TOKEN", "s3cr3t-of-carol")
    hub.fail("model_info", status=400, body={"error": "bad token s3cr3t-of-carol"})
    result = run("-vv", "info", "acme/bare")

    assert 7 == result.exit_code
    assert "s3cr3t" not in result.output


def test_a_quota_says_when_to_come_back(hub: LocalHub, run: Run) -> None:
    """The seconds and the time of day are in the message."""
    hub.fail(status=429, headers={"RateLimit": '"api";r=0;t=120'})
    result = run("info", "acme/bare")

    assert 6 == result.exit_code
    assert "try again in 120 s, at " in _one_line(result)


@pytest.mark.parametrize(
    "header", ["999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"]
)
def test_a_quota_for_ever_is_one_line_too(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """Whoever asks to be left alone beyond any calendar is told of as plainly."""
    hub.fail(status=429, headers={"Retry-After": header})
    result = run("info", "acme/bare")

    assert 6 == result.exit_code
    assert "it asks its callers to wait" in _one_line(result)


def test_a_failing_hub_is_a_failure(hub: LocalHub, run: Run) -> None:
    """What the Hub answers with 500 is nobody's fault here."""
    hub.fail(status=500)
    result = run("info", "acme/bare")

    assert 7 == result.exit_code
    assert "500" in _one_line(result)


def test_an_error_is_one_plain_line(hub: LocalHub, run: Run) -> None:
    """Line ends and escape sequences in the Hub's own words don't break out of it."""
    hub.fail("model_info", status=400, body={"error": "first\nsecond\x1b[2J\x07"})
    result = run("info", "acme/bare")

    assert 1 == len(result.stderr.splitlines())
    assert "first second)" in _one_line(result)


def test_two_v_show_the_traceback(hub: LocalHub) -> None:
    """Whoever debugs gets all of it, before the one line."""
    from click.testing import CliRunner

    from hubkit.cli._app import app

    result = CliRunner().invoke(app, ["-vv", "info", "no/such"])

    assert "Traceback (most recent call last):" in result.stderr.splitlines()
    assert result.stderr.splitlines()[-1].startswith("hubkit: error: ")


def test_one_v_says_more(hub: LocalHub, run: Run) -> None:
    """The endpoint and where the token is from help when settings are not what they seem."""
    result = run("-v", "info", "acme/bare")

    assert f"hubkit: info: endpoint {hub.endpoint}, token from nowhere\n" in result.stderr


def test_warnings_are_lines_on_standard_error(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that stands in for the Hub's is an answer, with a warning."""
    monkeypatch.setenv("HUBKIT_TTL", "0")
    monkeypatch.setenv("HUBKIT_STALE_IF_ERROR", "7d")
    run("info", "acme/bare")
    hub.stop()
    result = run("info", "acme/bare")

    assert 0 == result.exit_code
    assert result.stderr.startswith("hubkit: warning: stale metadata of acme/bare")


def test_the_logger_is_left_as_it_was(hub: LocalHub, run: Run) -> None:
    """Programs that run commands in their own process keep their logging."""
    logger = logging.getLogger("hubkit")
    before = (logger.level, list(logger.handlers))
    run("-vv", "--version")
    run("-v", "info", "acme/bare")

    assert before == (logger.level, list(logger.handlers))


def test_a_misplaced_global_option_is_explained(run: Run) -> None:
    """The most common slip is answered with the right order."""
    result = run("search", "x", "--offline")

    assert 2 == result.exit_code
    assert "It goes before the command: 'hubkit --offline ...'." in result.stderr


def test_a_group_without_a_command_shows_its_help(run: Run) -> None:
    """Nothing is cut or masked in it."""
    result = run("cache")

    assert "Commands:\n  clear" in result.output


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_an_exit_code(name: str) -> None:
    """None of them passes for success or for a plain no."""
    kind = getattr(errors, name)

    assert exit_code_of(kind("said")) in set(ExitCode) - {ExitCode.DONE, ExitCode.NO, ExitCode.INTERRUPTED}


def test_an_unexpected_error_says_so() -> None:
    """A mistake of ours is told from one of the caller's."""
    error = KeyError("x")
    said = describe(error, has_token=False, offline=False, now=0.0)

    assert "unexpected KeyError: 'x' ('hubkit -vv' shows where)" == said
    assert ExitCode.FAILED == exit_code_of(error)


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["serach"], "Did you mean 'hubkit search'?"),
        (["Info"], "Did you mean 'hubkit info'?"),
        (["cache", "stat"], "Did you mean 'hubkit cache stats'?"),
        (["repo", "branch", "creat"], "Did you mean 'hubkit repo branch create'?"),
        (["xyzzy"], "'hubkit --help' lists them."),
    ],
)
def test_a_command_that_is_none_leads_to_one(run: Run, arguments: list[str], suggestion: str) -> None:
    """In groups too."""
    result = run(*arguments)

    assert 2 == result.exit_code
    assert f"No such command '{arguments[-1]}'. {suggestion}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["info", "no/such"], "'hubkit search' finds models by a part of their name; if it is private, run "),
        (["info", "acme/tiny-llama", "--revision", "nope"], "; 'hubkit repo refs' lists branches and tags"),
        (["download", "acme/files", "--include", "z*"], "no file of acme/files matches the patterns; "),
        (["download", "acme/files", "--include", ""], "an empty pattern fits no file"),
        (["download", "acme/guarded"], "; then run 'hubkit login', or set HF_TOKEN"),
        (["whoami"], "there is no token; run 'hubkit login', or set HF_TOKEN"),
        (["repo", "create", "acme/new"], "needs a token; run 'hubkit login', or set HF_TOKEN"),
        (
            ["--endpoint", NOBODY, "info", "acme/bare"],
            "connection refused; 'hubkit doctor' looks for the reason",
        ),
        (["--endpoint", NOBODY, "search", "x"], "and the Hub is out of reach; 'hubkit doctor' looks"),
        (["--endpoint", NOBODY, "download", "acme/bare"], "; 'hubkit doctor' looks for the reason"),
        (["--offline", "info", "acme/bare"], "; to ask it, leave --offline out and HUBKIT_OFFLINE"),
        (["bundle", "load", "junk"], "; if it was copied, copy it again; else make it anew with"),
        (["bundle", "create", "no/folder/out.tar"], "there is no folder 'no/folder'"),
        (["lock"], "models.toml doesn't exist: list the models in it"),
        (["sync", "--file", "junk.toml"], "'hubkit lock' writes it"),
        (["cache", "warm", "nothing"], "the list of models nothing can't be read: No such file"),
        (["cache", "get", "acme/bare"], "acme/bare is not cached: 'hubkit info' asks the Hub"),
        (["upload", "nothing", "alice/x"], "uploading needs a token; run "),
    ],
)
def test_an_error_says_what_to_do_next(
    hub: LocalHub, run: Run, tmp_path: Path, arguments: list[str], advice: str
) -> None:
    """What happened, why, and how to go on."""
    hub.add_repo("acme/files", {"config.json": b"{}"})
    hub.add_repo("acme/guarded", {"config.json": b"{}"}, gated="manual")
    (tmp_path / "junk").write_text("junk")
    result = run(*arguments)

    assert 0 != result.exit_code
    assert advice in result.stderr


def test_missing_rights_lead_to_whoami(hub: LocalHub, run: Run, alice: str) -> None:
    """A token that is good may yet be the wrong one."""
    hub.add_repo("acme/files", {"config.json": b"{}"})
    result = run("repo", "settings", "acme/files", "--private")

    assert 4 == result.exit_code
    assert _one_line(result).endswith("; 'hubkit whoami' shows whose token it is, and what it may do")
    assert "[request" not in result.stderr


@pytest.mark.redis
def test_a_dead_tier_leads_to_the_doctor(hub: LocalHub, run: Run) -> None:
    """Who can't clear it learns where to look."""
    result = run("--cache", "redis://127.0.0.1:1/0", "cache", "clear", "--yes")

    assert 7 == result.exit_code
    assert result.stderr.endswith("; 'hubkit doctor' says what is wrong with it\n")


def test_a_full_disk_leads_to_another_one() -> None:
    """Found out before a download or under way."""
    error = errors.InsufficientSpaceError("download of acme/huge failed: No space left on device")
    said = describe(error, has_token=False, offline=False, now=0.0)

    assert said.endswith("on device; make room ('hf cache' deletes models), or name another folder with --to")
    assert ExitCode.FAILED == exit_code_of(error)


def test_an_error_of_the_system_names_the_file() -> None:
    """It is nobody's mistake in a program."""
    said = describe(PermissionError(13, "Permission denied", "/x"), has_token=False, offline=False, now=0.0)

    assert "/x: Permission denied ('hubkit -vv' shows where)" == said
