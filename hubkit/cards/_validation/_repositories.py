"""Names of other repositories: ids of the Hub, no paths, files or addresses."""

from __future__ import annotations

from hubkit._refs import is_repo_id
from hubkit.cards._ids import base_in_tag, dataset_id, hub_id, linked_id
from hubkit.cards._validation._metadata import Metadata, Text
from hubkit.cards._validation._report import Report, quoted
from hubkit.cards._validation._tree import Items

__all__ = ["check_repositories"]

_RELATIONS = ("adapter", "finetune", "merge", "quantized")


def check_repositories(card: Metadata, report: Report) -> None:
    """Check `base_model`, its relation, `datasets`, `new_version`, and tags that name a base model."""
    for said in card.texts("base_model"):
        _check_id(said, "model", report, is_refused=True)
    for said in card.texts("datasets"):
        _check_id(said, "dataset", report, is_refused=True)
    for said in card.texts("new_version"):
        _check_id(said, "model", report, is_refused=False)
    for said in card.texts("tags"):
        named = base_in_tag(said.text)
        if named is not None and not report.is_full("warning") and hub_id(named) != named:
            report.warn(
                said.key,
                said.line,
                f"the tag names {quoted(named)}, which is no model id",
                "leave it out: the Hub makes such tags itself",
            )
    _check_relation(card, report)


def _check_id(said: Text, what: str, report: Report, *, is_refused: bool) -> None:
    found = dataset_id(said.text) if what == "dataset" else hub_id(said.text)
    if found == said.text or report.is_full("error"):
        return
    if is_repo_id(said.text):
        # It has the shape of an id, which is all that the Hub can see.
        report.warn(
            said.key,
            said.line,
            f"{quoted(said.text)} looks like a path, not like a {what} of the Hub",
            _remedy(said.text, what, found),
        )
        return
    advice = "Use a model id from" if what == "model" else "If possible, use a dataset id from"
    report.add(
        "error" if is_refused else "warning",
        said.key,
        said.line,
        f'"{said.key}" with value {quoted(said.text)} is not valid. {advice} https://hf.co/{what}s.',
        _remedy(said.text, what, found),
    )


def _remedy(text: str, what: str, found: str | None) -> str:
    meant = found or linked_id(text, what)
    if meant is not None and is_repo_id(meant):
        return f"write {meant}"
    return f"write the id of the {what}, such as org/name; what isn't on the Hub belongs into the text"


def _check_relation(card: Metadata, report: Report) -> None:
    bases, said = card.get("base_model"), card.text("base_model_relation")
    count = len(bases.values) if isinstance(bases, Items) else 0
    if said is not None and said.text not in _RELATIONS:
        report.warn(
            said.key,
            said.line,
            f'"{said.key}" must be one of [{", ".join(_RELATIONS)}]; {quoted(said.text)} is none',
            "leave it out: the Hub finds out itself",
        )
    elif said is not None and said.text != "merge" and count > 1:
        report.warn(
            said.key,
            said.line,
            f"a model with {count} base models is a merge to the Hub, and {quoted(said.text)} is none",
            "name one base model, or write merge",
        )
    if said is not None and bases is None:
        report.warn(
            said.key, said.line, "there is no base_model that it could be about", "name the base model"
        )
