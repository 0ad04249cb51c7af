"""What the templates of the sections may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hubkit.cards._markdown import Markdown, paragraphs, unmarked
from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._text import scrub
from hubkit.cards._writing._contradictions import contradictions, other_settings
from hubkit.cards._writing._details import detail_rows
from hubkit.cards._writing._hyperparameters import choose_hyperparameters
from hubkit.cards._writing._metadata import pipeline_tag_of
from hubkit.cards._writing._papers import arxiv_ids
from hubkit.cards._writing._plain import to_json
from hubkit.cards._writing._results_table import Table, evaluation_table, history_table, metric_table
from hubkit.cards._writing._sparkline import series_of, sparklines
from hubkit.cards._writing._usage import describe_usage
from hubkit.cards._writing._words import Words

__all__ = ["context_of", "said_sections"]


def context_of(facts: AdapterFacts, words: Words) -> dict[str, Any]:
    """Names and values; texts are data, which the templates escape."""
    # What the training measured of itself is no evaluation.
    evaluated = {name: number for name, number in facts.metrics.items() if not name.startswith("train_")}
    logged = {name: facts.metrics[name] for name in facts.metrics if words.metrics or name not in evaluated}
    return {
        "base_model": words.base.id,
        "curve_image": words.curve_image,
        "datasets": words.datasets,
        "description": _described(words.description),
        "details": detail_rows(facts, words.base.shown),
        "emissions": "" if facts.emissions is None else f"{facts.emissions:.4g}",
        "emissions_source": facts.emissions_source or facts.sources.get("emissions", "").partition(":")[0],
        "facts": facts,
        "history": history_table(facts.history),
        "hyperparameters": choose_hyperparameters(facts),
        "license": words.license,
        "contradicted": tuple(contradictions(facts, words.metrics)),
        "logged": metric_table(logged),
        "logged_files": _metric_files(facts, logged),
        "metric_files": _metric_files(facts, evaluated),
        "metrics": _metric_table(words, evaluated),
        "metrics_are_stated": bool(words.metrics),
        "other_settings": tuple(other_settings(facts, words.training_config or {})),
        "papers": arxiv_ids(facts.papers),
        "pipeline_tag": pipeline_tag_of(facts, words),
        "repo_id": words.repo_id,
        "sparklines": sparklines(series_of(facts.history)),
        "title": words.title,
        "training_config": to_json(words.training_config) if words.training_config else "",
        "usage": describe_usage(facts, words.repo_id, words.base.id),
        "versions": _versions(facts),
    }


def said_sections(words: Words) -> set[str]:
    """Titles of the sections that hold what no file can repeat."""
    said = {
        "Description": words.description,
        "Training Data": words.datasets,
        "Training Configuration": words.training_config,
        "Evaluation Metrics": words.metrics,
        "License": words.license.id and not words.license.source,
    }
    return {title for title, value in said.items() if value}


def _described(text: str) -> Markdown:
    return Markdown(unmarked(scrub(text))) if isinstance(text, Markdown) else paragraphs(text)


def _metric_table(words: Words, evaluated: Mapping[str, float]) -> Table:
    """The caller's results, else those that the Trainer wrote."""
    if words.metrics.evaluations:
        return evaluation_table(words.metrics.evaluations)
    return metric_table(words.metrics.numbers or evaluated)


def _metric_files(facts: AdapterFacts, names: Iterable[str]) -> list[str]:
    """The files that some of the facts' metrics come from."""
    sources = (facts.sources.get(f"metrics.{name}", "") for name in names)
    return sorted({source.partition(":")[0] for source in sources if source})


def _versions(facts: AdapterFacts) -> dict[str, str]:
    """Library to version; the config has PEFT's."""
    own = {"PEFT": facts.peft_version} if facts.peft_version else {}
    return {**own, **facts.framework_versions}
