"""What a caller says of an adapter, checked and on one line each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from hubkit._settings import nearest_key
from hubkit.cards._ids import hub_id
from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._text import one_line
from hubkit.cards._writing._evaluations import Evaluation, parse_evaluations
from hubkit.errors import CardError

__all__ = [
    "BaseModel",
    "License",
    "Metrics",
    "Words",
    "checked_image",
    "checked_keys",
    "lines",
    "split_metrics",
    "title_of",
]

# The Hub's own keys that nothing here writes by itself.
_FREE_KEYS = (
    "base_model_relation",
    "buckets",
    "co2_eq_emissions",
    "extra_gated_button_content",
    "extra_gated_description",
    "extra_gated_eu_disallowed",
    "extra_gated_fields",
    "extra_gated_heading",
    "extra_gated_prompt",
    "inference",
    "instance_prompt",
    "language_bcp47",
    "license_details",
    "metrics",
    "new_version",
    "thumbnail",
    "widget",
)
_ARGUMENTS = {
    "base_model": "base_model",
    "datasets": "dataset",
    "language": "language",
    "license": "license",
    "license_link": "license_link",
    "license_name": "license_name",
    "model-index": "metrics",
    "pipeline_tag": "pipeline_tag",
    "tags": "tags",
}
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\.png")


@frozen(kw_only=True)
class BaseModel:
    """The base model as the caller names it, else as the files do."""

    shown: tuple[str, ...]
    """Its name; a path is scrubbed. At most one."""

    id: str | None
    """Its id, when it is on the Hub."""

    is_said: bool
    """Whether the caller named it."""

    @classmethod
    def chosen(cls, facts: AdapterFacts, said: str | None) -> BaseModel:
        """The caller's, else the files'; a folder of the Hub's cache is resolved."""
        is_said = bool(said and one_line(said))
        name = said if said and is_said else facts.base_model or ""
        found = hub_id(name.strip())
        shown = one_line(found or name)
        # What had to be scrubbed is no id any more.
        return cls(shown=(shown,) if shown else (), id=found if found == shown else None, is_said=is_said)


@frozen(kw_only=True)
class License:
    """The licence section's content; each text may be empty."""

    id: str
    name: str
    link: str
    source: str
    obligation: str

    @classmethod
    def of(
        cls,
        license_id: str | None,
        source: str | None,
        name: str | None,
        link: str | None,
        obligation: str | None,
    ) -> License:
        """From a caller's arguments."""
        return cls(
            id=one_line(license_id or ""),
            name=one_line(name or ""),
            link=one_line(link or ""),
            source=one_line(source or ""),
            obligation=obligation or "",
        )


@frozen(kw_only=True)
class Metrics:
    """A caller's results, in one form or the other."""

    numbers: Mapping[str, object]
    """Names and values alone."""

    evaluations: tuple[Evaluation, ...]
    """Values with what they were measured on."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.numbers or self.evaluations)


@frozen(kw_only=True)
class Words:
    """Everything that a caller says, checked."""

    repo_id: str
    title: str
    base: BaseModel
    license: License
    datasets: tuple[str, ...]
    description: str
    training_config: Mapping[str, object]
    metrics: Metrics
    tags: tuple[str, ...]
    languages: tuple[str, ...]
    pipeline_tag: str
    front_matter: Mapping[str, Any]
    curve_image: str | None


def split_metrics(metrics: Mapping[str, object] | Sequence[Mapping[str, object]] | None) -> Metrics:
    """Tell the two forms apart.

    Raises:
        CardError: It is neither; the text names the part.
    """
    if metrics is None or isinstance(metrics, Mapping):
        return Metrics(numbers=metrics or {}, evaluations=())
    if not isinstance(metrics, (list, tuple)):
        raise CardError("metrics must be a mapping of names to values, or a list of results")
    return Metrics(numbers={}, evaluations=parse_evaluations(metrics))


def title_of(repo_id: str) -> str:
    """The name in a repository id.

    Raises:
        CardError: It has no printable character.

    >>> title_of("ann/foxes")
    'foxes'
    """
    title = next((part for part in reversed(repo_id.split("/")) if part.strip()), "")
    if not title:
        raise CardError("repo_id has no printable character")
    return title


def checked_keys(front_matter: Mapping[str, Any] | None) -> dict[str, Any]:
    """Front matter of the caller's own: keys of the Hub's that have no argument here.

    Raises:
        CardError: A key is another.
    """
    for key in front_matter or {}:
        if key not in _FREE_KEYS:
            own = _ARGUMENTS.get(key)
            advice = f"; it is the argument {own!r}" if own else nearest_key(str(key), _FREE_KEYS)
            raise CardError(f"front_matter: {key!r} can't be set there{advice}")
    return dict(front_matter or {})


def checked_image(name: str | None) -> str | None:
    """The name of a picture beside the card.

    Raises:
        CardError: It isn't one.
    """
    if name is not None and not _IMAGE.fullmatch(name):
        raise CardError("curve_image must be the name of a PNG file beside the card")
    return name


def lines(values: str | Sequence[str] | None) -> tuple[str, ...]:
    """Each value on one line and once; empty ones are left out."""
    listed = (values,) if isinstance(values, str) else values or ()
    return tuple(dict.fromkeys(line for line in map(one_line, listed) if line))
