"""``hubkit doctor``: what it finds on machines where something is wrong."""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import Result
from hostile_server import HostileServer

from hubkit.cache import FilesystemCache
from hubkit.testing import LocalHub

Run = Callable[..., Result]
Found = dict[str, dict[str, Any]]

NOBODY = "http://127.0.0.1:1"


def _found(run: Run, *options: str) -> Found:
    """The worst finding of each check."""
    worst = ("ok", "skip", "warn", "fail")
    findings = json.loads(run(*options, "doctor", "--json").stdout)["findings"]
    return {each["check"]: each for each in sorted(findings, key=lambda each: worst.index(each["status"]))}


def _statuses(found: Found) -> dict[str, str]:
    return {check: each["status"] for check, each in found.items()}


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """What stands where the Hub should."""
    server = HostileServer()
    monkeypatch.setenv("HUBKIT_ENDPOINT", server.endpoint)
    yield server
    server.close()


def test_all_is_well(hub: LocalHub, run: Run, alice: str) -> None:
    """Every check is there, in the same order, and the exit code is 0."""
    result = run("doctor")
    lines = [line.split("\t") for line in result.stdout.splitlines()]

    assert (0, "") == (result.exit_code, result.stderr)
    assert {"ok"} == {line[0] for line in lines}
    order = ["settings", "offline", "endpoint", "clock", "token", "cache", "disk", "disk", "version"]
    assert order == [line[1] for line in lines][: len(order)]
    assert "of alice, from HF_TOKEN, may write" in result.stdout


def test_nothing_is_left_in_the_cache(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """The key that was written is gone."""
    found = _found(run)["cache"]

    assert ("ok", True) == (found["status"], found["seconds"] > 0)
    assert [] == list(FilesystemCache(tmp_path / "cache").keys())


def test_without_a_token_all_may_be_well(hub: LocalHub, run: Run) -> None:
    """Having none is no fault; what it would bring is said."""
    token = _found(run)["token"]

    assert ("ok", None) == (token["status"], token["remedy"])
    assert token["message"].startswith("none: public models only")


def test_a_refused_token_is_a_failure(hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place where it is kept is named, and the token isn't."""
    monkeypatch.setenv("HF_TOKEN", "hf_revoked0123456789")
    result = run("doctor")
    token = _found(run)["token"]

    assert 1 == result.exit_code
    assert "hf_revoked" not in result.output
    assert ("fail", True, True) == (
        token["status"],
        "HF_TOKEN" in token["message"],
        "HF_TOKEN" in token["remedy"],
    )
    assert "ok" == _found(run)["endpoint"]["status"]


def test_an_echoed_token_is_not_shown(
    hostile: HostileServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its shape, and wherever the Hub says it."""
    monkeypatch.setenv("HF_TOKEN", "s3cr3t-of-carol")
    hostile.play(hostile.reply(200, b'{"name": "s3cr3t-of-carol"}'))
    result = run("doctor")

    assert "s3cr3t" not in result.output
    assert "of ***, from HF_TOKEN" in result.stdout


@pytest.mark.parametrize(
    ("token", "check"), [("s3cr3t", "token"), ("hf_", "token"), ("hf_with spaces", "settings")]
)
def test_a_token_of_a_wrong_shape_is_a_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch, token: str, check: str
) -> None:
    """That can be told without asking anybody."""
    monkeypatch.setenv("HF_TOKEN", token)
    result = run("--offline", "doctor")

    assert 1 == result.exit_code
    assert "fail" == _found(run, "--offline")[check]["status"]
    assert token not in result.output.replace("'hf_'", "")


def test_a_hub_for_members_asks_for_a_token(hostile: HostileServer, run: Run) -> None:
    """It answers, and that is what was asked."""
    hostile.play(hostile.reply(401, b'{"error": "log in"}'))

    assert ("ok", True) == (
        (found := _found(run)["endpoint"])["status"],
        "asks for a token" in found["message"],
    )


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ((503, b"{}"), "fail", "answers 503"),
        ((429, b"{}"), "warn", "too many requests"),
        ((200, b"{}"), "fail", "something else than a Hub answers"),
        ((404, b"{}"), "fail", "answers 404"),
    ],
)
def test_an_answer_may_be_a_finding(
    hostile: HostileServer, run: Run, answer: tuple[int, bytes], status: str, said: str
) -> None:
    """Each with what to do about it, and only one request was sent for it."""
    hostile.play(hostile.reply(*answer))
    found = _found(run)["endpoint"]

    assert (status, True, True) == (found["status"], said in found["message"], bool(found["remedy"]))
    assert ["/api/models?limit=1"] == [request.target for request in hostile.requests]


def test_a_login_portal_is_told_from_a_hub(hostile: HostileServer, run: Run) -> None:
    """It answers everything with a page."""
    hostile.play(hostile.reply(200, b"<html>log in</html>", content_type="text/html"))
    found = _found(run)["endpoint"]

    assert "fail" == found["status"]
    assert "login portal" in found["message"]


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [(NOBODY, "nothing listens there"), ("https://no.such.host.invalid", "can't be found")],
)
def test_a_hub_out_of_reach_is_explained(
    run: Run, monkeypatch: pytest.MonkeyPatch, alice: str, endpoint: str, said: str
) -> None:
    """The token is not judged then."""
    monkeypatch.setenv("HUBKIT_ENDPOINT", endpoint)
    found = _found(run)

    assert {"endpoint": "fail", "clock": "skip", "token": "skip"} == {
        check: found[check]["status"] for check in ("endpoint", "clock", "token")
    }
    assert said in found["endpoint"]["message"]
    assert found["endpoint"]["remedy"]


def test_a_server_that_hangs_up_is_explained(hostile: HostileServer, run: Run) -> None:
    """What nothing better is known of is told as it happened, the address only once."""
    hostile.behave = lambda request, sock: None
    found = _found(run)["endpoint"]

    assert ("fail", True) == (found["status"], found["message"].startswith("can't be asked: "))
    assert hostile.endpoint not in found["message"]
    assert "check the network" in found["remedy"]


def test_an_expired_certificate_is_explained(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a known authority, it is a matter of clocks, and not of trust."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    end = datetime(2021, 1, 1, tzinfo=timezone.utc)
    authority.issue_cert("127.0.0.1", not_after=end).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = HostileServer(context)
    monkeypatch.setenv("HUBKIT_ENDPOINT", server.endpoint)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    found = _found(run)["endpoint"]
    server.close()

    assert ("fail", "its certificate: certificate has expired") == (found["status"], found["message"])
    assert "check this machine's clock" in found["remedy"]


def test_a_certificate_of_strangers_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that names an authority is in the remedy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = HostileServer(context)
    monkeypatch.setenv("HUBKIT_ENDPOINT", server.endpoint)
    found = _found(run)["endpoint"]
    server.close()

    assert "fail" == found["status"]
    assert "its certificate isn't trusted" in found["message"]
    assert "REQUESTS_CA_BUNDLE" in found["remedy"]


def test_a_server_without_tls_is_explained(
    hostile: HostileServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint says https, and the server doesn't."""
    hostile.play(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    monkeypatch.setenv("HUBKIT_ENDPOINT", hostile.endpoint.replace("http:", "https:"))
    monkeypatch.setenv("HUBKIT_CONNECT_TIMEOUT", "1")
    found = _found(run)["endpoint"]

    assert "fail" == found["status"]
    assert found["remedy"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [("407 Proxy Authentication Required", "wants a login"), ("502 Bad Gateway", "can't be used")],
)
def test_a_proxy_is_named_without_its_password(
    hostile: HostileServer, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, said: str
) -> None:
    """It is the proxy that fails, and not the Hub."""
    hostile.play(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:letmein@127.0.0.1:{hostile.port}")
    monkeypatch.setenv("HUBKIT_ENDPOINT", "https://hub.invalid")
    result = run("doctor")
    found = _found(run)["endpoint"]

    assert "letmein" not in result.output
    assert ("fail", f"the proxy http://***@127.0.0.1:{hostile.port} {said}") == (
        found["status"],
        found["message"],
    )


@pytest.mark.parametrize(("ahead", "status"), [(0, "ok"), (120, "warn"), (-3600, "fail")])
def test_a_wrong_clock_is_noticed(hostile: HostileServer, run: Run, ahead: int, status: str) -> None:
    """By what the Hub says the time is."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, b"[]", Date=formatdate(time.time() - ahead, usegmt=True)
    )
    found = _found(run)["clock"]

    assert status == found["status"]
    assert ("ahead" in found["message"], "behind" in found["message"]) == (ahead > 0, ahead < 0)


def test_offline_nobody_is_asked(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch, alice: str
) -> None:
    """Whoever forbids the network is named; an option was meant."""
    meant = _found(run, "--offline")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    forgotten = _found(run)

    assert ["ok", "warn"] == [each["offline"]["status"] for each in (meant, forgotten)]
    assert "unset HF_HUB_OFFLINE" == forgotten["offline"]["remedy"]
    assert {"skip"} == {meant[check]["status"] for check in ("endpoint", "clock", "token")}
    assert 0 == hub.total_requests


@pytest.mark.parametrize(
    ("text", "said"),
    [("ttl = = 3\n", "not TOML"), ("tll = 3\n", "did you mean 'ttl'"), ('ttl = "soon"\n', "ttl must be")],
)
def test_a_broken_file_is_a_finding(hub: LocalHub, run: Run, tmp_path: Path, text: str, said: str) -> None:
    """The other checks go on with what the variables say."""
    (tmp_path / "hubkit.toml").write_text(text)
    result = run("doctor")
    found = _found(run)

    assert 1 == result.exit_code
    assert ("fail", True) == (found["settings"]["status"], said in found["settings"]["message"])
    assert ("ok", hub.endpoint) == (found["endpoint"]["status"], found["endpoint"]["subject"])


@pytest.mark.parametrize("variable", ["HUBKIT_CACH", "HUBKIT_TTL", "HUBKIT_ENDPOINT", "HUBKIT_CONFIG"])
def test_a_wrong_variable_is_a_finding(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    """None of them ends in an error."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv(variable, "nonsense")
    found = _found(run)

    assert "fail" == found["settings"]["status"]
    assert (tmp_path / "cache").as_uri() == found["cache"]["subject"]


def test_wrong_options_are_a_finding(run: Run) -> None:
    """As are settings from elsewhere."""
    found = _found(run, "--offline", "--endpoint", "nonsense")

    assert "fail" == found["settings"]["status"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://x", "no installed package opens"),
        ("redis://127.0.0.1:1/0", "Connection refused"),
        ("file:///proc/nobody/here", "can't be written"),
        ("sqlite:////proc/nobody/here.db", "can't be written"),
    ],
)
@pytest.mark.redis
def test_a_tier_that_fails_says_what_to_do(hub: LocalHub, run: Run, url: str, said: str) -> None:
    """The other tiers are looked at all the same."""
    result = run("--cache", "memory://", "--cache", url, "doctor")
    found = _found(run, "--cache", "memory://", "--cache", url)["cache"]

    assert 1 == result.exit_code
    assert (url, True, True) == (found["subject"], said in found["message"], bool(found["remedy"]))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act another user")
def test_a_folder_of_another_user_is_refused(hub: LocalHub, run: Run, tmp_path: Path) -> None:
    """What to name instead is in the remedy."""
    (tmp_path / "cache").mkdir()
    os.chown(tmp_path / "cache", 12345, -1)
    found = _found(run)["cache"]

    assert ("fail", True) == (found["status"], "belongs to another user" in found["message"])
    assert "HUBKIT_CACHE=" in found["remedy"]


def test_a_read_only_cache_is_not_written(
    hub: LocalHub, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even by a check."""
    monkeypatch.setenv("HUBKIT_CACHE_MODE", "read-only")
    found = _found(run)["cache"]

    assert ("ok", True) == (found["status"], "not written" in found["message"])
    assert not (tmp_path / "cache").exists()


def test_tiers_that_keep_nothing_are_well(hub: LocalHub, run: Run) -> None:
    """``none://`` is a choice."""
    assert "ok" == _found(run, "--cache", "none://")["cache"]["status"]


def test_a_hub_that_hangs_is_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within three seconds beyond the time to connect; a Redis that hangs as well costs no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("HUBKIT_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("HUBKIT_CONNECT_TIMEOUT", "1")
        monkeypatch.setenv("HUBKIT_CACHE", "memory://")
        began = time.perf_counter()
        found = _found(run)
        took = time.perf_counter() - began

    assert "no answer in time" == found["endpoint"]["message"]
    assert 4.0 > took
