"""``hubkit bundle``: what is cached, as a file for sites without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubkit.cli._format import count_of, size_text
from hubkit.cli._groups import Group
from hubkit.cli._names import names_in
from hubkit.cli._progress import counted
from hubkit.cli._session import Session, json_option, pass_session
from hubkit.cli._tiers import check_writable
from hubkit.errors import LocalPathError, TransferError

if TYPE_CHECKING:
    from hubkit._bundles import SnapshotSource
    from hubkit._client import HubClient
    from hubkit._model_cache import BundleSummary

__all__ = ["bundle"]

_BRANCH = "main"


@click.group(cls=Group)
def bundle() -> None:
    """Carry models to machines without a network."""


@bundle.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--models",
    "file",
    metavar="FILE",
    help="Model ids, one a line; '-' is standard input. All that is cached if left out.",
)
@click.option("--with-files", is_flag=True, help="Let the models' files go along.")
@click.option("--private", is_flag=True, help="Let what only this token may read go along.")
@json_option
@pass_session
def create(
    session: Session, out: Path, file: str | None, with_files: bool, private: bool, as_json: bool
) -> None:
    """Write a bundle of the models that FILE lists, or, without --models, of all that is cached.

    For listed models it holds what the Hub says about them, and all that huggingface_hub asks to load them;
    for what is cached nobody is asked. The same contents give the same bytes. With a cache_key in the
    settings it is signed.
    """
    if file is None and with_files:
        raise click.UsageError("--with-files goes with --models: it says whose files go along.")
    if not out.absolute().parent.is_dir():
        raise LocalPathError(f"{out}: there is no folder {out.parent}")
    names = None
    if file is not None:
        check_writable(session)
        names = names_in(file)
    with session.hub() as hub:
        for name in counted(session, names or (), "models", total=len(names or ())):
            _learn(session, hub, name)
        snapshots = list(_snapshots(hub, names)) if with_files and names else []
        written = hub.cache.export_bundle(out, models=names, private=private, snapshots=snapshots)
    _report(session, written, f"{out}: ", as_json=as_json)
    left_out = sorted(set(names or ()).difference(written.models))
    if left_out:
        raise TransferError(
            f"not in the bundle, as only this token may read about them (--private): {', '.join(left_out)}"
        )


@bundle.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "cache_dir",
    metavar="DIR",
    help="Where files go, if not the folder that Hugging Face's tools share.",
)
@json_option
@pass_session
def load(session: Session, file: Path, cache_dir: str | None, as_json: bool) -> None:
    """Take over what a bundle holds. All of it is checked before anything is kept.

    From then on hubkit, and huggingface_hub under 'hubkit run', need no network for its models.
    Loading it twice is harmless.
    """
    check_writable(session)
    with session.hub() as hub:
        found = hub.cache.import_bundle(file, cache_dir=cache_dir)
    news = f"{count_of(found.new_answers, 'answer')} and {count_of(found.new_files, 'file')} were new; "
    _report(session, found, news, as_json=as_json)


def _learn(session: Session, hub: HubClient, name: str) -> None:
    """Ask all that will be asked about a model where nobody can answer."""
    from huggingface_hub.errors import HfHubHTTPError

    from hubkit.interop._remembering import remember

    hub.require_model_metadata(name)
    try:
        remember(name, revision=_BRANCH, config=session.config)
    except HfHubHTTPError as error:
        # Its text repeats what the Hub says, whatever that is; ours comes first.
        hub.require_model_metadata(name, use_cache=False)
        raise TransferError(f"{name}: the Hub refused to say all: {type(error).__name__}") from error


def _snapshots(hub: HubClient, names: Sequence[str]) -> Iterator[SnapshotSource]:
    from hubkit._bundles import SnapshotSource

    for name in names:
        folder = hub.download_model(name, revision=_BRANCH)
        yield SnapshotSource(repo_id=name, commit_hash=folder.name, revision=_BRANCH, folder=folder)


def _report(session: Session, summary: BundleSummary, beginning: str, *, as_json: bool) -> None:
    if as_json:
        from attrs import asdict

        session.out.json(asdict(summary))
        return
    parts = (
        count_of(len(summary.models), "model"),
        count_of(summary.answers, "answer"),
        count_of(summary.files, "file"),
        size_text(summary.size_bytes),
    )
    session.out.line(beginning + ", ".join(parts))
