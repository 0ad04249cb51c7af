"""The licence: an id of the Hub's list, or `other` with a name and a link."""

from __future__ import annotations

import re

from hubkit.cards._validation._lists import closest, licenses
from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import Report, quoted

__all__ = ["check_license"]

_LIST = "https://huggingface.co/docs/hub/repositories-licenses"
_NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]*")
_LINK = re.compile(r"LICENSE(?:\.md)?|https?://\S+")


def check_license(card: Metadata, report: Report) -> None:
    """Check `license`, `license_name` and `license_link`."""
    said = list(card.texts("license"))
    for license_id in said:
        if report.is_full("error"):
            break
        if license_id.text not in licenses():
            report.error(
                license_id.key,
                license_id.line,
                f'"{license_id.key}" must be one of the Hub\'s licence ids; {quoted(license_id.text)} is none',
                _remedy(license_id.text),
            )
        elif license_id.text == "unknown":
            report.warn(
                license_id.key,
                license_id.line,
                "an unknown licence lets nobody use the model",
                "state the licence, or leave the key out",
            )
    others = [one for one in said if one.text == "other"]
    if others:
        _check_other(card, others[0].line, report)
    elif (name := card.text("license_name")) is not None:
        report.warn(
            name.key,
            name.line,
            "a name is for licences that the Hub has no id for",
            "write license: other, or leave the name out",
        )


def _check_other(card: Metadata, line: int, report: Report) -> None:
    name, link = card.text("license_name"), card.text("license_link")
    if name is None:
        report.warn(
            "license_name",
            line,
            '"license_name" is required when the licence is "other"',
            "add an id such as my-license-1.0",
        )
    elif not _NAME.fullmatch(name.text):
        report.warn(
            name.key,
            name.line,
            f"{quoted(name.text)} is no id",
            "use small letters, digits, points and hyphens, as in my-license-1.0",
        )
    if link is None:
        report.warn(
            "license_link",
            line,
            'a licence "other" has no link to its text',
            "add license_link: LICENSE and the file, or a URL",
        )
    elif not _LINK.fullmatch(link.text):
        report.warn(
            link.key,
            link.line,
            f"{quoted(link.text)} is neither LICENSE, LICENSE.md nor a URL",
            "write license_link: LICENSE and add the file, or write a URL",
        )


def _remedy(text: str) -> str:
    meant = closest(text, licenses(), cutoff=0.7)
    if meant is not None:
        return f"write {meant}"
    return f"take an id from {_LIST}, or write other with license_name and license_link"
