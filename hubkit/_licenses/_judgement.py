"""What a chain of licences comes to: contradictions, and the verdict of an allow-list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hubkit._licenses._report import (
    LicenseConflict,
    LicenseLink,
    LicenseReport,
    LicenseVerdict,
    StatedLicense,
    Status,
)
from hubkit.errors import InvalidArgumentError

__all__ = ["allow_list", "judge"]


def judge(
    links: Sequence[LicenseLink], problems: Sequence[str], allowed: frozenset[str] | None
) -> LicenseReport:
    """The report on a chain.

    Args:
        links: The chain, the model itself first.
        problems: What keeps it from being whole.
        allowed: What `allow_list` gave; None: there is no list.
    """
    return LicenseReport(
        model_id=links[0].model_id,
        links=tuple(links),
        conflicts=tuple(_conflicts(links)),
        problems=tuple(problems),
        verdict=None if allowed is None else _verdict(links, problems, allowed),
    )


def allow_list(allowed: Any) -> frozenset[str] | None:
    """A caller's list, checked.

    Args:
        allowed: Ids of the Hub or of SPDX, or own names of ``other`` licences; None for no list.

    Raises:
        InvalidArgumentError: It isn't a list of texts, or allows ``other``, which may be anything.
    """
    if allowed is None:
        return None
    if isinstance(allowed, str) or not isinstance(allowed, Iterable):
        raise InvalidArgumentError("allowed must be a list of licence ids")
    # Kept, since an iterator would be empty the second time, and a list of nothing allows nothing.
    listed = list(allowed)
    if not all(isinstance(each, str) and each.strip() for each in listed):
        raise InvalidArgumentError("allowed must be a list of licence ids")
    folded = frozenset(each.strip().casefold() for each in listed)
    for word in ("other", "unknown"):
        if word in folded:
            raise InvalidArgumentError(
                f"allowed must name licences; {word!r} may be any: give its license_name"
            )
    return folded


def _verdict(
    links: Sequence[LicenseLink], problems: Sequence[str], allowed: frozenset[str]
) -> LicenseVerdict:
    statuses: list[Status] = ["unknown"] * bool(problems)
    reasons = list(problems)
    for link in links:
        status, reason = _link_verdict(link, allowed)
        statuses.append(status)
        if reason is not None:
            reasons.append(f"{link.model_id} {reason}")
    worst: Status = next((status for status in ("not allowed", "unknown") if status in statuses), "allowed")
    return LicenseVerdict(status=worst, reasons=tuple(reasons))


def _link_verdict(link: LicenseLink, allowed: frozenset[str]) -> tuple[Status, str | None]:
    if link.problem is not None:
        return "unknown", f"has an unknown licence: {link.problem}"
    if not link.licenses:
        return "unknown", "states no licence"
    fits = [not names.isdisjoint(allowed) for names in map(_names, link.licenses)]
    called = ", ".join(map(_called, link.licenses))
    if all(fits):
        return "allowed", None
    if any(fits):
        return "unknown", f"states {called}, of which only some are allowed"
    if any(stated.id == "other" and stated.name is None for stated in link.licenses):
        return "unknown", "states a licence of its own without a name"
    if any(stated.binds is None for stated in link.licenses):
        return "unknown", f"states {called}, which is no licence id of the Hub"
    return "not allowed", f"is under {called}, which is not allowed"


def _names(stated: StatedLicense) -> frozenset[str]:
    """Under which names a list may allow a licence."""
    names = [stated.name] if stated.id == "other" else [stated.id, stated.spdx]
    return frozenset(name.casefold() for name in names if name)


def _called(stated: StatedLicense) -> str:
    return stated.name or stated.id


def _conflicts(links: Sequence[LicenseLink]) -> Iterator[LicenseConflict]:
    """Every licence over a base model's that binds, however many models stand between the two."""
    by_id = {link.model_id: link for link in links}
    for base in links:
        waiting = list(base.base_of)
        seen = {base.model_id}
        while waiting:
            name = waiting.pop(0)
            if name in by_id and name not in seen:
                seen.add(name)
                waiting.extend(by_id[name].base_of)
                if _contradicts(by_id[name], base):
                    yield _conflict(by_id[name], base)


def _contradicts(link: LicenseLink, base: LicenseLink) -> bool:
    # Of several licences one may be a choice: only where each of them binds is there none.
    if not link.licenses or not base.licenses or not all(stated.binds for stated in base.licenses):
        return False
    said = {(stated.id, stated.name) for stated in link.licenses}
    return said.isdisjoint((stated.id, stated.name) for stated in base.licenses)


def _conflict(link: LicenseLink, base: LicenseLink) -> LicenseConflict:
    called, bound = (", ".join(map(_called, each.licenses)) for each in (link, base))
    message = (
        f"{link.model_id} states {called}, but {base.model_id}, from which it is made, is under {bound}, "
        "which binds what is made from it"
    )
    return LicenseConflict(model_id=link.model_id, base_model=base.model_id, message=message)
