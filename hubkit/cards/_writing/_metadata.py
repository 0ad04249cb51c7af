"""The front matter's content: each key that there is evidence or a word for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hubkit.cards._ids import dataset_id
from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._text import one_line
from hubkit.cards._writing._evaluations import model_index
from hubkit.cards._writing._front_matter import pruned
from hubkit.cards._writing._plain import plain_data
from hubkit.cards._writing._words import Words, lines

__all__ = ["metadata_of", "pipeline_tag_of", "said_keys"]

# The tasks that the Hub has one tag for; sequence to sequence is not among them.
_PIPELINE_TAGS = {
    "CAUSAL_LM": "text-generation",
    "FEATURE_EXTRACTION": "feature-extraction",
    "QUESTION_ANS": "question-answering",
    "SEQ_CLS": "text-classification",
    "TOKEN_CLS": "token-classification",
}


def pipeline_tag_of(facts: AdapterFacts, words: Words) -> str | None:
    """The caller's task, else the one that the config's task has a tag for."""
    return words.pipeline_tag or _PIPELINE_TAGS.get(facts.task_type or "")


def metadata_of(facts: AdapterFacts, words: Words) -> dict[str, Any]:
    """Keys in order, without empty values at any depth."""
    base = words.base.id
    task = pipeline_tag_of(facts, words)
    index = model_index(words.metrics.evaluations, words.title, task)
    found = {
        "library_name": one_line(facts.library_name or ""),
        "base_model": base,
        # The Hub infers it for PEFT's adapters, and for no other library's.
        "base_model_relation": "adapter" if base and facts.library_name != "peft" else None,
        "license": words.license.id,
        "license_name": words.license.name,
        "license_link": words.license.link,
        "pipeline_tag": task,
        "tags": lines([facts.library_name or "", *facts.method_tags, *words.tags]),
        "datasets": _dataset_ids(words),
        "language": words.languages,
        "co2_eq_emissions": _emissions(facts),
        "metrics": _metric_types(index),
        "model-index": index,
    }
    given = {**found, **plain_data(words.front_matter)}
    return pruned({key: value for key, value in given.items() if value != ""}) or {}


def said_keys(words: Words) -> dict[str, Collection[str] | None]:
    """Keys that hold a caller's word: all of it (None), or which items of a list."""
    whole = {
        "base_model": words.base.is_said,
        "license": words.license.id and not words.license.source,
        "license_name": words.license.name and not words.license.source,
        "license_link": words.license.link and not words.license.source,
        "pipeline_tag": words.pipeline_tag,
        "datasets": words.datasets,
        "language": words.languages,
        "metrics": words.metrics.evaluations,
        "model-index": words.metrics.evaluations,
        **words.front_matter,
    }
    return {"tags": words.tags, **{key: None for key, is_said in whole.items() if is_said}}


def _metric_types(index: list[dict[str, Any]] | None) -> list[str]:
    """What the model index measures, each once."""
    groups = [group for model in index or () for group in model["results"]]
    return list(dict.fromkeys(metric["type"] for group in groups for metric in group["metrics"]))


def _dataset_ids(words: Words) -> list[str]:
    return [name for name in map(dataset_id, words.datasets) if name]


def _emissions(facts: AdapterFacts) -> Mapping[str, Any] | None:
    if facts.emissions is None:
        return None
    return {
        "emissions": facts.emissions,
        "source": one_line(facts.emissions_source or "") or None,
        "training_type": "fine-tuning",
        "geographical_location": one_line(facts.emissions_country or "") or None,
        "hardware_used": one_line(facts.hardware or "") or None,
    }
