"""Reports on licences and compatibility as documents for programs and as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import size_text
from hubkit.cli._output import Cell, Fact
from hubkit.cli._session import Session, end_with
from hubkit.cli._table import Column

if TYPE_CHECKING:
    from hubkit._compatibility import CompatibilityFinding, CompatibilityReport
    from hubkit._licenses import LicenseLink, LicenseReport

__all__ = ["show_compatibility", "show_compatibility_report", "show_license_report"]

_LINKS = (
    Column("MODEL", least=24, is_name=True),
    Column("LICENSE", least=14),
    Column("SPDX", least=10),
    Column("STATED BY"),
    Column("MADE FROM IT", least=16, is_name=True),
)
_FINDINGS = tuple(Column(title) for title in ("SEVERITY", "CODE", "MESSAGE", "REMEDY", "SOURCE"))


def show_license_report(session: Session, report: LicenseReport, *, as_json: bool) -> None:
    """Print a report, and end with 1 unless it is as good as was asked for."""
    if as_json:
        session.out.json(report.to_dict())
    else:
        session.out.table(_LINKS, [_link_row(link) for link in report.links])
        if session.out.is_terminal:
            for obligation in report.obligations:
                session.out.line(f"- {obligation}")
    for text in (*(each.message for each in report.conflicts), *report.problems):
        session.out.note(text, kind="warning")
    verdict = report.verdict
    if verdict is not None:
        session.out.note(f"hubkit: {'; '.join([verdict.status, *verdict.reasons])}")
        fine = verdict.status == "allowed"
    else:
        for link in report.links:
            if not link.licenses:
                session.out.note(f"hubkit: {link.model_id}: {link.problem or 'states no licence'}")
        fine = report.is_clear
    if not fine:
        end_with(ExitCode.NO)


def show_compatibility(session: Session, report: CompatibilityReport, *, as_json: bool) -> None:
    """Print a report's short answer, and end with 1 unless the model is compatible."""
    library, reasons = report.required_library, list(report.reasons)
    if as_json:
        session.out.json(
            {
                "model_id": report.model_id,
                "library": library,
                "compatible": report.is_compatible,
                "reasons": reasons,
            }
        )
    else:
        verdict = "is compatible" if report.is_compatible else "is not compatible"
        session.out.line(f"{report.model_id} {verdict}{f' with {library}' if library else ''}")
        for reason in reasons:
            session.out.line(f"- {reason}")
    if not report.is_compatible:
        end_with(ExitCode.NO)


def show_compatibility_report(session: Session, report: CompatibilityReport, *, as_json: bool) -> None:
    """Print a report, and end with 1 unless the model is compatible."""
    if as_json:
        session.out.json(report.to_dict())
    elif session.out.is_terminal:
        # A table would cut the words, which are what this is about.
        session.out.facts([*map(_finding_fact, report.findings), *_size_facts(report)])
    else:
        session.out.table(_FINDINGS, [_finding_row(finding) for finding in report.findings])
    library = f" with {report.required_library}" if report.required_library else ""
    session.out.note(f"hubkit: {report.model_id}{library}: {report.verdict}")
    if not report.is_compatible:
        end_with(ExitCode.NO)


def _link_row(link: LicenseLink) -> list[Cell]:
    return [
        Cell(link.model_id),
        Cell([stated.name or stated.id for stated in link.licenses]),
        Cell([stated.spdx for stated in link.licenses if stated.spdx]),
        Cell(link.source, link.source or link.problem or "nothing"),
        Cell(link.base_of),
    ]


def _finding_row(finding: CompatibilityFinding) -> list[Cell]:
    values = (finding.severity, finding.code, finding.message, finding.remedy, finding.source)
    return [Cell(value) for value in values]


def _finding_fact(finding: CompatibilityFinding) -> Fact:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return Fact(finding.severity, finding.code, f"{finding.message}{remedy}")


def _size_facts(report: CompatibilityReport) -> list[Fact]:
    sizes = {"disk": report.disk_bytes, "weights": report.weight_bytes, "memory": report.memory_bytes}
    return [Fact(name, size, "" if size is None else size_text(size)) for name, size in sizes.items()]
