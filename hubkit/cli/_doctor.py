"""``hubkit doctor``: what keeps hubkit from working on this machine, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import count_of
from hubkit.cli._session import Session, end_with, json_option, pass_session

if TYPE_CHECKING:
    from hubkit.cli._checks import Finding

__all__ = ["doctor"]

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red", "skip": None}


@click.command()
@json_option
@pass_session
def doctor(session: Session, as_json: bool) -> None:
    """Look for what keeps hubkit from working here.

    Settings, Hub, token, clock, every cache tier, disks and versions are looked at; a key that is written
    to the tiers is deleted at once. Exit code 1 when a check fails. On a pipe each line is: status, check,
    subject, message, remedy, seconds.
    """
    from hubkit.cli._checks import examine_machine

    findings = examine_machine(session.overrides, session.clock)
    failed = sum(finding.status == "fail" for finding in findings)
    if as_json:
        from attrs import asdict

        session.out.json({"ok": not failed, "findings": [asdict(finding) for finding in findings]})
    elif session.out.is_terminal:
        _show(session, findings)
    else:
        for finding in findings:
            session.out.row(
                [
                    getattr(finding, name)
                    for name in ("status", "check", "subject", "message", "remedy", "seconds")
                ]
            )
    if failed:
        end_with(ExitCode.NO)


def _show(session: Session, findings: Sequence[Finding]) -> None:
    """A line for each check, then what to do."""
    out = session.out
    for finding in findings:
        out.marked(finding.status, finding.check, _said(finding), color=_COLORS[finding.status])
    wrong = [finding for finding in findings if finding.remedy]
    warned = sum(finding.status == "warn" for finding in findings)
    failed = sum(finding.status == "fail" for finding in findings)
    out.line("")
    for finding in wrong:
        alike = sum(other.check == finding.check for other in wrong)
        where = f"{finding.subject}: " if alike > 1 else ""
        out.marked("->", finding.check, f"{where}{finding.remedy}")
    if not wrong:
        out.line("All is well.")
    else:
        out.note(f"hubkit: {count_of(failed, 'failure')}, {count_of(warned, 'warning')}")


def _said(finding: Finding) -> str:
    return f"{finding.subject}: {finding.message}" if finding.subject else finding.message
