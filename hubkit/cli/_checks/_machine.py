"""All checks at once, each within its time and none able to spoil another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from threading import Thread
from typing import Any, NamedTuple

from hubkit._clock import Clock, Deadline
from hubkit._secrets import redact
from hubkit.cli._checks._disk import check_disk, places_on_disk
from hubkit.cli._checks._finding import Finding
from hubkit.cli._checks._hub import check_hub
from hubkit.cli._checks._settings import Known, check_offline, read_settings
from hubkit.cli._checks._tiers import check_tier
from hubkit.cli._checks._token import check_token
from hubkit.cli._checks._transport import PATIENCE
from hubkit.cli._checks._versions import check_versions
from hubkit.config import HubConfig

__all__ = ["examine_machine"]

_LATEST = 0.5
"""Seconds beyond those that the checks themselves have."""


class _Job(NamedTuple):
    check: str
    subject: str | None
    work: Callable[[], list[Finding]]


def examine_machine(overrides: Mapping[str, Any], clock: Clock) -> list[Finding]:
    """All findings, in an order that is always the same.

    Args:
        overrides: Settings from the command line, by field name.
        clock: The machine's.
    """
    known = read_settings(overrides)
    config = known.config
    patience = config.connect_timeout + PATIENCE + _LATEST
    return [*known.findings, check_offline(known), *_all_of(_jobs(known, clock), Deadline(patience, clock))]


def _jobs(known: Known, clock: Clock) -> list[_Job]:
    config = known.config
    place = known.origins.get("token")
    named = None if place is None or place.kind == "default" else str(place)
    with_redis = any(url.lower().startswith("redis") for url in config.cache)
    return [
        _Job("endpoint", config.endpoint, partial(check_hub, config, clock)),
        _Job("token", None, partial(check_token, config, named, clock)),
        *(_Job("cache", redact(url), partial(check_tier, url, config, clock)) for url in config.cache),
        _Job("disk", None, partial(_disks, config)),
        _Job("version", None, partial(check_versions, with_redis=with_redis)),
    ]


def _disks(config: HubConfig) -> list[Finding]:
    return [check_disk(kind, path) for kind, path in places_on_disk(config)]


def _all_of(jobs: Iterable[_Job], deadline: Deadline) -> list[Finding]:
    """What the jobs found; whoever isn't done in time is given up."""
    runs = [(job, _Run(job)) for job in jobs]
    findings: list[Finding] = []
    for job, run in runs:
        run.join(deadline.remaining())
        findings += _late(job, deadline) if run.is_alive() else run.found
    return findings


class _Run(Thread):
    """A job under way; the process doesn't wait for it at its end."""

    def __init__(self, job: _Job) -> None:
        super().__init__(daemon=True)
        self._job = job
        self.found: list[Finding] = []
        self.start()

    def run(self) -> None:
        """Do it; what it raises is a finding too."""
        try:
            self.found = self._job.work()
        except Exception as error:  # noqa: BLE001 - one that fails must not hide what the others found
            self.found = [_lost(self._job, f"the check failed: {type(error).__name__}: {redact(str(error))}")]


def _late(job: _Job, deadline: Deadline) -> list[Finding]:
    return [_lost(job, f"no answer within {deadline.seconds:g} s")]


def _lost(job: _Job, message: str) -> Finding:
    remedy = "see whether its disk or network hangs"
    return Finding(check=job.check, subject=job.subject, status="fail", message=message, remedy=remedy)
