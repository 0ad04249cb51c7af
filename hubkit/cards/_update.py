"""Making a card anew without losing what people wrote into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from hubkit.cards._adoption import Adopted, adopt
from hubkit.cards._ids import hub_id
from hubkit.cards._text import shown
from hubkit.cards._writing._front_matter import FrontMatter, split_front_matter
from hubkit.cards._writing._keys import UpdatedKeys, update_keys
from hubkit.cards._writing._mending import mend_base_model
from hubkit.cards._writing._merge import merge_front_matter
from hubkit.cards._writing._regions import Region, pieces
from hubkit.cards._writing._state import CardState, read_state, without_state, write_state
from hubkit.cards._writing._yaml_tree import RefusedError, values_of

__all__ = ["UpdatedCard", "update_card"]

_ADVICE = "name the base model yourself"


@frozen(kw_only=True)
class UpdatedCard:
    """A card that was brought up to date."""

    text: str
    """The card to publish."""

    kept: tuple[str, ...] = ()
    """Sections (by the names in their marks) and front-matter keys that stay as somebody changed them."""

    warnings: tuple[str, ...] = ()
    """What could not be brought up to date, one sentence each."""


def update_card(existing: str, generated: str) -> UpdatedCard:
    r"""Bring a card up to date, and keep what people wrote.

    Of a card with hubkit's marks, the text outside of them stays. A section inside is
    replaced unless somebody changed it or took it away; so is each front-matter key, and
    each item of a list such as `tags`. What was said last time (a licence, a description)
    isn't unsaid by silence. A card without marks is a person's: it only gets the front
    matter that it lacks. The text of a template of PEFT's or the Trainer's is replaced, and
    what somebody said in its front matter stays (`words_of` gives it for the sections).
    In each of them a `base_model` that is no id of the Hub gives way to today's.

    Args:
        existing: The card as it is. Read the file without newline translation.
        generated: What `render_card` makes today.

    Returns:
        The card to publish. The same arguments give the same bytes, and doing it twice
        changes nothing.

    >>> from hubkit.cards import AdapterFacts, render_card
    >>> card = render_card(AdapterFacts(method="LoRA"), repo_id="org/foxes")
    >>> mine = card.replace("LoRA", "LoRA, of a kind") + "My own words.\n"
    >>> update_card(mine, card) == UpdatedCard(text=mine, kept=("model-details",))
    True
    """
    if not existing.strip():
        return UpdatedCard(text=generated)
    adopted = adopt(existing)
    if adopted is not None:
        return _replaced(adopted, generated)
    ours = _Parts.of(generated)
    mended = mend_base_model(existing, ours.data.get("base_model"))
    theirs = _Parts.of(mended.text)
    is_ours = read_state(existing) is not None
    if not is_ours and theirs.body.strip():
        merged = merge_front_matter(mended.text, generated)
        return UpdatedCard(text=merged.text, warnings=(*mended.warnings, *merged.warnings))
    keys, warnings = _keys(theirs, ours)
    body, regions, kept = _bodies(theirs, ours) if is_ours else (f"\n{ours.body}", ours.state.regions, [])
    return UpdatedCard(
        text=_assembled(theirs, ours, keys, body, regions),
        kept=(*keys.kept, *kept),
        warnings=(*mended.warnings, *warnings),
    )


def _replaced(adopted: Adopted, generated: str) -> UpdatedCard:
    """Today's card in the place of a tool's README, with what was said there."""
    theirs, ours = _Parts.of(adopted.text), _Parts.of(generated)
    keys, warnings = _keys(theirs, ours)
    warnings = (*adopted.warnings, *_lost_base(theirs.data, keys.block), *warnings)
    if "#" not in theirs.block and keys.keys == ours.state.keys and _data(keys.block) == ours.data:
        return UpdatedCard(text=generated, warnings=warnings)
    body = ours.body if theirs.matter is not None else ours.body.lstrip("\n")
    text = _assembled(theirs, ours, keys, body, ours.state.regions)
    return UpdatedCard(text=text, kept=keys.kept, warnings=warnings)


def _lost_base(before: Mapping[str, Any], block: str) -> tuple[str, ...]:
    """A warning where a base model that only the tool's README named goes with it."""
    there = before.get("base_model")
    names = there if isinstance(there, list) else [there]
    ids = [name for name in names if isinstance(name, str) and hub_id(name) == name]
    if not ids or "base_model" in _data(block):
        return ()
    named = ", ".join(map(shown, ids[:2]))
    return (f"base_model of the README, {named}, is left out, since nothing proves it: {_ADVICE}",)


def _assembled(theirs: _Parts, ours: _Parts, keys: UpdatedKeys, body: str, regions: tuple[str, ...]) -> str:
    """The card: its front matter, its body, and what is to be remembered of both."""
    newline = theirs.newline
    text = theirs.with_block(keys.block)
    if not text:
        # Of a front matter that has gone the blank line behind it goes too.
        body = body.removeprefix(newline)
    state = write_state(CardState(repo_id=ours.state.repo_id, regions=regions, keys=keys.keys))
    return "".join((text, body, state.replace("\n", newline), theirs.end))


@frozen(kw_only=True)
class _Parts:
    """A card cut into front matter, body, and what it remembers."""

    matter: FrontMatter | None
    closing: str
    """The line that ends the front matter, with the line end before it."""
    body: str
    state: CardState = field(factory=CardState)
    end: str = ""
    newline: str = "\n"

    @classmethod
    def of(cls, text: str) -> _Parts:
        matter = split_front_matter(text)
        tail = text if matter is None else matter.tail
        opening = tail[: len(tail) - len(tail.lstrip("\r\n"))] if matter is not None else ""
        line = tail[len(opening) :].partition("\n")
        closing = opening + "".join(line[:2]) if matter is not None else ""
        body, end = without_state(tail[len(closing) :])
        newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
        state = read_state(text) or CardState()
        return cls(matter=matter, closing=closing, body=body, state=state, end=end, newline=newline)

    @property
    def block(self) -> str:
        return "" if self.matter is None else self.matter.block

    @property
    def data(self) -> Mapping[str, Any]:
        """The front matter's values; none when it can't be read."""
        return _data(self.block)

    def with_block(self, block: str) -> str:
        """The front matter with another content; made anew where there was none."""
        if self.matter is not None and (block.strip() or not self.block.strip()):
            return f"{self.matter.head}{block}{self.closing}"
        mark = self.newline
        return f"---{mark}{block.strip()}{mark}---{mark}{mark}" if block.strip() else ""


def _data(block: str) -> dict[str, Any]:
    try:
        return values_of(block)
    except RefusedError:
        return {}


def _keys(theirs: _Parts, ours: _Parts) -> tuple[UpdatedKeys, tuple[str, ...]]:
    """The front matter brought up to date, or as it is, with the reason."""
    base, new = theirs.state.keys, ours.state.keys
    try:
        return update_keys(theirs.block, theirs.newline, ours.data, new, base), ()
    except RefusedError as error:
        warning = f"front matter of the README {error}: nothing in it was brought up to date"
        return UpdatedKeys(block=theirs.block, keys=base), (warning,)


def _bodies(theirs: _Parts, ours: _Parts) -> tuple[str, tuple[str, ...], list[str]]:
    """The body brought up to date, the regions to remember, and those that stay changed."""
    today = {piece.name: piece for piece in pieces(ours.body) if isinstance(piece, Region)}
    there = {piece.name for piece in pieces(theirs.body) if isinstance(piece, Region)}
    kept = [name for name in theirs.state.regions if name in today and name not in there]
    result: list[Region | str] = []
    for piece in pieces(theirs.body):
        if isinstance(piece, str):
            result.append(_without_gap(piece, theirs.newline) if result[-1:] == [""] else piece)
            continue
        new = today.get(piece.name)
        kept += [piece.name] if piece.is_edited and (new is None or new.text != piece.text) else []
        result.append(_chosen(piece, new, theirs.newline))
    added = [
        region for name, region in today.items() if name not in there and name not in theirs.state.regions
    ]
    for region in added:
        _insert(result, region, list(today), theirs.newline)
    names = dict.fromkeys([*(piece.name for piece in result if isinstance(piece, Region)), *today])
    return "".join(map(str, result)), tuple(names), kept


def _chosen(piece: Region, new: Region | None, newline: str) -> Region | str:
    """What becomes of a region: theirs, ours, or nothing."""
    if piece.is_edited or (piece.is_said and (new is None or not new.is_said)):
        return piece
    return "" if new is None else _with_line_ends(new, newline)


def _with_line_ends(region: Region, newline: str) -> Region:
    opening, text = (part.replace("\n", newline) for part in (region.opening, region.text))
    return region._replace(opening=opening, text=text)


def _without_gap(text: str, newline: str) -> str:
    """The text behind a region that has gone, without the blank line that set it off."""
    return text.removeprefix(newline * 2)


def _insert(result: list[Region | str], region: Region, order: Iterable[str], newline: str) -> None:
    """Put a new region behind the one that comes before it in a new card."""
    before = list(order)
    before = before[: before.index(region.name)]
    places = {piece.name: index for index, piece in enumerate(result) if isinstance(piece, Region)}
    made = _with_line_ends(region, newline)
    at = next((places[name] for name in reversed(before) if name in places), None)
    if at is None:
        first = min(places.values(), default=len(result))
        result[first:first] = [made, newline * 2]
    else:
        result[at + 1 : at + 1] = [newline * 2, made]
