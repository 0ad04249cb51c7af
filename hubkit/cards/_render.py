"""The card of an adapter: what its files prove and its author says, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from attrs import frozen

from hubkit.cards._details import detail_rows
from hubkit.cards._facts import AdapterFacts
from hubkit.cards._front_matter import dump_front_matter
from hubkit.cards._ids import dataset_id, hub_id
from hubkit.cards._markdown import code, fence, md, paragraphs
from hubkit.cards._plain import metric_rows, to_json
from hubkit.cards._text import one_line
from hubkit.cards._usage import describe_usage
from hubkit.errors import CardError

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_card"]

_TEMPLATE = "card.md.j2"

# The tasks that the Hub has one tag for; sequence to sequence is not among them.
_PIPELINE_TAGS = {
    "CAUSAL_LM": "text-generation",
    "FEATURE_EXTRACTION": "feature-extraction",
    "QUESTION_ANS": "question-answering",
    "SEQ_CLS": "text-classification",
    "TOKEN_CLS": "token-classification",
}


@frozen(kw_only=True)
class _Names:
    """What the caller or the files call things, on one line each."""

    base_models: tuple[str, ...]
    """The base model as it is shown; a path is scrubbed."""

    base_model: str | None
    """Its id, when it is on the Hub."""

    datasets: tuple[str, ...]
    """The training data as it is shown."""


def render_card(
    facts: AdapterFacts,
    *,
    repo_id: str,
    base_model: str | None = None,
    license: str | None = None,  # noqa: A002
    license_source: str | None = None,
    dataset: str | Sequence[str] | None = None,
    description: str | None = None,
    training_config: Mapping[str, object] | None = None,
    metrics: Mapping[str, object] | None = None,
    tags: Sequence[str] = (),
    language: str | Sequence[str] | None = None,
) -> str:
    r"""Write the model card of an adapter.

    Nothing is guessed: what neither the files nor the caller say is absent, a whole
    section if need be. Every string is data and can't become YAML, Markdown, HTML
    or Python; control characters, home paths and Hub tokens are taken out. The same
    input gives the same bytes.

    Args:
        facts: What the files prove.
        repo_id: Where the card will be; its name becomes the title.
        base_model: The base model, whatever the files say. Anything but a Hub id is
            shown without becoming metadata.
        license: A licence id of the Hub. There is no default.
        license_source: Where the licence is stated, when the caller inherited it.
        dataset: Training data: Hub ids become metadata, other names are shown.
        description: Plain text under the title.
        training_config: Settings of the run; values under keys that name a secret are masked.
        metrics: Results; without any, those that the Trainer wrote are shown.
        tags: Further tags.
        language: Language codes as the Hub has them.

    Returns:
        The card, with `\n` line ends.

    Raises:
        CardError: `repo_id` has no printable character.

    >>> card = render_card(AdapterFacts(method="LoRA"), repo_id="org/foxes", license="mit")
    >>> "license: mit" in card, "# foxes" in card, "apache" in card
    (True, True, False)
    """
    repo_id = one_line(repo_id)
    title = next((part for part in reversed(repo_id.split("/")) if part.strip()), "")
    if not title:
        raise CardError("repo_id has no printable character")
    names = _named(facts, base_model, dataset)
    shown_license = one_line(license or "")
    front_matter = {
        "library_name": one_line(facts.library_name or ""),
        "base_model": names.base_model,
        "license": shown_license,
        "pipeline_tag": _PIPELINE_TAGS.get(facts.task_type or ""),
        "tags": _lines([facts.library_name or "", *facts.method_tags, *_listed(tags)]),
        "datasets": [name for name in map(dataset_id, names.datasets) if name],
        "language": _lines(_listed(language)),
    }
    return _template().render(
        front_matter=dump_front_matter({key: value for key, value in front_matter.items() if value}),
        title=title,
        description=paragraphs(description or ""),
        details=detail_rows(facts, names.base_models, names.datasets),
        training_config=to_json(training_config) if training_config else "",
        metrics=metric_rows(metrics or facts.metrics),
        metric_files=() if metrics else _metric_files(facts),
        usage=describe_usage(facts, repo_id, names.base_model),
        license=shown_license,
        license_source=one_line(license_source or ""),
    )


def _named(facts: AdapterFacts, base_model: str | None, dataset: str | Sequence[str] | None) -> _Names:
    """The caller's base model, else the files'; a folder of the Hub's cache is resolved."""
    said = base_model if base_model and one_line(base_model) else facts.base_model or ""
    found = hub_id(said.strip())
    shown = one_line(found or said)
    return _Names(
        base_models=(shown,) if shown else (),
        # What had to be scrubbed is no id any more.
        base_model=found if found == shown else None,
        datasets=tuple(_lines(_listed(dataset))),
    )


def _listed(value: str | Sequence[str] | None) -> Sequence[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _lines(values: Sequence[str]) -> list[str]:
    """Each value on one line and once; empty ones are left out."""
    return list(dict.fromkeys(line for line in map(one_line, values) if line))


def _metric_files(facts: AdapterFacts) -> list[str]:
    """The files that the facts' metrics come from."""
    sources = (facts.sources.get(f"metrics.{name}", "") for name in facts.metrics)
    return sorted({source.partition(":")[0] for source in sources if source})


@cache
def _template() -> Template:
    """The template, compiled once."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    # HTML escaping would garble Markdown: each value passes a filter made for its
    # place instead.
    environment = Environment(
        loader=DictLoader({_TEMPLATE: _template_text()}),
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {"code": code, "fence": fence, "md": md, "paragraphs": paragraphs}
    environment.filters.update(filters)
    return environment.get_template(_TEMPLATE)


def _template_text() -> str:
    path = files("hubkit.cards") / "templates" / _TEMPLATE
    # Line ends of a checkout on Windows must not end up in the card.
    return "".join(f"{line}\n" for line in path.read_text("utf-8").splitlines())
