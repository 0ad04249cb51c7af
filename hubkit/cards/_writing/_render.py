"""The card of an adapter: what its files prove and its author says, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._text import one_line, scrub
from hubkit.cards._writing._context import context_of, said_sections
from hubkit.cards._writing._front_matter import dump_front_matter
from hubkit.cards._writing._metadata import metadata_of, said_keys
from hubkit.cards._writing._regions import Region, pieces, sealed
from hubkit.cards._writing._sections import make_sections, marked_sections
from hubkit.cards._writing._state import CardState, digests_of, write_state
from hubkit.cards._writing._templates import read_template, render_layout
from hubkit.cards._writing._words import (
    BaseModel,
    License,
    Words,
    checked_image,
    checked_keys,
    lines,
    split_metrics,
    title_of,
)

__all__ = ["render_card"]


def render_card(
    facts: AdapterFacts,
    repo_id: str,
    *,
    base_model: str | None = None,
    license: str | None = None,  # noqa: A002
    license_source: str | None = None,
    license_name: str | None = None,
    license_link: str | None = None,
    license_obligation: str | None = None,
    dataset: str | Sequence[str] | None = None,
    description: str | None = None,
    training_config: Mapping[str, object] | None = None,
    metrics: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    tags: Sequence[str] = (),
    language: str | Sequence[str] | None = None,
    pipeline_tag: str | None = None,
    front_matter: Mapping[str, object] | None = None,
    curve_image: str | None = None,
    sections: Mapping[str, str | None] | None = None,
    template: str | Path | None = None,
) -> str:
    r"""Write the model card of an adapter.

    Nothing is guessed: what neither the files nor the caller say is absent, a whole
    section if need be. Every string is data and can't become YAML, Markdown, HTML
    or Python; control characters, home paths and access tokens are taken out of the
    whole card. Sections stand between marks, by which `update_card` knows them again.
    The same input gives the same bytes.

    Args:
        facts: What the files prove.
        repo_id: Where the card will be; its name becomes the title.
        base_model: The base model, whatever the files say. Anything but a Hub id is
            shown without becoming metadata.
        license: A licence id of the Hub. There is no default.
        license_source: Where the licence is stated, when the caller inherited it.
        license_name: The licence's own name; the Hub wants one for `other`.
        license_link: Its address, or `LICENSE`.
        license_obligation: What it asks of whoever passes the adapter on.
        dataset: Training data: Hub ids become metadata, other names are shown.
        description: Plain text under the title, or `Markdown`.
        training_config: Settings of the run; values under keys that name a secret are masked.
        metrics: Results, shown as the author's word, before those that the Trainer wrote. Names and
            values, or, for the Hub's `model-index`, a list of results:
            `{"task": "text-classification", "dataset": {"type": "org/foxes", "name": "Foxes",
            "split": "test"}, "metrics": {"accuracy": 0.91}}`. A dataset may have `config`,
            `revision` and `args` too, a result a `source` with `name` and `url`; `metrics` may
            be a list of `{"type", "value", "name", "config", "args"}`.
        tags: Further tags.
        language: Language codes as the Hub has them.
        pipeline_tag: The Hub's task, where the config's task has no tag of its own or another is meant.
        front_matter: Further keys of the Hub's, such as `new_version`.
        curve_image: Name of the picture of the training curve beside the card; without one
            the curve is a line of text.
        sections: Sections of your own by title, and None for those of ours to leave out. Text
            is escaped unless it is `Markdown`.
        template: The body as a jinja2 template, text or (as a `Path`) a file. `sections` has
            each section by its title; `facts`, `title`, `base_model` and the like may be used, and
            `{% call region("Title") %}` marks what `update_card` is to keep up to date. It runs
            in a sandbox, and what it shows is escaped.

    Returns:
        The card, with `\n` line ends.

    Raises:
        CardError: `repo_id` has no printable character, or an argument or the template has the
            wrong form; the text names it.

    >>> card = render_card(AdapterFacts(method="LoRA"), repo_id="org/foxes", license="mit")
    >>> "license: mit" in card, "# foxes" in card, "apache" in card
    (True, True, False)
    """
    name = one_line(repo_id)
    words = Words(
        repo_id=name,
        title=title_of(name),
        base=BaseModel.chosen(facts, base_model),
        license=License.of(license, license_source, license_name, license_link, license_obligation),
        datasets=lines(dataset),
        description=description or "",
        training_config=training_config or {},
        metrics=split_metrics(metrics),
        tags=lines(tags),
        languages=lines(language),
        pipeline_tag=one_line(pipeline_tag or ""),
        front_matter=checked_keys(front_matter),
        curve_image=checked_image(curve_image),
    )
    layout = read_template(template)
    context = context_of(facts, words)
    parts = marked_sections(make_sections(context, said_sections(words), sections or {}))
    body = scrub(render_layout(layout, {**context, "sections": parts})).strip("\n")
    return _assembled(facts, words, sealed(body))


def _assembled(facts: AdapterFacts, words: Words, body: str) -> str:
    """Front matter, body, and what the next making has to know of both."""
    data, said = metadata_of(facts, words), said_keys(words)
    # The last pass over what a template or a section of the caller's may have brought along.
    block = scrub(dump_front_matter(data))
    regions = tuple(piece.name for piece in pieces(body) if isinstance(piece, Region))
    keys = {key: digests_of(value, said.get(key, ())) for key, value in data.items()}
    state = write_state(CardState(repo_id=words.repo_id, regions=regions, keys=keys))
    matter = f"---\n{block}---\n\n" if block else ""
    return f"{matter}{body}\n\n{state}\n"
