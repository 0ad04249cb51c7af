"""From a model to everything that it was made from, each with what it states. No I/O of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from attrs import evolve, frozen

from hubkit._licenses._report import LicenseLink, StatedLicense
from hubkit._licenses._spdx import spdx_of
from hubkit._refs import is_repo_id
from hubkit.cards._ids import linked_id
from hubkit.cards._license_terms import terms_of
from hubkit.cards._text import one_line, shown
from hubkit.models import ModelMetadata

__all__ = ["Look", "license_chain"]

Look: TypeAlias = "Callable[[str], ModelMetadata | str]"
"""What is known of a model, or a sentence on why nothing is."""

_DEEPEST: Final = 8
_LONGEST: Final = 50
_LONGEST_TEXT: Final = 300
_TAG: Final = "license:"
_RELATIONS: Final = ("adapter", "finetune", "merge", "quantized")


@frozen
class _Step:
    """A model still to be looked at."""

    model_id: str
    depth: int
    base_of: str = ""
    source: str | None = None
    relation: str | None = None


def license_chain(
    model: ModelMetadata, look: Look, *, base_model: str | None = None
) -> tuple[list[LicenseLink], list[str]]:
    """The links of a chain, nearest first, and what keeps it from being whole.

    Args:
        model: The model that was asked about.
        look: Finds base models.
        base_model: What the caller says that the model was made from, for one that doesn't say.
    """
    links = {model.model_id.casefold(): _link(_Step(model.model_id, 0), model)}
    problems: list[str] = []
    waiting = deque(_bases(model, 1, base_model))
    while waiting:
        step = waiting.popleft()
        name = step.model_id.casefold()
        if name in links:
            if name in _products(links, step.base_of):
                problems.append(f"{step.base_of} is made from {step.model_id}, which is made from it")
            elif step.base_of not in links[name].base_of:
                links[name] = evolve(links[name], base_of=(*links[name].base_of, step.base_of))
            continue
        if step.depth > _DEEPEST or len(links) >= _LONGEST:
            problems.append(f"the chain goes on beyond {step.base_of}; no more of it was looked at")
            break
        found = look(step.model_id) if is_repo_id(step.model_id) else _no_id(step.model_id)
        links[name] = _link(step, found)
        if isinstance(found, ModelMetadata):
            waiting.extend(_bases(found, step.depth + 1, None, called=step.model_id))
    return list(links.values()), problems


def _no_id(model_id: str) -> str:
    return f"{shown(model_id)} is no id of a model"


def _products(links: Mapping[str, LicenseLink], model_id: str) -> set[str]:
    """A model and everything that was made from it, up to the one that was asked about."""
    found: set[str] = set()
    waiting = [model_id.casefold()]
    while waiting:
        name = waiting.pop()
        if name not in found and name in links:
            found.add(name)
            waiting.extend(each.casefold() for each in links[name].base_of)
    return found


def _link(step: _Step, found: ModelMetadata | str) -> LicenseLink:
    known = found if isinstance(found, ModelMetadata) else None
    licenses, source = ((), None) if known is None else _stated(known)
    return LicenseLink(
        model_id=one_line(step.model_id),
        depth=step.depth,
        base_of=(step.base_of,) if step.base_of else (),
        base_source=step.source,
        relation=step.relation,
        licenses=licenses,
        source=source,
        problem=found if isinstance(found, str) else None,
    )


def _stated(model: ModelMetadata) -> tuple[tuple[StatedLicense, ...], str | None]:
    """What a model says, and where. ``unknown`` is a word for saying nothing."""
    for source, ids in _statements(model):
        said = [one_line(each)[:_LONGEST_TEXT] for each in ids]
        licenses = tuple(
            _described(each, model) for each in dict.fromkeys(said) if each not in ("", "unknown")
        )
        if said:
            return licenses, source if licenses else None
    return (), None


def _statements(model: ModelMetadata) -> Iterator[tuple[str, list[str]]]:
    """The places where a licence may stand, the one that counts first."""
    card = model.card_data.get("license")
    listed = card if isinstance(card, list) else [card]
    yield "card: license", [each for each in listed if isinstance(each, str) and each.strip()]
    yield (
        "tags: license",
        [tag.removeprefix(_TAG) for tag in model.tags if tag.startswith(_TAG) and tag != _TAG],
    )
    # Metadata that somebody has made by hand may have nothing but the field.
    yield "metadata: license", [] if model.license is None else [model.license]


def _described(license_id: str, model: ModelMetadata) -> StatedLicense:
    terms = terms_of(license_id)
    own = license_id == "other"
    link = _text(model.card_data, "license_link")
    return StatedLicense(
        id=license_id,
        spdx=spdx_of(license_id),
        name=_text(model.card_data, "license_name") if own else None,
        link=link or (terms.link if terms else None),
        obligation=terms.obligation if terms else None,
        binds=terms.binds if terms else None,
    )


def _bases(model: ModelMetadata, depth: int, said: str | None, called: str | None = None) -> Iterator[_Step]:
    """What a model was made from, by the best source that says anything."""
    named = called or model.model_id
    names: tuple[str, ...] = model.base_models
    source = "card: base_model" if model.card_data.get("base_model") else "tags: base_model"
    if not names and (configured := _configured_base(model)) is not None:
        names, source = (configured,), "config: peft.base_model_name_or_path"
    if not names and said is not None:
        names, source = (said,), "caller"
    for given in names:
        # Some people write the address of its page.
        name = linked_id(given) or given
        if name.casefold() != model.model_id.casefold():
            yield _Step(name, depth, one_line(named), source, _relation(model, name))


def _configured_base(model: ModelMetadata) -> str | None:
    """What the Hub read in an adapter's config; a path on somebody's disk is no model of the Hub's."""
    config = model.extra.get("config")
    peft = config.get("peft") if isinstance(config, Mapping) else None
    name = peft.get("base_model_name_or_path") if isinstance(peft, Mapping) else None
    return name if isinstance(name, str) and (is_repo_id(name) or linked_id(name)) else None


def _relation(model: ModelMetadata, base: str) -> str | None:
    """How a model was made from its base: the Hub's own tag says it, else the card."""
    for relation in _RELATIONS:
        if f"base_model:{relation}:{base}" in model.tags:
            return relation
    said = model.card_data.get("base_model_relation")
    return said if said in _RELATIONS else None


def _text(card: Mapping[str, object], key: str) -> str | None:
    value = card.get(key)
    return one_line(value[: 2 * _LONGEST_TEXT])[:_LONGEST_TEXT] or None if isinstance(value, str) else None
