"""What a card remembers of its last making: a comment at its end.

Regions keep their own digests. Of the front matter, which other programs write anew
without comments, and of regions that somebody took away, only this comment knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from attrs import field, frozen

from hubkit._refs import is_repo_id
from hubkit.cards._writing._regions import digest_of

__all__ = [
    "PARTS_OF",
    "CardState",
    "Digests",
    "digests_of",
    "item_digest",
    "read_state",
    "without_state",
    "write_state",
]

PARTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "license_name": ("license",),
    "license_link": ("license", "license_name"),
}
"""Keys that only say more of others: what was said of one licence isn't true of the next."""

Digests = Mapping[str, bool]
"""Of a value, or of each item of a list of texts; true for somebody's word."""

_COMMENT = re.compile(
    r"^<!-- hubkit:card[ \t]*\r?\n((?:(?!-->|<!--).*\r?\n){0,200}?)-->[ \t]*(?=\r?$)", re.MULTILINE
)
_LINE = re.compile(r"([\w-]{1,60}):((?: [0-9a-f]{12}!?)*)\s*", re.ASCII)
_NOTE = "What you write outside of these marks is kept, and so is what you change inside."


@frozen(kw_only=True)
class CardState:
    """What was generated last time."""

    repo_id: str | None = None
    """Where the card was to be; the usage snippet has it too."""

    regions: tuple[str, ...] = ()
    """Their names, in order; a card that has one no more was rid of it by somebody."""

    keys: Mapping[str, Digests] = field(factory=dict)
    """Front-matter key to the digests of its value."""


def digests_of(value: object, said: Collection[str] | None = ()) -> Digests:
    """The digests of a front-matter value.

    Args:
        value: Plain data.
        said: The texts among them that are somebody's word; None for all.
    """
    items: Iterable[object] = value if isinstance(value, (list, tuple)) and _are_texts(value) else [value]
    return {item_digest(item): said is None or item in said for item in items}


def item_digest(value: object) -> str:
    """The digest of one value, as both YAML and Python have it."""
    return digest_of(json.dumps(value, sort_keys=True, default=str))


def _are_texts(value: Iterable[object]) -> bool:
    return bool(value) and all(isinstance(item, str) for item in value)


def write_state(state: CardState) -> str:
    """The comment, without a line end."""
    lines = [f"repo: {state.repo_id}"] if is_repo_id(state.repo_id) else []
    lines += [f"regions: {' '.join(state.regions)}"] if state.regions else []
    for key, digests in state.keys.items():
        shown = " ".join(f"{digest}{'!' if is_said else ''}" for digest, is_said in digests.items())
        lines.append(f"{key}: {shown}")
    return "\n".join(("<!-- hubkit:card", _NOTE, *lines, "-->"))


def read_state(text: str) -> CardState | None:
    """The state that a card holds; None when there is none, as in cards that people wrote."""
    found = _last(text)
    if found is None:
        return None
    lines = found[1].splitlines()
    repo_id = _rest(lines, "repo: ")
    return CardState(
        repo_id=repo_id if is_repo_id(repo_id) else None,
        regions=tuple(_rest(lines, "regions: ").split()),
        keys=dict(_keys(lines)),
    )


def _rest(lines: Iterable[str], start: str) -> str:
    return next((line[len(start) :].strip() for line in lines if line.startswith(start)), "")


def _keys(lines: Iterable[str]) -> Iterable[tuple[str, dict[str, bool]]]:
    for line in lines:
        parsed = _LINE.fullmatch(line)
        if parsed is not None:
            yield parsed[1], {word[:12]: word.endswith("!") for word in parsed[2].split()}


def without_state(text: str) -> tuple[str, str]:
    """The text before the state and the text behind it; all of it before, without one."""
    found = _last(text)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


def _last(text: str) -> re.Match[str] | None:
    """A card that quotes such comments has its own behind them."""
    return max(_COMMENT.finditer(text), key=re.Match.start, default=None)
