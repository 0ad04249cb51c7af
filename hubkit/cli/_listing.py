"""Models as documents for programs and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hubkit.cli._format import age_text, count_text, parse_time, size_text
from hubkit.cli._output import Cell, Fact
from hubkit.cli._session import Session
from hubkit.cli._table import Column
from hubkit.errors import OfflineError, TransportError
from hubkit.models import ModelMetadata

if TYPE_CHECKING:
    from hubkit._metadata import FoundModels

__all__ = [
    "LISTING_KEYS",
    "all_of",
    "check_asked",
    "file_document",
    "found_document",
    "listing_document",
    "model_document",
    "model_facts",
    "print_models",
    "tell_source",
]

LISTING_KEYS = (
    "model_id",
    "author",
    "downloads",
    "likes",
    "pipeline_tag",
    "library_name",
    "license",
    "tags",
    "base_models",
    "parameters",
    "private",
    "gated",
    "created_at",
    "last_modified",
    "sha",
)
"""What ``--json`` says of each model of a list."""

_COLUMNS = (
    Column("MODEL", least=24, is_name=True),
    Column("DOWNLOADS", is_number=True),
    Column("LIKES", is_number=True),
    Column("TASK", least=14),
    Column("LICENSE", least=10),
    Column("UPDATED"),
)


def all_of(session: Session, found: Iterator[ModelMetadata]) -> FoundModels:
    """Models that come page after page, with a bar meanwhile."""
    from hubkit._metadata import FoundModels
    from hubkit.cli._progress import counted

    started = session.clock.now()
    models = list(counted(session, found, "models"))
    return FoundModels(models, from_cache=any(model.cached_at.timestamp() < started for model in models))


def check_asked(session: Session) -> None:
    """Finding nothing in the cache is no answer: the Hub might know something.

    Raises:
        HubkitError: The Hub wasn't asked, or didn't answer.
    """
    if session.is_offline:
        raise OfflineError("nothing that is cached fits, and hubkit is offline")
    survived = session.log_handler.survived
    if isinstance(survived, TransportError):
        # Why has been said already.
        raise OfflineError("nothing that is cached fits, and the Hub is out of reach") from survived
    if survived is not None:
        raise survived


def tell_source(session: Session, models: FoundModels) -> None:
    """Say how old a list is that the Hub wasn't asked for: it may know of more."""
    if models.from_cache and models.told_at is not None:
        session.out.note(f"hubkit: from the cache, {age_text(models.told_at, now=session.clock.now())}")


def listing_document(model: ModelMetadata) -> dict[str, Any]:
    """One model of a list, every key always there."""
    plain = model.to_dict()
    return {key: plain.get(key) for key in LISTING_KEYS}


def found_document(model: ModelMetadata, *, from_cache: bool) -> dict[str, Any]:
    """One model that a search found, and who said so when."""
    return {
        **listing_document(model),
        "cached_at": model.cached_at.isoformat(),
        "from_cache": from_cache,
    }


def model_document(model: ModelMetadata, *, from_cache: bool, now: float) -> dict[str, Any]:
    """Everything that is known about one model, every key always there."""
    plain = model.to_dict()
    head = {key: plain.get(key) for key in LISTING_KEYS}
    return {
        **head,
        "disabled": model.disabled,
        "model_size": model.model_size,
        "files": [file_document(file) for file in model.siblings],
        "card_data": plain.get("card_data") or {},
        "extra": plain.get("extra") or {},
        "endpoint": model.endpoint,
        "cached_at": plain.get("cached_at"),
        "age_seconds": max(0, round(now - model.cached_at.timestamp())),
        "from_cache": from_cache,
    }


def file_document(file: Any) -> dict[str, Any]:
    """One file of a repository."""
    return {"path": file.path, "size": file.size, "blob_id": file.blob_id, "sha256": file.sha256}


def print_models(session: Session, models: Sequence[ModelMetadata]) -> None:
    """A list of models."""
    now = session.clock.now()
    if models:
        session.out.table(_COLUMNS, [_row(model, now) for model in models])


def model_facts(model: ModelMetadata, *, from_cache: bool, now: float) -> list[Fact]:
    """What is known about one model, the most asked first."""
    age = age_text(model.cached_at, now=now)
    files = len(model.siblings)
    return [
        Fact("model", model.model_id),
        Fact("task", model.pipeline_tag),
        Fact("library", model.library_name),
        Fact("license", model.license, None if model.license else "none stated"),
        Fact("base models", model.base_models),
        Fact("parameters", model.parameters, _counted(model.parameters)),
        Fact("weights", model.model_size, None if model.model_size is None else size_text(model.model_size)),
        Fact("files", files),
        Fact("downloads", model.downloads, _counted(model.downloads)),
        Fact("likes", model.likes, _counted(model.likes)),
        Fact("access", _access(model), _access(model) or "public"),
        Fact("created", model.created_at, _dated(model.created_at, now)),
        Fact("updated", model.last_modified, _dated(model.last_modified, now)),
        Fact("commit", model.sha),
        Fact("tags", model.tags),
        Fact(
            "source", "cache" if from_cache else "hub", f"{'the cache' if from_cache else 'the Hub'}, {age}"
        ),
        Fact("cached_at", model.cached_at.isoformat(), ""),
    ]


def _row(model: ModelMetadata, now: float) -> list[Cell]:
    updated = parse_time(model.last_modified)
    return [
        Cell(model.model_id),
        Cell(model.downloads, _counted(model.downloads)),
        Cell(model.likes, _counted(model.likes)),
        Cell(model.pipeline_tag),
        Cell(model.license),
        Cell(model.last_modified, age_text(updated, now=now) if updated else None),
    ]


def _access(model: ModelMetadata) -> str | None:
    """What keeps people out; None when nothing is known to."""
    gate = f"gated ({model.gated})" if isinstance(model.gated, str) else "gated" if model.gated else None
    said = ["private" if model.private else None, gate, "disabled" if model.disabled else None]
    return ", ".join(filter(None, said)) or None


def _counted(count: int | None) -> str | None:
    return None if count is None else count_text(count)


def _dated(text: str | None, now: float) -> str | None:
    moment = parse_time(text)
    return None if moment is None else f"{moment:%Y-%m-%d}, {age_text(moment, now=now)}"
