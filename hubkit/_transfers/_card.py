"""The card of an upload: ours, or the user's with the front matter that it lacks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import attrs

from hubkit._metadata import MetadataStore
from hubkit._refs import is_repo_id
from hubkit._transfers._folder import CARD
from hubkit._transfers._request import UploadRequest
from hubkit.errors import HubkitError

__all__ = ["MadeCard", "make_card"]

log = logging.getLogger("hubkit")

CURVE_FILE = "training_curve.png"


@attrs.frozen(kw_only=True)
class MadeCard:
    """What an upload adds to the files of its folder, or puts in the place of some."""

    readme: bytes
    """``README.md``."""

    pictures: Mapping[str, bytes]
    """What it shows, by path in the repository."""


def make_card(
    request: UploadRequest, repo_id: str, metadata: MetadataStore, published: str | None
) -> MadeCard:
    """The card and its picture, as they are to be committed.

    Args:
        request: What the caller says of the adapter.
        repo_id: Where the card will be, in full.
        metadata: Says under which licence a base model is.
        published: The card that the repository has, which counts where the folder has none.
    """
    from hubkit.cards import draw_curve, read_adapter, render_card, update_card

    existing = _read_card(request.folder / CARD)
    existing = published or "" if existing is None or not existing.strip() else existing
    request = _with_words_of(existing, request)
    facts = read_adapter(request.folder)
    curve = draw_curve(facts.history) if _may_draw(request.folder) else None
    for warning in facts.warnings:
        # Whoever names the base model need not be asked to name it.
        if request.base_model is None or "base_model_name_or_path" not in warning:
            log.warning("%s: %s", repo_id, warning)
    base_model = request.base_model or facts.base_model
    license_id, license_source = _license(request, repo_id, base_model, metadata)
    generated = render_card(
        facts,
        repo_id=repo_id,
        base_model=request.base_model,
        license=license_id,
        license_source=license_source,
        license_name=request.license_name,
        license_link=request.license_link,
        dataset=request.dataset,
        description=request.description,
        training_config=request.training_config,
        metrics=request.metrics,
        tags=request.tags,
        language=request.language,
        pipeline_tag=request.pipeline_tag,
        front_matter=request.front_matter,
        curve_image=None if curve is None else CURVE_FILE,
        sections=request.sections,
        template=request.template,
    )
    card = update_card(existing, generated)
    for warning in card.warnings:
        log.warning("%s: %s", repo_id, warning)
    if card.kept:
        log.info("%s: kept in the card as somebody changed it: %s", repo_id, ", ".join(card.kept))
    shown = curve is not None and f"({CURVE_FILE})" in card.text
    return MadeCard(readme=card.text.encode(), pictures={CURVE_FILE: curve} if curve and shown else {})


def _with_words_of(existing: str, request: UploadRequest) -> UploadRequest:
    """The request with what was said or written in the card before, where it says nothing itself."""
    from hubkit.cards import words_of

    words = words_of(existing)
    given = {name: value for name, value in words.items() if getattr(request, name) in (None, ())}
    return attrs.evolve(request, **given)


def _may_draw(folder: Path) -> bool:
    """Whether the picture's name is free, or taken by an older one of ours."""
    from hubkit.cards import is_our_curve

    path = folder / CURVE_FILE
    return not path.exists() or (path.is_file() and is_our_curve(path.read_bytes()))


def _license(
    request: UploadRequest, repo_id: str, base_model: str | None, metadata: MetadataStore
) -> tuple[str | None, str | None]:
    """The caller's licence, else the base model's, else none: never a default."""
    if request.license is not None:
        return request.license, None
    if base_model is None or not is_repo_id(base_model):
        return None, None
    try:
        base = metadata.require(base_model)
    except HubkitError as error:
        log.warning("%s: the licence of %s is unknown: %s", repo_id, base_model, error)
        return None, None
    if base.license in (None, "other", "unknown") or "," in (base.license or ""):
        log.warning("%s: %s states no single licence id; the card leaves it out", repo_id, base_model)
        return None, None
    return base.license, base_model


def _read_card(path: Path) -> str | None:
    """The card that is there; line ends as they are, since a user's card keeps them."""
    if not path.is_file():
        return None
    return path.read_bytes().decode("utf-8", "replace")
