"""``hubkit cache ls``, ``get``, ``stats``, ``clear``, ``rm``, ``prune`` and ``import``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._format import age_text, size_text
from hubkit.cli._groups import Group
from hubkit.cli._known_models import MODEL
from hubkit.cli._output import Cell
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._table import Column
from hubkit.cli._tiers import check_obeyed, check_writable, tier_names
from hubkit.cli._warm import warm

if TYPE_CHECKING:
    from hubkit.cache._tiers import TierStats
    from hubkit.models import ModelMetadata

__all__ = ["cache"]

_COUNTERS = ("hits", "misses", "revalidations", "stale", "errors")
_TIER_COUNTERS = ("hits", "misses", "unreadable", "errors", "bytes_read", "bytes_written")

_COLUMNS = (
    Column("MODEL", least=24, is_name=True),
    Column("WEIGHTS", is_number=True),
    Column("LICENSE", least=10),
    Column("COMMIT"),
    Column("ASKED"),
)
_TIER_COLUMNS = (
    Column("TIER", least=30, is_name=True),
    Column("ENTRIES", is_number=True),
    Column("SIZE", is_number=True),
    Column("STATE"),
)
_SHOWN_DIGITS = 7


@click.group(cls=Group)
def cache() -> None:
    """Look at and tidy the cached answers.

    Downloaded files are kept elsewhere, with those of all of Hugging Face's tools: see 'hf cache'.
    """


@cache.command()
@json_option
@pass_session
def ls(session: Session, as_json: bool) -> None:
    """List the cached models that this token may read, and how full each tier is.

    On a pipe each line is: id, bytes of the weights, licence, commit, date of the answer.
    """
    with session.hub() as hub:
        stats = hub.cache.stats().tiers
        models = sorted(hub.cache.get_all_cached(), key=lambda model: model.model_id)
    tiers = list(zip(tier_names(session), stats, strict=True))
    if as_json:
        session.out.json(
            {
                "tiers": [_tier_document(url, full) for url, full in tiers],
                "models": [_model_document(model) for model in models],
            }
        )
        return
    if models:
        now = session.clock.now()
        session.out.table(_COLUMNS, [_row(model, now) for model in models])
    if session.out.is_terminal or not models:
        for url, full in tiers:
            session.out.note(f"{url}: {_fullness(full)}")


@cache.command()
@click.argument("model", type=MODEL)
@click.option(
    "--max-age", metavar="HOURS", type=click.FloatRange(min=0), help="The oldest answer that will do."
)
@json_option
@pass_session
def get(session: Session, model: str, max_age: float | None, as_json: bool) -> None:
    """Show what is cached about MODEL, expired or not, and ask nobody.

    Exit code 3 when nothing is, or it is too old.
    """
    from hubkit.cli._listing import model_document, model_facts

    with session.hub() as hub:
        found = hub.cache.get(model, math.inf if max_age is None else max_age)
    if found is None:
        old = "" if max_age is None else f", or not from the last {max_age:g} hours"
        session.out.note(f"{model} is not cached{old}: 'hubkit info' asks the Hub", kind="error")
        end_with(ExitCode.NOT_FOUND)
    now = session.clock.now()
    if as_json:
        session.out.json(model_document(found, from_cache=True, now=now))
    else:
        session.out.facts(model_facts(found, from_cache=True, now=now))


@cache.command()
@json_option
@pass_session
def stats(session: Session, as_json: bool) -> None:
    """Show how full each tier is, and whether it can be reached.

    On a pipe each line is: tier, entries, bytes, whether it can be reached. The counters that --json
    adds are those of this one run, which asks nothing; programs read theirs from 'hub.cache.stats()'.
    """
    with session.hub() as hub:
        told = hub.cache.stats()
    tiers = list(zip(tier_names(session), told.tiers, strict=True))
    if as_json:
        counters = {name: getattr(told, name) for name in _COUNTERS}
        documents = [_tier_document(url, full) | _tier_counters(full) for url, full in tiers]
        session.out.json(counters | {"tiers": documents})
    else:
        session.out.table(_TIER_COLUMNS, [_tier_row(url, full) for url, full in tiers])


@cache.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@pass_session
def clear(session: Session, yes: bool) -> None:
    """Forget every cached answer, in every tier, whoever's it is."""
    check_writable(session)
    tiers = ", ".join(tier_names(session))
    if not yes and not session.out.confirm(f"Forget everything in {tiers}?", otherwise="--yes"):
        session.out.note("hubkit: nothing was cleared")
        end_with(ExitCode.NO)
    with session.hub() as hub:
        count = hub.cache.clear()
        check_obeyed(hub, "and may not be cleared")
    session.out.line(f"{_entries(count)} cleared")


@cache.command()
@click.argument("models", metavar="MODEL...", nargs=-1, required=True, type=MODEL)
@pass_session
def rm(session: Session, models: tuple[str, ...]) -> None:
    """Forget what is cached about each MODEL, at every revision."""
    check_writable(session)
    unknown = 0
    with session.hub() as hub:
        for model in dict.fromkeys(models):
            if hub.cache.remove(model):
                session.out.line(f"{model} removed")
            else:
                unknown += 1
                session.out.note(f"{model} is not cached", kind="error")
    if unknown:
        end_with(ExitCode.NOT_FOUND)


@cache.command()
@pass_session
def prune(session: Session) -> None:
    """Drop what expired or is too much, in every tier.

    Writes do so by themselves now and then.
    """
    check_writable(session)
    with session.hub() as hub:
        count = hub.cache.prune()
        check_obeyed(hub, "and may not be pruned")
    session.out.line(f"{_entries(count)} pruned")


@cache.command("import")
@click.argument("folder", metavar="DIR")
@pass_session
def import_command(session: Session, folder: str) -> None:
    """Take over the models that the first connector has cached in DIR.

    Its files don't say what is private: with a token they are for that token alone, without one for
    everybody who reads this cache. What is cached already and newer stays. DIR is only read.
    """
    check_writable(session)
    with session.hub() as hub:
        count = hub.cache.import_folder(folder)
        check_obeyed(hub, "and may lack what was imported")
    session.out.line(f"{count} {'model' if count == 1 else 'models'} imported")


cache.add_command(warm)


def _tier_document(url: str, tier: TierStats) -> dict[str, Any]:
    return {
        "url": url,
        "reachable": tier.reachable,
        "entries": tier.entries,
        "size_bytes": tier.size_bytes,
    }


def _tier_counters(tier: TierStats) -> dict[str, int]:
    return {name: getattr(tier, name) for name in _TIER_COUNTERS}


def _tier_row(url: str, tier: TierStats) -> list[Cell]:
    return [
        Cell(url),
        Cell(tier.entries),
        Cell(tier.size_bytes, None if tier.size_bytes is None else size_text(tier.size_bytes)),
        Cell(tier.reachable, "ok" if tier.reachable else "can't be reached"),
    ]


def _model_document(model: ModelMetadata) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "sha": model.sha,
        "license": model.license,
        "model_size": model.model_size,
        "private": model.private,
        "cached_at": model.cached_at.isoformat(),
    }


def _row(model: ModelMetadata, now: float) -> list[Cell]:
    return [
        Cell(model.model_id),
        Cell(model.model_size, None if model.model_size is None else size_text(model.model_size)),
        Cell(model.license),
        Cell(model.sha, (model.sha or "")[:_SHOWN_DIGITS]),
        Cell(model.cached_at.isoformat(), age_text(model.cached_at, now=now)),
    ]


def _fullness(full: TierStats) -> str:
    if not full.reachable:
        return "can't be reached"
    counted = _entries(full.entries or 0)
    return counted if full.size_bytes is None else f"{counted}, {size_text(full.size_bytes)}"


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"
