"""Names that the Hub has lists of: tasks, libraries, and the keys themselves."""

from __future__ import annotations

from hubkit.cards._validation._lists import card_schema, closest, libraries, pipeline_tags
from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import Report, quoted

__all__ = ["check_names"]

# Not official any more; a sequence to sequence model has one of the tasks below.
_FORMER = {
    "conversational": "write text-generation, and add the tag conversational",
    "text2text-generation": "write what the model does: summarization, translation or text-generation",
    "sequence-classification": "write text-classification",
}
# What people write for a key, where likeness alone wouldn't tell, or would tell wrong.
_MEANT = {
    "base_models": "base_model",
    "dataset": "datasets",
    "languages": "language",
    "library": "library_name",
    "licence": "license",
    "licence_link": "license_link",
    "licence_name": "license_name",
    "license_url": "license_link",
    "licenses": "license",
    "metric": "metrics",
    "pipeline": "pipeline_tag",
    "tag": "tags",
    "task": "pipeline_tag",
}
# Keys of their own that resemble others.
_OTHER_KEYS = frozenset({"model_name", "model_type", "datasets_info", "dataset_info", "language_creators"})
_MOST_KEYS = 200


def check_names(card: Metadata, report: Report) -> None:
    """Check `pipeline_tag`, `library_name`, and keys that look like others."""
    _check_task(card, report)
    _check_library(card, report)
    known = card_schema()["definitions"]["ApiModelMetadata"]["properties"]
    for key, _ in card.root.pairs[:_MOST_KEYS]:
        if key.text in known or key.text in _OTHER_KEYS:
            continue
        meant = _MEANT.get(key.text) or closest(key.text, known, cutoff=0.87)
        if meant is not None:
            report.warn(
                key.text,
                key.line,
                f"the Hub has no key {quoted(key.text)}, and does nothing with it",
                f"write {meant}",
            )


def _check_task(card: Metadata, report: Report) -> None:
    said = card.text("pipeline_tag")
    if said is None or said.text in pipeline_tags():
        return
    meant = closest(said.text, pipeline_tags())
    remedy = _FORMER.get(said.text) or (
        f"write {meant}" if meant else "take a task from https://huggingface.co/tasks, or leave the key out"
    )
    report.warn(
        said.key, said.line, f"the pipeline tag {quoted(said.text)} is not in the official list", remedy
    )


def _check_library(card: Metadata, report: Report) -> None:
    said = card.text("library_name")
    if said is None or said.text in libraries():
        return
    meant = closest(said.text, libraries(), cutoff=0.9)
    if meant is not None:
        report.warn(
            said.key,
            said.line,
            f"the Hub knows no library {quoted(said.text)}, and has no snippet for it",
            f"write {meant}, if it is that one",
        )
