"""``hubkit lock`` and ``hubkit sync``: exactly the same models every time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import count_of, size_text
from hubkit.cli._known_models import MODEL
from hubkit.cli._output import Cell
from hubkit.cli._session import Session, end_with, json_option, offline_told, pass_session
from hubkit.cli._table import Column
from hubkit.errors import LockError

if TYPE_CHECKING:
    from hubkit.locking import Change, CheckReport, Finding, LockedModel, LockReport, SyncedModel

__all__ = ["lock", "sync"]

_CHANGES = (
    Column("MODEL", least=24, is_name=True),
    Column("CHANGE", least=7),
    Column("COMMIT"),
    Column("BEFORE"),
    Column("FILES", is_number=True),
    Column("SIZE", is_number=True),
    Column("LICENSE"),
)
_FINDINGS = (Column("MODEL", is_name=True), Column("CODE"), Column("MESSAGE"))
_SYNCED = (
    Column("MODEL", least=24, is_name=True),
    Column("COMMIT"),
    Column("FETCHED", is_number=True),
    Column("SIZE", is_number=True),
    Column("FOLDER", least=24, is_name=True),
)

_FILE = click.option(
    "--file",
    metavar="FILE",
    default="models.toml",
    show_default=True,
    help="The list of models; its lock lies beside it.",
)


@click.command()
@click.argument("models", metavar="[MODEL]...", nargs=-1, type=MODEL)
@_FILE
@click.option("--upgrade", is_flag=True, help="Move to where the revisions are now: MODELs, or all.")
@click.option("--check", is_flag=True, help="Change nothing, and say whether the lock still holds.")
@click.option("--to", "folder", metavar="DIR", help="With --check: where snapshots are kept.")
@json_option
@pass_session
def lock(
    session: Session,
    models: tuple[str, ...],
    file: str,
    upgrade: bool,
    check: bool,
    folder: str | None,
    as_json: bool,
) -> None:
    """Write down exactly which files the models of a list are.

    The list is models.toml, the lock models.lock. What is locked keeps its commit until --upgrade; what is
    new in the list is added, what is gone is dropped. A licence or format that the list doesn't allow is
    reported, and nothing is written.

    With --check the exit code is 1 unless the lock fits the list, everything in it is allowed, files on this
    machine are what is locked, and the Hub is where it was.
    """
    if models and not upgrade:
        raise click.UsageError("MODEL goes with --upgrade: without it all of the list is locked.")
    if check and upgrade:
        raise click.UsageError("--check changes nothing: it doesn't go with --upgrade.")
    if folder is not None and not check:
        raise click.UsageError("--to goes with --check: locking fetches no files.")
    from hubkit import locking

    with session.hub() as hub, _lock_that_does_not_hold(session):
        if check:
            _tell_check(session, locking.check(hub, file, folder), as_json=as_json)
        else:
            _tell_lock(session, locking.lock(hub, file, upgrade=models or upgrade), as_json=as_json)


@click.command()
@_FILE
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="Keep snapshots here, instead of where all of Hugging Face's tools look for them.",
)
@click.option("--frozen", is_flag=True, help="Take the lock as it is, whatever the list says.")
@json_option
@pass_session
def sync(session: Session, file: str, folder: str | None, frozen: bool, as_json: bool) -> None:
    """Bring exactly the models that are locked to this machine.

    Every file is compared with the hash in the lock, and fetched again if it differs. What is here needs
    no network. The list need not be here; if it is, the lock has to fit it.
    """
    from hubkit import locking

    with session.hub() as hub, offline_told(session), _lock_that_does_not_hold(session):
        synced = locking.sync(hub, file, folder, frozen=frozen)
    if as_json:
        session.out.json(_sync_document(synced))
    else:
        session.out.table(_SYNCED, [_synced_row(model) for model in synced])
    fetched = sum(model.fetched_bytes for model in synced)
    total = sum(model.size_bytes for model in synced)
    files = count_of(sum(len(model.fetched) for model in synced), "file")
    session.out.note(
        f"{count_of(len(synced), 'model')}, {size_text(total)}: all as locked; "
        f"{files} ({size_text(fetched)}) fetched"
    )


@contextlib.contextmanager
def _lock_that_does_not_hold(session: Session) -> Iterator[None]:
    """To CI a lock that is missing, was edited or doesn't fit is what a finding is: a no."""
    try:
        yield
    except LockError as error:
        session.out.note(error.message, kind="error")
        end_with(ExitCode.NO)


def _tell_lock(session: Session, report: LockReport, *, as_json: bool) -> None:
    if as_json:
        session.out.json(_lock_document(report))
    elif not report.findings:
        session.out.table(_CHANGES, [_change_row(change, report) for change in report.changes])
    else:
        _show_findings(session, report.findings)
    if report.findings:
        session.out.note(f"{report.path}: nothing written: {count_of(len(report.findings), 'finding')}")
        end_with(ExitCode.NO)
    session.out.note(f"{report.path}: {_sum(report.lock.models)}")


def _tell_check(session: Session, report: CheckReport, *, as_json: bool) -> None:
    hindrance = report.hindrance
    if hindrance is not None and not report.findings and not session.is_offline:
        raise hindrance
    if as_json:
        session.out.json(_check_document(report))
    else:
        _show_findings(session, report.findings)
    if hindrance is not None:
        session.out.note(f"the Hub was not asked: {hindrance.message}", kind="warning")
    if report.findings:
        session.out.note(f"{report.path} doesn't hold: {count_of(len(report.findings), 'finding')}")
        end_with(ExitCode.NO)
    session.out.note(f"{report.path} holds: {_sum(report.lock.models)}")


def _show_findings(session: Session, findings: Sequence[Finding]) -> None:
    if not session.out.is_terminal:
        rows = [[Cell(each.model_id), Cell(each.code), Cell(each.message)] for each in findings]
        session.out.table(_FINDINGS, rows)
        return
    for each in findings:
        # A table would cut the words, which are what this is about.
        session.out.line(str(each))


def _change_row(change: Change, report: LockReport) -> list[Cell]:
    model = report.lock.find(change.model_id)
    size = None if model is None else model.size_bytes
    return [
        Cell(change.model_id),
        Cell(change.kind),
        _commit_cell(change.after),
        _commit_cell(change.before if change.before != change.after else None),
        Cell(None if model is None else len(model.files)),
        Cell(size, None if size is None else size_text(size)),
        Cell(None if model is None else model.license),
    ]


def _synced_row(model: SyncedModel) -> list[Cell]:
    return [
        Cell(model.model_id),
        _commit_cell(model.commit_hash),
        Cell(model.fetched_bytes, size_text(model.fetched_bytes)),
        Cell(model.size_bytes, size_text(model.size_bytes)),
        Cell(str(model.path)),
    ]


def _commit_cell(commit_hash: str | None) -> Cell:
    """People tell commits apart by their beginning."""
    return Cell(commit_hash, commit_hash and commit_hash[:12])


def _sum(models: Sequence[LockedModel]) -> str:
    files = sum(len(model.files) for model in models)
    size = sum(model.size_bytes for model in models)
    return f"{count_of(len(models), 'model')}, {count_of(files, 'file')}, {size_text(size)}"


def _lock_document(report: LockReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "written": not report.findings,
        "models": [
            {
                "model_id": model.model_id,
                "revision": model.revision,
                "commit_hash": model.commit_hash,
                "license": model.license,
                "files": len(model.files),
                "size_bytes": model.size_bytes,
            }
            for model in report.lock.models
        ],
        "changes": [
            {
                "model_id": change.model_id,
                "change": change.kind,
                "before": change.before,
                "after": change.after,
            }
            for change in report.changes
        ],
        "findings": _finding_documents(report.findings),
    }


def _check_document(report: CheckReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "holds": report.holds,
        "findings": _finding_documents(report.findings),
        "hindrance": None if report.hindrance is None else report.hindrance.message,
    }


def _sync_document(synced: Sequence[SyncedModel]) -> dict[str, Any]:
    return {
        "models": [
            {
                "model_id": model.model_id,
                "commit_hash": model.commit_hash,
                "path": str(model.path),
                "files": model.files,
                "size_bytes": model.size_bytes,
                "fetched": list(model.fetched),
                "fetched_bytes": model.fetched_bytes,
            }
            for model in synced
        ],
        "size_bytes": sum(model.size_bytes for model in synced),
        "fetched_bytes": sum(model.fetched_bytes for model in synced),
    }


def _finding_documents(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [{"model_id": each.model_id, "code": each.code, "message": each.message} for each in findings]
