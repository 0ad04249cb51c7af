"""The judgements of `hubkit doctor` that need no machine."""

from __future__ import annotations

from threading import Event

import pytest

from hubkit import HubConfig
from hubkit._clock import SYSTEM_CLOCK, Deadline
from hubkit.cli._checks._finding import Finding
from hubkit.cli._checks._machine import _all_of, _Job
from hubkit.cli._checks._servers import judge_servers
from hubkit.cli._checks._skew import check_clock
from hubkit.cli._checks._stores import remedy_for
from hubkit.cli._checks._tiers import check_tier
from hubkit.cli._checks._versions import check_versions, judge_python, judge_version
from hubkit.testing import FakeClock

GIB = 2**30


@pytest.mark.parametrize(
    ("installed", "status", "said"),
    [
        ("1.2.0", "ok", "1.2.0"),
        ("2.9.1", "ok", "2.9.1"),
        ("1.1.7", "fail", "too old"),
        ("3.0.0", "fail", "too new"),
        ("3.1rc1", "fail", "too new"),
        (None, "fail", "not installed"),
        ("unknown", "warn", "can't be compared"),
    ],
)
def test_versions_are_judged(installed: str | None, status: str, said: str) -> None:
    """What is wrong comes with the command that mends it."""
    found = judge_version("huggingface_hub", installed, ">=1.2,<3")

    assert status == found.status
    assert said in found.message or status == "warn"
    assert (None if status == "ok" else 'pip install "huggingface_hub>=1.2,<3"') == found.remedy


@pytest.mark.parametrize(("minor", "status"), [(10, "ok"), (13, "ok"), (15, "warn")])
def test_a_newer_python_is_worth_a_warning(minor: int, status: str) -> None:
    """Nobody has tried it."""
    assert status == judge_python((3, minor), [10, 11, 12, 13]).status


def test_the_installed_versions_are_right() -> None:
    """What this project is tested with is what it asks for."""
    found = {each.subject: each.status for each in check_versions(with_redis=False)}

    assert {"hubkit", "huggingface_hub", "requests", "Python"} <= set(found)
    assert "fail" not in found.values()


def test_servers_are_judged_by_the_worst_of_them() -> None:
    """One of a cluster is enough to warn of."""
    good = {
        "redis_version": "7.4.1",
        "used_memory": 2**20,
        "maxmemory": GIB,
        "maxmemory_policy": "allkeys-lru",
    }
    full = good | {"used_memory": GIB, "maxmemory_policy": "noeviction"}

    assert "ok" == judge_servers([good, good])[0]
    assert ("ok", True) == (
        (said := judge_servers([good | {"maxmemory": 0}]))[0],
        "no memory limit" in said[1],
    )
    status, message, remedy = judge_servers([good, full])
    assert ("warn", True, True) == (status, "nearly is" in message, "maxmemory-policy" in str(remedy))
    assert "skip" == judge_servers([])[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, "skip"),
        ({"Date": "nonsense"}, "skip"),
        ({"Date": "Thu, 01 Jan 1970 00:16:40 GMT"}, "ok"),
        # Somebody in between has kept the answer for an hour.
        ({"Date": "Wed, 31 Dec 1969 23:16:40 GMT", "Age": "3600"}, "ok"),
        ({"Date": "Thu, 01 Jan 1970 00:18:40 GMT"}, "warn"),
        ({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, "fail"),
    ],
)
def test_the_clock_is_judged_by_a_header(headers: dict[str, str], status: str) -> None:
    """Whatever stands in it."""
    assert status == check_clock(headers, 1000.0, 1001.0).status


@pytest.mark.parametrize(
    ("said", "url", "word"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "redis://h", "maxmemory"),
        ("NOPERM this user has no permissions", "redis://h", "ACL"),
        ("Error 111 connecting to h:1. Connection refused.", "redis://h", "start the server"),
        ("[Errno 2] No such file or directory: '/x'", "file:///x", "another place"),
        ("[Errno 28] No space left on device", "sqlite:///x", "make room"),
        ('needs: pip install "hubkit[redis]"', "redis://h", "run that command"),
        ("whatever", "redis://h", "docs/redis.md"),
        ("whatever", "file:///x", "HUBKIT_CACHE"),
    ],
)
def test_what_a_store_says_leads_to_what_to_do(said: str, url: str, word: str) -> None:
    """A file that is missing is another matter than a server's socket."""
    assert word in remedy_for(said, url)


def test_a_check_that_breaks_or_hangs_spoils_no_other() -> None:
    """It is a failure of its own."""
    good = Finding(check="version", status="ok", message="fine")
    never = Event()

    def hang() -> list[Finding]:
        never.wait(30)
        return []

    def break_down() -> list[Finding]:
        raise KeyError("x")

    jobs = [
        _Job("disk", "/mnt", hang),
        _Job("cache", "x://", break_down),
        _Job("version", None, lambda: [good]),
    ]
    found = _all_of(jobs, Deadline(0.5, SYSTEM_CLOCK))
    never.set()

    assert [("disk", "fail"), ("cache", "fail"), ("version", "ok")] == [
        (each.check, each.status) for each in found
    ]
    assert "no answer within 0.5 s" == found[0].message
    assert "KeyError" in found[1].message


class SlowClock(FakeClock):
    """So many seconds pass with each look at it, the first times."""

    def __init__(self, seconds: float, times: int) -> None:
        super().__init__()
        self._seconds, self._times = seconds, times

    def monotonic(self) -> float:
        """Seconds since some moment."""
        self._times -= 1
        self.advance(seconds=self._seconds if self._times >= 0 else 0.0)
        return super().monotonic()


@pytest.mark.parametrize(("times", "status"), [(2, "ok"), (100, "warn")])
def test_a_store_is_slow_when_it_is_so_thrice(times: int, status: str) -> None:
    """A machine that is busy for a moment is no verdict; what is slow again and again is."""
    (found,) = check_tier("memory://", HubConfig(cache="memory://"), SlowClock(0.2, times))

    assert (status, status == "warn") == (found.status, "HUBKIT_CACHE=" in str(found.remedy))
