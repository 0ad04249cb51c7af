"""``hubkit cache ls``, ``clear`` and ``rm``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hubkit._secrets import redact
from hubkit.cli._failures import ExitCode
from hubkit.cli._format import age_text, size_text
from hubkit.cli._output import Cell
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._table import Column
from hubkit.errors import CacheUnavailableError, ConfigError

if TYPE_CHECKING:
    from hubkit.cache._tiers import TierStats
    from hubkit.models import ModelMetadata

__all__ = ["cache"]

_COLUMNS = (
    Column("MODEL", least=30, is_name=True),
    Column("WEIGHTS", is_number=True),
    Column("LICENSE", least=10),
    Column("COMMIT"),
    Column("ASKED"),
)
_SHOWN_DIGITS = 7


@click.group()
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
        stats = hub.cache.stats()
        models = sorted(hub.cache.get_all_cached(), key=lambda model: model.model_id)
    tiers = list(zip(_tier_names(session), stats, strict=True))
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
@click.option("--yes", is_flag=True, help="Don't ask.")
@pass_session
def clear(session: Session, yes: bool) -> None:
    """Forget every cached answer, in every tier, whoever's it is."""
    _check_writable(session)
    tiers = ", ".join(_tier_names(session))
    if not yes and not session.out.confirm(f"Forget everything in {tiers}?", otherwise="--yes"):
        session.out.note("hubkit: nothing was cleared")
        end_with(ExitCode.NO)
    with session.hub() as hub:
        count = hub.cache.clear()
        stats = hub.cache.stats()
    if not all(tier.reachable for tier in stats):
        raise CacheUnavailableError("a tier can't be reached, and may not be cleared")
    session.out.line(f"{count} {'entry' if count == 1 else 'entries'} cleared")


@cache.command()
@click.argument("models", metavar="MODEL...", nargs=-1, required=True)
@pass_session
def rm(session: Session, models: tuple[str, ...]) -> None:
    """Forget what is cached about each MODEL, at every revision."""
    _check_writable(session)
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


def _check_writable(session: Session) -> None:
    if session.settings.cache_mode == "read-only":
        raise ConfigError("cache_mode is read-only: this machine may not change the cache")


def _tier_names(session: Session) -> list[str]:
    """The tiers' URLs; a password in one is masked."""
    return [redact(url) for url in session.config.cache]


def _tier_document(url: str, tier: TierStats) -> dict[str, Any]:
    return {
        "url": url,
        "reachable": tier.reachable,
        "entries": tier.entries,
        "size_bytes": tier.size_bytes,
    }


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
    counted = f"{full.entries} {'entry' if full.entries == 1 else 'entries'}"
    return counted if full.size_bytes is None else f"{counted}, {size_text(full.size_bytes)}"
