"""The card of an upload: ours, or the user's with the front matter that it lacks."""

from __future__ import annotations

import logging
from pathlib import Path

from hubkit._metadata import MetadataStore
from hubkit._refs import is_repo_id
from hubkit._transfers._folder import CARD
from hubkit._transfers._request import UploadRequest
from hubkit.errors import CardError, HubkitError
from hubkit.models import ModelMetadata

__all__ = ["check_card", "make_card"]

log = logging.getLogger("hubkit")


def make_card(request: UploadRequest, repo_id: str, metadata: MetadataStore) -> bytes:
    """The bytes of ``README.md``, as they are to be committed.

    Args:
        request: What the caller says of the adapter.
        repo_id: Where the card will be, in full.
        metadata: Says under which licence a base model is.
    """
    from hubkit.cards import (
        decide_license,
        is_template_readme,
        merge_front_matter,
        read_adapter,
        render_card,
    )

    facts = read_adapter(request.folder, base_model=request.base_model)
    # The caller's word as the facts have it: a folder may stand for an id.
    base_model = facts.base_model or request.base_model
    decision = decide_license(request.license, _base(request, repo_id, base_model, metadata), base_model)
    for warning in (*facts.warnings, *decision.warnings):
        log.warning("%s: %s", repo_id, warning)
    generated = render_card(
        facts,
        repo_id=repo_id,
        base_model=base_model,
        license=decision.license,
        license_source=decision.source,
        dataset=request.dataset,
        description=request.description,
        training_config=request.training_config,
        metrics=request.metrics,
        tags=request.tags,
        language=request.language,
    )
    existing = _read_card(request.folder / CARD)
    if existing is None or not existing.strip() or is_template_readme(existing):
        return generated.encode()
    merged = merge_front_matter(existing, generated)
    for warning in merged.warnings:
        log.warning("%s: %s", repo_id, warning)
    return merged.text.encode()


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


def _base(
    request: UploadRequest, repo_id: str, base_model: str | None, metadata: MetadataStore
) -> ModelMetadata | None:
    """What the Hub says of the base model; None when it can't be asked, or knows no such model."""
    if base_model is None or not is_repo_id(base_model):
        return None
    try:
        return metadata.require(base_model)
    except HubkitError as error:
        # Who states a licence needs nobody else's.
        level = logging.WARNING if request.license is None else logging.INFO
        log.log(level, "%s: nothing is known of %s: %s", repo_id, base_model, error)
        return None


def _read_card(path: Path) -> str | None:
    """The card that is there; line ends as they are, since a user's card keeps them."""
    if not path.is_file():
        return None
    return path.read_bytes().decode("utf-8", "replace")
