"""What people said or wrote in a card's front matter, to say it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubkit.cards._adoption import adopt, results_of
from hubkit.cards._ids import hub_id
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._state import PARTS_OF, item_digest, read_state
from hubkit.cards._writing._yaml_tree import RefusedError, values_of

__all__ = ["words_of"]

# Front-matter key to the argument of `render_card` that it answers, and whether it is a list.
_ARGUMENTS = {
    "base_model": ("base_model", False),
    "datasets": ("dataset", True),
    "language": ("language", True),
    "license": ("license", False),
    "license_link": ("license_link", False),
    "license_name": ("license_name", False),
    "pipeline_tag": ("pipeline_tag", False),
}


def words_of(card: str, *, said: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Arguments of `render_card` that a card with hubkit's marks answers, or a README of PEFT's or the Trainer's.

    They are what somebody said when it was made, or wrote into it since; what was found in
    files is left to the files. Of a tool's README they are what the tool was told (licence,
    language, data sets, results), as far as the Hub takes it.

    Args:
        card: The card as it is.
        said: Arguments that are given today; the name and the link of another licence are no answer then.

    Returns:
        Arguments by name; none for a person's card or with front matter that can't be read.

    >>> from hubkit.cards import AdapterFacts, render_card
    >>> said = render_card(AdapterFacts(base_model="org/found"), repo_id="org/foxes", license="mit")
    >>> words_of(said)
    {'repo_id': 'org/foxes', 'license': 'mit'}
    """
    adopted = adopt(card)
    card = card if adopted is None else adopted.text
    state, matter = read_state(card), split_front_matter(card)
    if state is None or matter is None:
        return {}
    try:
        data = values_of(matter.block)
    except RefusedError:
        return {}
    words: dict[str, Any] = {} if state.repo_id is None else {"repo_id": state.repo_id}
    results = results_of(data) if adopted is not None else []
    if results:
        words["metrics"] = results
    for key, (argument, is_list) in _ARGUMENTS.items():
        answers = _said(data.get(key), state.keys.get(key, {}))
        if key == "base_model":
            # A tool may have put a path there since.
            answers = [name for name in answers if hub_id(name) == name]
        if answers and not _is_of_another(key, data, said or {}):
            words[argument] = answers if is_list else answers[0]
    return words


def _is_of_another(key: str, data: Mapping[str, Any], said: Mapping[str, object]) -> bool:
    """Whether a key says more of something that is said otherwise today."""
    return any(said.get(whole) not in (None, data.get(whole)) for whole in PARTS_OF.get(key, ()))


def _said(value: object, base: Mapping[str, bool]) -> list[str]:
    """The texts of a value that no file told."""
    items = value if isinstance(value, list) else [value]
    texts = [item for item in items if isinstance(item, str)]
    return [item for item in texts if base.get(item_digest(item)) is not False]
