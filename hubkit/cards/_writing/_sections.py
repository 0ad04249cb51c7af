"""The sections of a card: which there are, in which order, and whose word is in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen

from hubkit._settings import nearest_key
from hubkit.cards._markdown import Markdown, md, paragraphs, unmarked
from hubkit.cards._text import one_line, scrub
from hubkit.cards._writing._regions import marked, name_of
from hubkit.cards._writing._templates import render_part
from hubkit.errors import CardError

__all__ = ["Section", "checked_sections", "make_sections", "marked_sections"]

TITLE = "Title"
# Under the title, without a heading of its own.
DESCRIPTION = "Description"

TITLES = (
    "Model Details",
    "Training Data",
    "Training Configuration",
    "Training Hyperparameters",
    "Training Curve",
    "Evaluation Metrics",
    "Logged Metrics",
    "Usage",
    "Framework Versions",
    "Environmental Impact",
    "Citation",
    "License",
)


@frozen(kw_only=True)
class Section:
    """One section, ready to be put between its marks."""

    title: str
    """Its heading, as a person would type it."""

    text: str
    """Markdown, the heading included."""

    is_said: bool = False
    """Whether it is somebody's word, which no file can repeat."""


def make_sections(
    context: Mapping[str, Any], said: Collection[str], changes: Mapping[str, str | None]
) -> tuple[Section, ...]:
    """All sections that have content, in order.

    Args:
        context: What the templates may use.
        said: Titles of those that hold somebody's word.
        changes: A caller's own sections by title; None drops ours.

    Raises:
        CardError: A title is empty, or that of a dropped section isn't one of ours.
    """
    title = f"# {md(context['title'])}\n\n{render_part('summary', context)}".strip()
    found = {TITLE: title, DESCRIPTION: render_part("description", context)}
    for name in TITLES:
        found[name] = _headed(name, render_part(name.lower().replace(" ", "_"), context))
    own = checked_sections(changes)
    for name, text in own.items():
        found[name] = text if name == DESCRIPTION else _headed(name, text)
    return tuple(
        Section(title=name, text=text, is_said=name in said or name in own)
        for name, text in found.items()
        if text
    )


def marked_sections(sections: tuple[Section, ...]) -> dict[str, Markdown]:
    """Each section between its marks, by title."""
    return {
        section.title: marked(name_of(section.title), section.text, is_said=section.is_said)
        for section in sections
    }


def _headed(title: str, text: str) -> str:
    return f"## {md(title)}\n\n{text}" if text.strip() else ""


def checked_sections(changes: Mapping[str, str | None]) -> dict[str, str]:
    """A caller's sections as Markdown, by title; plain text is escaped.

    Raises:
        CardError: A title or a text can't be one.
    """
    ours = (TITLE, DESCRIPTION, *TITLES)
    names = {name_of(title): title for title in ours}
    checked = {}
    for given, text in changes.items():
        if not isinstance(given, str) or not isinstance(text, (str, type(None))):
            raise CardError("sections must map titles to texts, or to None")
        title = one_line(given)
        if text is None and title not in ours:
            raise CardError(f"sections: there is no section {title!r} to drop{nearest_key(title, ours)}")
        if not title or title == TITLE or names.setdefault(name_of(title), title) != title:
            raise CardError(f"sections: {title!r} can't be a title{nearest_key(title, ours)}")
        checked[title] = "" if text is None else _markdown(text)
    return checked


def _markdown(text: str) -> str:
    if isinstance(text, Markdown):
        return unmarked(scrub(text)).strip("\n")
    return paragraphs(text)
