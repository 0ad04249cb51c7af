"""Under which licence an adapter is: the caller's, else the base model's, never a default."""

from __future__ import annotations

import re
from urllib.parse import quote

from attrs import frozen

from hubkit.cards._license_terms import terms_of
from hubkit.cards._text import one_line, shown
from hubkit.models import ModelMetadata

__all__ = ["LicenseDecision", "decide_license"]

_HUB = "https://huggingface.co"
_URL = re.compile(r"https?://[^\s\x00-\x1f\x7f<>\"'`\\]{1,500}")
_FILE = re.compile(r"(?!/)(?!.*(?:^|/)\.\.?(?:/|$))[\w./ +()-]{1,200}", re.ASCII)
# What a licence's text is called when the card doesn't say.
_USUAL_FILES = ("LICENSE", "LICENSE.md", "LICENSE.txt")
_LEFT_OUT = "the card leaves the licence out"


@frozen(kw_only=True)
class LicenseDecision:
    """What a card may say of its licence, and why."""

    license: str | None = None
    """A licence id of the Hub; None when it is unknown."""

    license_name: str | None = None
    """For `other`: the licence's own name, as the Hub wants it."""

    license_link: str | None = None
    """Where its text is: a URL, or a file of the caller's own."""

    source: str | None = None
    """The base model that states it; None when the caller does."""

    obligation: str | None = None
    """A sentence on what the base model's licence asks of the adapter's author and users."""

    warnings: tuple[str, ...] = ()
    """What is unknown or contradicts itself, one sentence each."""


def decide_license(
    said: str | None,
    base: ModelMetadata | None,
    base_model: str | None,
    *,
    license_name: str | None = None,
    license_link: str | None = None,
) -> LicenseDecision:
    """Decide on the licence of an adapter. No I/O.

    Args:
        said: The caller's licence id, which comes first.
        base: What the Hub says of the base model; None when nothing is known.
        base_model: The base model's id, for the texts.
        license_name: The caller's, for `other`.
        license_link: The caller's, for `other`.

    >>> decide_license("mit", None, None).license
    'mit'
    >>> decide_license(None, None, "org/base").warnings
    ('the licence of org/base is unknown; the card leaves the licence out',)
    """
    inherited = _inherited(base, base_model)
    said = one_line(said or "")
    if not said:
        return inherited
    name, link = one_line(license_name or "") or None, one_line(license_link or "") or None
    if said == "other" == inherited.license and name is None:
        # The caller's word for the very licence that the base model names.
        name, link = inherited.license_name, link or inherited.license_link
    binding = terms_of(inherited.license or "")
    terms = binding if binding and binding.binds else terms_of(said)
    return LicenseDecision(
        license=said,
        license_name=name,
        license_link=link,
        obligation=terms.obligation if terms else None,
        warnings=_conflict(said, name, inherited),
    )


def _conflict(said: str, name: str | None, inherited: LicenseDecision) -> tuple[str, ...]:
    """A licence that the caller states over one that binds what is made from the base model."""
    terms = terms_of(inherited.license or "")
    same = inherited.license == said and (said != "other" or name == inherited.license_name)
    if terms is None or not terms.binds or same:
        return ()
    called = inherited.license_name or inherited.license
    warning = (
        f"license is {shown(said)}, but the base model {inherited.source} is under {called}, "
        "which binds what is made from it: make sure that you may state another"
    )
    return (warning,)


def _inherited(base: ModelMetadata | None, base_model: str | None) -> LicenseDecision:
    """The base model's licence, when it states one that a card can repeat."""
    shown_id = one_line(base_model or (base.model_id if base else ""))
    if base is None:
        if not shown_id:
            return LicenseDecision(warnings=(f"neither a licence nor a base model is known; {_LEFT_OUT}",))
        return _unknown(f"the licence of {shown_id} is unknown")
    stated = base.license or ""
    if stated in ("", "unknown") or "," in stated:
        return _unknown(f"{shown_id} states no single licence id")
    terms = terms_of(stated)
    if terms is None:
        return _unknown(f"{shown_id} states {shown(stated)}, which is no licence id of the Hub")
    link = _link(base, shown_id)
    name = _name(base)
    if stated == "other" and name is None:
        return _unknown(f"{shown_id} states a licence of its own without a name")
    return LicenseDecision(
        license=stated,
        license_name=name if stated == "other" else None,
        # A page that says where the text is, is better than none.
        license_link=link or terms.link or (_page(base, shown_id) if stated == "other" else None),
        source=shown_id,
        obligation=terms.obligation,
    )


def _unknown(reason: str) -> LicenseDecision:
    return LicenseDecision(warnings=(f"{reason}; {_LEFT_OUT}",))


def _name(base: ModelMetadata) -> str | None:
    """The licence's own name, in the letters that the Hub allows."""
    given = base.card_data.get("license_name")
    if not isinstance(given, str):
        return None
    return re.sub(r"[^a-z0-9.+_-]+", "-", given[:200].lower()).strip("-._+")[:100] or None


def _link(base: ModelMetadata, model_id: str) -> str | None:
    """An absolute link to the text: a file of the base model isn't one of the adapter's."""
    given = base.card_data.get("license_link")
    if isinstance(given, str) and _URL.fullmatch(given.strip()):
        return given.strip()
    file = given.strip().removeprefix("./") if isinstance(given, str) else None
    if file is None and base.license == "other":
        names = {sibling.rfilename for sibling in base.siblings}
        file = next((name for name in _USUAL_FILES if name in names), None)
    if file is None or not _FILE.fullmatch(file):
        return None
    return f"{_page(base, model_id)}/blob/main/{quote(file)}"


def _page(base: ModelMetadata, model_id: str) -> str:
    return f"{(base.endpoint or _HUB).rstrip('/')}/{quote(model_id)}"
