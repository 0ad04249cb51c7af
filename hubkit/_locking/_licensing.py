"""Chains of licences as a lock keeps them, and what an allow-list says of one. No I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from hubkit._licenses import LicenseLink, StatedLicense, allow_list, judge
from hubkit._licenses._spdx import spdx_of
from hubkit.cards._license_terms import terms_of

__all__ = ["kept", "stated_again", "why_not_allowed"]


def kept(links: Sequence[LicenseLink]) -> tuple[LicenseLink, ...]:
    """The links of a chain as they come out of a lock: with what was found, and not with what follows from it."""
    return tuple(
        attrs.evolve(
            link,
            depth=0,
            licenses=stated_again([stated.id for stated in link.licenses], _own_name(link)).licenses,
        )
        for link in links
    )


def stated_again(ids: Sequence[str], name: str | None) -> LicenseLink:
    """A link, of no model yet, that states these licences.

    Args:
        ids: As they were stated.
        name: The licence's own name, where one of them is ``other``.
    """
    licenses = []
    for license_id in ids:
        terms = terms_of(license_id)
        licenses.append(
            StatedLicense(
                id=license_id,
                spdx=spdx_of(license_id),
                name=name if license_id == "other" else None,
                binds=terms.binds if terms else None,
            )
        )
    return LicenseLink(model_id="", depth=0, licenses=tuple(licenses))


def why_not_allowed(
    links: Sequence[LicenseLink], problems: Sequence[str], allowed: Sequence[str], *, unknown_is_fine: bool
) -> str | None:
    """Why an allow-list doesn't let a chain pass; None when it does.

    Args:
        links: The chain.
        problems: What keeps it from being whole.
        allowed: The list.
        unknown_is_fine: Whether what can't be found out may pass.
    """
    verdict = judge(links, problems, allow_list(allowed)).verdict
    assert verdict is not None
    if verdict.status == "allowed" or (verdict.status == "unknown" and unknown_is_fine):
        return None
    return "; ".join(verdict.reasons)


def _own_name(link: LicenseLink) -> str | None:
    return next((stated.name for stated in link.licenses if stated.name is not None), None)
