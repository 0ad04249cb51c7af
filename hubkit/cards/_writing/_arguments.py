"""Refusing arguments of `render_card` before anything else is done."""

from __future__ import annotations

from typing import Any

from hubkit.cards._writing._sections import checked_sections
from hubkit.cards._writing._templates import read_template
from hubkit.cards._writing._words import checked_keys, split_metrics

__all__ = ["check_words"]


def check_words(metrics: Any, front_matter: Any, sections: Any, template: Any) -> None:
    """Check the arguments of `render_card` that have a form to keep; None is none.

    Raises:
        CardError: One has another form; the text names it.

    >>> check_words([{"metrics": {"f1": 0.5}}], {"new_version": "org/new"}, {"Usage": None}, None)
    """
    split_metrics(metrics)
    checked_keys(front_matter)
    checked_sections(sections or {})
    read_template(template)
