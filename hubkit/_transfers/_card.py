"""The card of an upload: ours, or the user's with the front matter that it lacks."""

from __future__ import annotations

import logging
from pathlib import Path

from hubkit._metadata import MetadataStore
from hubkit._refs import is_repo_id
from hubkit._transfers._folder import CARD
from hubkit._transfers._request import UploadRequest
from hubkit.errors import HubkitError

__all__ = ["make_card"]

log = logging.getLogger("hubkit")


def make_card(request: UploadRequest, repo_id: str, metadata: MetadataStore) -> bytes:
    """The bytes of ``README.md``, as they are to be committed.

    Args:
        request: What the caller says of the adapter.
        repo_id: Where the card will be, in full.
        metadata: Says under which licence a base model is.
    """
    from hubkit.cards import is_template_readme, merge_front_matter, read_adapter, render_card

    facts = read_adapter(request.folder)
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
