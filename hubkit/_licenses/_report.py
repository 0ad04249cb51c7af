"""What a licence report says: values without behaviour."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from hubkit import _serialize

__all__ = ["LicenseConflict", "LicenseLink", "LicenseReport", "LicenseVerdict", "StatedLicense", "Status"]

Status = Literal["allowed", "not allowed", "unknown"]


@frozen(kw_only=True)
class StatedLicense:
    """One licence that a model states.

    .. versionadded:: 0.1
    """

    id: str
    """As it is stated, whether the Hub has such an id or not."""
    spdx: str | None = None
    """SPDX's id; None where it has none, or the Hub's leaves the version open."""
    name: str | None = None
    """For ``other``: the licence's own name, as it is stated."""
    link: str | None = None
    """Where its text is, as it is stated; for licences that are one owner's also where that is known."""
    obligation: str | None = None
    """What it asks of who passes on what is made from the model, in a sentence; a reminder, no advice."""
    binds: bool | None = None
    """Whether it binds what is made from the model, so that another can't simply replace it; None: unknown."""


@frozen(kw_only=True)
class LicenseLink:
    """One model of the chain.

    .. versionadded:: 0.1
    """

    model_id: str
    depth: int
    """0: the model that was asked about; 1: its base models; and so on."""
    base_of: tuple[str, ...] = ()
    """The models of the chain that were made from this one."""
    base_source: str | None = None
    """What says so: ``card: base_model``, ``tags: base_model``, a key of the config, or ``caller``."""
    relation: str | None = None
    """How it was made, as its tags or card say: ``adapter``, ``finetune``, ``merge`` or ``quantized``."""
    licenses: tuple[StatedLicense, ...] = ()
    """What the model states; several may all hold or be a choice: no card says which."""
    source: str | None = None
    """What states them: ``card: license``, ``tags: license``, or ``metadata: license`` for metadata that was
    made by hand; None: nothing does."""
    problem: str | None = None
    """Why nothing is known, when that isn't because nothing is stated."""


@frozen(kw_only=True)
class LicenseConflict:
    """A licence stated over one that binds what is made from its model.

    .. versionadded:: 0.1
    """

    model_id: str
    base_model: str
    message: str


@frozen(kw_only=True)
class LicenseVerdict:
    """Whether all of a chain is on somebody's list.

    .. versionadded:: 0.1
    """

    status: Status
    """Of the worst link: one that is not allowed decides, then one that is unknown."""
    reasons: tuple[str, ...] = ()
    """A sentence on each link that isn't allowed."""


@frozen(kw_only=True)
class LicenseReport:
    """The licences of a model and of everything that it was made from.

    .. versionadded:: 0.1
    """

    model_id: str
    links: tuple[LicenseLink, ...]
    """The model itself first, then its base models, nearest first."""
    conflicts: tuple[LicenseConflict, ...] = ()
    problems: tuple[str, ...] = ()
    """What keeps the chain from being whole: it is too long, or comes back to itself."""
    verdict: LicenseVerdict | None = None
    """None when there was no list."""

    @property
    def license(self) -> str | None:
        """What the model itself states, in one text; None when that is nothing, or the word ``unknown``."""
        return ", ".join(stated.id for stated in self.links[0].licenses) or None

    @property
    def obligations(self) -> tuple[str, ...]:
        """What the licences of the chain ask, each once."""
        asked = (stated.obligation for link in self.links for stated in link.licenses)
        return tuple(dict.fromkeys(filter(None, asked)))

    @property
    def is_clear(self) -> bool:
        """Whether every model of the chain states a licence, and none contradicts another."""
        return all(link.licenses for link in self.links) and not self.conflicts and not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        plain: dict[str, Any] = _serialize.unstructure(self)
        derived = {
            "license": self.license,
            "is_clear": self.is_clear,
            "obligations": list(self.obligations),
        }
        return {"model_id": plain.pop("model_id"), **derived, **plain}
