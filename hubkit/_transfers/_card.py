"""The card of an upload: ours, or the user's with the front matter that it lacks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from hubkit._metadata import MetadataStore
from hubkit._refs import is_repo_id
from hubkit._transfers._folder import CARD
from hubkit._transfers._request import UploadRequest
from hubkit.errors import CardError, HubkitError, RepoNotFoundError
from hubkit.models import ModelMetadata

if TYPE_CHECKING:
    from hubkit.cards import AdapterFacts

__all__ = ["MadeCard", "check_card", "make_card", "read_card"]

log = logging.getLogger("hubkit")

CURVE_FILE = "training_curve.png"
_NOT_FOUND = 404
_UNKNOWN = "and the Hub knows no such model (a folder, a private model, or a slip of the pen)"


@attrs.frozen(kw_only=True)
class MadeCard:
    """What an upload adds to the files of its folder, or puts in the place of some."""

    readme: bytes
    """``README.md``."""

    pictures: Mapping[str, bytes]
    """What it shows, by path in the repository."""


def make_card(request: UploadRequest, repo_id: str, metadata: MetadataStore, existing: str) -> MadeCard:
    """The card and its picture, as they are to be committed.

    Args:
        request: What the caller says of the adapter.
        repo_id: Where the card will be, in full.
        metadata: Says under which licence a base model is.
        existing: The card that is there, and whose words are kept.
    """
    from hubkit.cards import (
        contradicted_metrics,
        contradicted_settings,
        decide_license,
        draw_curve,
        read_adapter,
        render_card,
        update_card,
    )

    request = _with_words_of(existing, request)
    found = read_adapter(request.folder, base_model=request.base_model)
    facts, base = _with_base(found, request, repo_id, metadata)
    # The caller's word as the facts have it: a folder may stand for an id.
    base_model = facts.base_model or (request.base_model if found.base_model is None else None)
    terms = decide_license(
        request.license,
        base,
        base_model,
        license_name=request.license_name,
        license_link=request.license_link,
    )
    contradicted = (
        *contradicted_metrics(facts, request.metrics),
        *contradicted_settings(facts, request.training_config),
    )
    for warning in (*facts.warnings, *terms.warnings, *contradicted):
        log.warning("%s: %s", repo_id, warning)
    curve = draw_curve(facts.history) if _may_draw(request.folder) else None
    generated = render_card(
        facts,
        repo_id=repo_id,
        base_model=base_model if request.base_model is not None else None,
        license=terms.license,
        license_source=terms.source,
        license_name=terms.license_name,
        license_link=terms.license_link,
        license_obligation=terms.obligation,
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

    words = words_of(existing, said={"license": request.license, "license_name": request.license_name})
    given = {name: value for name, value in words.items() if getattr(request, name) in (None, ())}
    return attrs.evolve(request, **given)


def _may_draw(folder: Path) -> bool:
    """Whether the picture's name is free, or taken by an older one of ours."""
    from hubkit.cards import is_our_curve

    path = folder / CURVE_FILE
    return not path.exists() or (path.is_file() and is_our_curve(path.read_bytes()))


def check_card(repo_id: str, card: bytes) -> None:
    """Look at the card offline: at what the Hub would refuse, and at secrets.

    Args:
        repo_id: Where it will be, for the log.
        card: The bytes of ``README.md``.

    Raises:
        CardError: It has errors; the text lists them. Warnings are logged.
    """
    from hubkit.cards import validate_card

    errors = []
    for finding in validate_card(card.decode()):
        if finding.severity == "error":
            errors.append(str(finding))
        else:
            log.warning("%s: %s, %s", repo_id, CARD, finding)
    if errors:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        raise CardError(
            f"{CARD} has {count}, and nothing was uploaded ('skip_card_checks' leaves it to the Hub): "
            + "; ".join(errors)
        )


def _with_base(
    facts: AdapterFacts, request: UploadRequest, repo_id: str, metadata: MetadataStore
) -> tuple[AdapterFacts, ModelMetadata | None]:
    """The facts, without a base model that no caller names and the Hub doesn't know, and what the Hub says of it.

    A folder's relative path may look like an id, and only the Hub can tell. Of a private model it says the
    same to those who may not see it: it may be there, yet nothing proves it.
    """
    name = facts.base_model or request.base_model
    if name is None or not is_repo_id(name):
        return facts, None
    try:
        return facts, metadata.require(name)
    except HubkitError as error:
        if not isinstance(error, RepoNotFoundError) or error.status_code != _NOT_FOUND:
            # Who states a licence needs nobody else's.
            level = logging.WARNING if request.license is None else logging.INFO
            log.log(level, "%s: nothing is known of %s: %s", repo_id, name, error)
            return facts, None
    if _is_said(name, request.base_model):
        log.warning("%s: base_model is %s, %s: the card names it all the same", repo_id, name, _UNKNOWN)
        return facts, None
    source = facts.sources["base_model"]
    log.warning(
        "%s: %s is %s, %s: the card names no base model; name it yourself as 'base_model'",
        repo_id,
        source,
        name,
        _UNKNOWN,
    )
    return attrs.evolve(facts, base_model=None), None


def _is_said(name: str, said: str | None) -> bool:
    """Whether a base model is the caller's word, and not what files make of it."""
    from hubkit.cards._ids import hub_id

    return said is not None and hub_id(said.strip()) == name


def read_card(folder: Path) -> str | None:
    """The card that is in a folder, line ends as they are, since a user's card keeps them; None without a word in it.

    Raises:
        CardError: It isn't UTF-8.
    """
    from hubkit.cards._text import card_text

    path = folder / CARD
    text = card_text(path.read_bytes(), CARD) if path.is_file() else ""
    return text if text.strip() else None
