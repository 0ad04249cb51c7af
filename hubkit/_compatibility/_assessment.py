"""From all that is known of a model to a verdict. Pure: who asks has looked already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hubkit._compatibility._files import file_findings, is_adapter
from hubkit._compatibility._record import record_findings
from hubkit._compatibility._report import CompatibilityFinding, CompatibilityReport, Verdict
from hubkit._compatibility._sizes import disk_bytes, memory_bytes, weight_bytes
from hubkit._compatibility._words import plain
from hubkit.models import ModelMetadata

__all__ = ["assess", "base_of", "is_compatible", "missing_for_use"]

_ORDER: Final = ("error", "unknown", "warning", "note")
_ASKED: Final = "the Hub"


def is_compatible(model: ModelMetadata, required_library: str | None = None) -> bool:
    """Whether the model has what it takes to be loaded, by that library if one is named."""
    return not missing_for_use(model, required_library)


def missing_for_use(model: ModelMetadata, required_library: str | None = None) -> list[str]:
    """What stands in the way, a sentence each; empty when nothing does.

    Args:
        model: Full metadata: a listing's has no files, and nothing can be said of those.
        required_library: Such as ``transformers`` or ``peft``.
    """
    return list(assess(model, required_library).reasons)


def assess(
    model: ModelMetadata,
    required_library: str | None = None,
    *,
    base: ModelMetadata | str | None = None,
    access: bool | str | None = None,
    installed: Mapping[str, str | None] | None = None,
) -> CompatibilityReport:
    """The report on a model.

    Args:
        model: What is known of it.
        required_library: The library that is to load it.
        base: For an adapter what is known of its base model, or why nothing is; None: nobody has looked.
        access: Whether this token gets its files, or why that isn't known; None: nobody has asked.
        installed: Versions of libraries in this Python, None for one that isn't there.
    """
    findings = [
        *record_findings(model, required_library, installed or {}),
        *file_findings(model, required_library),
    ]
    if is_adapter(model):
        findings += _base_findings(model, base)
    if access is not None:
        findings = [*_access_findings(model, access), *_without_gate(findings, access)]
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    return CompatibilityReport(
        model_id=model.model_id,
        required_library=required_library,
        verdict=_verdict(findings),
        findings=tuple(findings),
        disk_bytes=disk_bytes(model),
        weight_bytes=weight_bytes(model),
        memory_bytes=memory_bytes(model),
    )


def base_of(model: ModelMetadata) -> str | None:
    """The base model of an adapter; None: it is none, or doesn't say."""
    return model.base_models[0] if model.base_models and is_adapter(model) else None


def _verdict(findings: list[CompatibilityFinding]) -> Verdict:
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "incompatible"
    return "unknown" if "unknown" in severities else "compatible"


def _base_findings(model: ModelMetadata, base: ModelMetadata | str | None) -> Iterator[CompatibilityFinding]:
    named = base_of(model)
    if named is None:
        yield CompatibilityFinding(
            code="base-not-named",
            severity="warning",
            message="it is an adapter, and nothing that the Hub shows names its base model",
            remedy="see base_model_name_or_path in its adapter_config.json",
            source="card: base_model",
        )
    elif isinstance(base, str):
        yield CompatibilityFinding(
            code="base-unknown",
            severity="unknown",
            message=f"it is an adapter of {plain(named)}, of which nothing is known: {base}",
            source=_ASKED,
        )
    elif base is None:
        message = f"it is an adapter, and needs its base model {plain(named)}"
        yield CompatibilityFinding(
            code="needs-base", severity="note", message=message, source="card: base_model"
        )
    else:
        yield from _of_base(named, assess(base))


def _of_base(named: str, report: CompatibilityReport) -> Iterator[CompatibilityFinding]:
    """What is found of a base model concerns its adapter too."""
    message = f"it is an adapter, and needs its base model {plain(named)}"
    yield CompatibilityFinding(code="needs-base", severity="note", message=message, source="card: base_model")
    for finding in report.findings:
        if finding.severity != "note":
            yield CompatibilityFinding(
                code=f"base-{finding.code}",
                severity=finding.severity,
                message=f"of its base model {plain(named)}: {finding.message}",
                remedy=finding.remedy,
                source=f"{plain(named)}: {finding.source}",
            )


def _access_findings(model: ModelMetadata, access: bool | str) -> Iterator[CompatibilityFinding]:
    if access is True:
        message = "this token gets its files"
        yield CompatibilityFinding(code="access", severity="note", message=message, source=_ASKED)
    elif access is False:
        yield CompatibilityFinding(
            code="no-access",
            severity="error",
            message="this token doesn't get its files",
            remedy="ask for access on the model's page, or use a token of an account that has it",
            source=_ASKED,
        )
    else:
        message = f"whether this token gets its files isn't known: {access}"
        yield CompatibilityFinding(code="access-unknown", severity="unknown", message=message, source=_ASKED)


def _without_gate(findings: list[CompatibilityFinding], access: bool | str) -> list[CompatibilityFinding]:
    """Who has been let in need not be warned of the gate."""
    return [finding for finding in findings if finding.code != "gated" or access is not True]
