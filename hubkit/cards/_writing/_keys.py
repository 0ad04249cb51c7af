"""Front matter made anew: theirs, ours, and what ours was last time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from hubkit.cards._writing._front_matter import dump_front_matter
from hubkit.cards._writing._state import PARTS_OF, Digests, digests_of, item_digest
from hubkit.cards._writing._yaml_tree import Entry, RefusedError, entries, plain_value

__all__ = ["UpdatedKeys", "update_keys"]


@frozen(kw_only=True)
class UpdatedKeys:
    """A front matter made anew."""

    block: str
    """The YAML, without the last line end."""

    keys: Mapping[str, Digests] = field(factory=dict)
    """What is to be remembered of it."""

    kept: tuple[str, ...] = ()
    """Keys that somebody changed or took away, and that stay so."""


@frozen
class _Edit:
    start: int
    end: int
    text: str


def update_keys(
    block: str, newline: str, ours: Mapping[str, Any], new: Mapping[str, Digests], base: Mapping[str, Digests]
) -> UpdatedKeys:
    """Bring a block up to date, and keep what people did to it.

    A key is ours as long as its value is what we wrote last; then it gets today's value.
    What was changed, added or taken away by hand stays so, and a word that somebody said
    last time isn't unsaid by their silence, unless it was about a licence that is another
    now. Lists of texts, such as tags, are taken item
    by item. Comments and order stay.

    Args:
        block: Their YAML, as it is.
        newline: Its line end.
        ours: Today's front matter.
        new: The digests of it.
        base: Those of last time.

    Raises:
        RefusedError: The block can't be read, or not be changed safely.
    """
    present, column = entries(block)
    theirs = {name: plain_value(entry.node) for name, entry in present.items()}
    wanted = dict(theirs)
    keys: dict[str, Digests] = {}
    kept = []
    for name in dict.fromkeys((*ours, *base)):
        last = (
            _unsaid(base[name]) if name in base and _is_of_another(name, theirs, wanted) else base.get(name)
        )
        value, keys[name], is_kept = _decided(
            theirs.get(name), ours.get(name), last, new.get(name, {}), name in theirs
        )
        if value is not None:
            wanted[name] = value
        else:
            wanted.pop(name, None)
        if is_kept:
            kept.append(name)
    edits = list(_edits(block, newline, column, present, theirs, wanted))
    result = _applied(block, edits)
    _check(result, wanted)
    remembered = {name: digests for name, digests in keys.items() if digests}
    return UpdatedKeys(block=result, keys=remembered, kept=tuple(kept))


def _is_of_another(name: str, theirs: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a key only says more of one whose value changes."""
    return any(wanted.get(whole) != theirs.get(whole) for whole in PARTS_OF.get(name, ()))


def _unsaid(digests: Digests) -> Digests:
    """As if no word of it were anybody's: then silence ends it."""
    return dict.fromkeys(digests, False)


def _decided(
    theirs: Any, ours: Any, base: Digests | None, new: Digests, is_there: bool
) -> tuple[Any, Digests, bool]:
    """The value to write, what to remember of it, and whether a hand's change stays."""
    if base is None:
        # A key that we never wrote is theirs, an empty one too.
        return (theirs, {}, theirs != ours) if is_there else (ours, new, False)
    if not is_there:
        return None, base, ours is not None
    if _is_texts(theirs) and (ours is None or _is_texts(ours)):
        return _decided_list(theirs, ours or (), base, new)
    if theirs == ours:
        return theirs, _united(new, base, new), False
    if set(digests_of(theirs)) != set(base):
        return theirs, base, theirs != ours
    if any(base.values()) and not any(new.values()):
        return theirs, base, False
    return ours, new, False


def _decided_list(
    theirs: Sequence[str], ours: Sequence[str], base: Digests, new: Digests
) -> tuple[Any, Digests, bool]:
    old = {item: item_digest(item) for item in (*theirs, *ours)}
    # What was said stays until something else is said.
    ended = (True, False) if any(new.values()) else (False,)
    stays = [item for item in theirs if item in ours or base.get(old[item]) not in ended]
    added = [item for item in ours if item not in theirs and old[item] not in base]
    result = [*stays, *added]
    if list(digests_of(theirs)) == list(base):
        # Nobody touched it: ours in its own order, and what was only said behind it.
        result = [*ours, *(item for item in stays if item not in ours)]
    digests = dict.fromkeys(old[item] for item in (*result, *ours))
    known = [digest for digest in digests if digest in new or digest in base]
    by_hand = [item for item in theirs if item not in ours and old[item] not in base]
    missing = [item for item in ours if item not in result]
    return result or None, _united(known, base, new), bool(by_hand or missing)


def _united(digests: Iterable[str], base: Digests, new: Digests) -> Digests:
    """Digests to remember: what was said once stays said, also when a file says so too."""
    return {digest: bool(new.get(digest) or base.get(digest)) for digest in digests}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _edits(
    block: str,
    newline: str,
    column: int,
    present: Mapping[str, Entry],
    theirs: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> Iterator[_Edit]:
    def lines_of(name: str) -> str:
        lines = dump_front_matter({name: wanted[name]}).splitlines()
        return f"{newline}{' ' * column}".join(lines)

    for name, entry in present.items():
        if name not in wanted:
            yield _line_edit(block, entry.start, entry.end)
        elif wanted[name] is not theirs[name] and wanted[name] != theirs[name]:
            yield from _item_edits(block, newline, entry, theirs[name], wanted[name]) or [
                _Edit(entry.start, entry.end, lines_of(name))
            ]
    added = [f"{' ' * column}{lines_of(name)}" for name in wanted if name not in present]
    if added:
        start = newline if block and not block.endswith(("\n", "\r")) else ""
        yield _Edit(len(block), len(block), start + newline.join(added))


def _item_edits(block: str, newline: str, entry: Entry, theirs: Any, wanted: Any) -> list[_Edit]:
    """Edits of single items of a list, which leave the comments between them; empty if they can't be made."""
    if not (_is_texts(theirs) and _is_texts(wanted)):
        return []
    edited = [item for item in theirs if item in wanted] + [item for item in wanted if item not in theirs]
    if edited != wanted or theirs[-1] not in wanted:
        return []
    spans = [(node.start_mark.index, node.end_mark.index) for node in entry.node.value]
    dashes = [block[block.rfind("\n", 0, start) + 1 : start] for start, _ in spans]
    # An alias stands where its anchor does; a list in brackets has no dashes.
    if any(
        dash.strip() != "-" or start < entry.start for dash, (start, _) in zip(dashes, spans, strict=True)
    ):
        return []
    gone = [_line_edit(block, *span) for item, span in zip(theirs, spans, strict=True) if item not in wanted]
    new = [f"{newline}{dashes[-1]}{_item(item)}" for item in wanted if item not in theirs]
    line_end = block.find("\n", spans[-1][1])
    at = len(block) if line_end < 0 else line_end - (block[line_end - 1] == "\r")
    return [*gone, _Edit(at, at, "".join(new))]


def _item(item: str) -> str:
    """A list's item as YAML has it."""
    return dump_front_matter({"x": [item]}).removeprefix("x:\n- ").rstrip("\n")


def _line_edit(block: str, start: int, end: int) -> _Edit:
    """Take whole lines away."""
    begin = block.rfind("\n", 0, start) + 1
    after = block.find("\n", end)
    if after < 0:
        # The last line goes with the line end before it.
        before = begin - 1 if begin else 0
        return _Edit(before - (block[before - 1 : before] == "\r"), len(block), "")
    return _Edit(begin, after + 1, "")


def _applied(block: str, edits: Sequence[_Edit]) -> str:
    # From the back, so that places stay right; of two at one place the first stands first.
    for edit in reversed(sorted(edits, key=lambda edit: (edit.start, edit.end))):  # noqa: C413
        block = block[: edit.start] + edit.text + block[edit.end :]
    return block


def _check(block: str, wanted: Mapping[str, Any]) -> None:
    """Refuse a block that doesn't say what it should: behind a document's end mark it would not."""
    present, _ = entries(block)
    if {name: item_digest(plain_value(entry.node)) for name, entry in present.items()} != {
        name: item_digest(value) for name, value in wanted.items()
    }:
        raise RefusedError("can't be changed without changing what it says")
