"""Base models that no Hub takes: tools write the path of a folder where an id belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from hubkit.cards._ids import base_in_tag, hub_id
from hubkit.cards._text import shown
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._keys import update_keys
from hubkit.cards._writing._state import Digests, item_digest
from hubkit.cards._writing._yaml_tree import RefusedError, entries, has_document_mark, plain_value

__all__ = ["MendedCard", "mend_base_model"]

_KEY = "base_model"


@frozen(kw_only=True)
class MendedCard:
    """A README whose base model is an id, or none."""

    text: str
    """The README."""

    warnings: tuple[str, ...] = ()
    """What became of a base model that was no id."""


def mend_base_model(readme: str, base_model: object) -> MendedCard:
    r"""Put the base model's id where a README has something else, and change nothing else in it.

    Tags that name something else are taken out. Front matter that can't be read is left alone.

    Args:
        readme: The text.
        base_model: What a card made today says; None when nobody knows.

    >>> mend_base_model("---\nbase_model: /data/llama # mine\n---\nHi", "org/llama").text
    '---\nbase_model: org/llama # mine\n---\nHi'
    """
    matter = split_front_matter(readme)
    if matter is None or has_document_mark(matter.block):
        return MendedCard(text=readme)
    try:
        present, _ = entries(matter.block)
        data = {name: plain_value(present[name].node) for name in (_KEY, "tags") if name in present}
        wrong = _wrong_parts(data)
        if not wrong:
            return MendedCard(text=readme)
        ours = _replacement(data.get(_KEY), base_model) if _KEY in wrong else {}
        # As if what is wrong had been written by us, and for itself alone: then it is ours to replace.
        block = update_keys(matter.block, matter.newline, ours, {}, wrong).block
    except RefusedError:
        return MendedCard(text=readme)
    text = f"{matter.head}{block}{matter.tail}"
    warnings = (_warning(data[_KEY], ours.get(_KEY)),) if _KEY in wrong else ()
    return MendedCard(text=text, warnings=warnings)


def _wrong_parts(data: Mapping[str, Any]) -> dict[str, Digests]:
    """Key to the digests of its texts that are no ids."""
    texts = {name: list(_texts(value)) for name, value in data.items()}
    named = {tag: base_in_tag(tag) for tag in texts.get("tags", ())}
    wrong = {
        _KEY: [name for name in texts.get(_KEY, ()) if hub_id(name) != name],
        "tags": [tag for tag, found in named.items() if found is not None and hub_id(found) != found],
    }
    return {key: {item_digest(item): False for item in items} for key, items in wrong.items() if items}


def _texts(value: object) -> Iterator[str]:
    items: Sequence[object] = value if isinstance(value, list) else [value]
    yield from (item for item in items if isinstance(item, str))


def _replacement(there: object, base_model: object) -> dict[str, Any]:
    """The key as it should be: the ids that are there, else today's, else what a path of the Hub's cache stands for."""
    names = list(_texts(there))
    ids = [name for name in names if hub_id(name) == name]
    found = ids or base_model or next(filter(None, map(hub_id, names)), None)
    return {_KEY: found} if found else {}


def _warning(there: object, now: object) -> str:
    wrong = next(name for name in _texts(there) if hub_id(name) != name)
    became = "it is left out"
    if not isinstance(now, list):
        became = f"it is {shown(now)} now" if now else f"{became}: name the base model yourself"
    return f"base_model of the README was {shown(wrong)}, not a model id of the Hub: {became}"
