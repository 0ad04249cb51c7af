"""Adding what a person's README lacks, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from hubkit.cards._writing._front_matter import FrontMatter, split_front_matter
from hubkit.cards._writing._yaml_tree import RefusedError, entries

__all__ = ["MergedCard", "merge_front_matter"]

_BYTE_ORDER_MARK = "\ufeff"


@frozen(kw_only=True)
class MergedCard:
    """A README with the front-matter keys that it lacked."""

    text: str
    """The README to publish."""

    added: tuple[str, ...] = ()
    """Keys that were added, in order."""

    warnings: tuple[str, ...] = ()
    """Why nothing was added, when something should have been."""


def merge_front_matter(readme: str, generated_card: str) -> MergedCard:
    r"""Add the front-matter keys that a README lacks; change nothing else in it.

    A key that is there is the person's, even when its value is null or empty: they
    may have emptied it on purpose. Body, comments, order of keys, line ends and a
    byte order mark stay as they are. New keys come last in the block; without
    front matter the whole block comes first.

    Args:
        readme: The person's text. Read the file without newline translation.
        generated_card: A card whose front matter has the keys to add.

    Returns:
        The merged text. Front matter that YAML can't read, or that can't be
        extended safely, is left as it is, with a warning.

    >>> ours = "---\nlicense: mit\ntags:\n- b\n---\n"
    >>> merge_front_matter("---\ntags: [a] # mine\n---\nHi", ours).text
    '---\ntags: [a] # mine\nlicense: mit\n---\nHi'
    """
    ours = split_front_matter(generated_card)
    if ours is None:
        return MergedCard(text=readme)
    theirs = split_front_matter(readme)
    try:
        return _prepended(readme, ours) if theirs is None else _extended(theirs, ours, readme)
    except RefusedError as error:
        return MergedCard(
            text=readme, warnings=(f"front matter of the README {error}: nothing was added to it",)
        )


def _prepended(readme: str, ours: FrontMatter) -> MergedCard:
    """Our block above their text; what they opened the file with stays first."""
    mark = _BYTE_ORDER_MARK if readme.startswith(_BYTE_ORDER_MARK) else ""
    body = readme[len(mark) :]
    newline = "\r\n" if body.partition("\n")[0].endswith("\r") else "\n"
    lines = ["---", *ours.block.splitlines(), "---", "", ""]
    keys = tuple(_segments(ours.block))
    return MergedCard(text=mark + newline.join(lines) + body, added=keys)


def _extended(theirs: FrontMatter, ours: FrontMatter, readme: str) -> MergedCard:
    present, column = entries(theirs.block)
    missing = {key: text for key, text in _segments(ours.block).items() if key not in present}
    if not missing:
        return MergedCard(text=readme)
    indent = " " * column
    lines = [indent + line for text in missing.values() for line in text.splitlines()]
    added = theirs.newline.join(lines)
    block = f"{theirs.block}{theirs.newline}{added}" if theirs.block else added
    _check(theirs.block + theirs.newline, block, "\n".join(missing.values()))
    return MergedCard(text=theirs.head + block + theirs.tail, added=tuple(missing))


def _segments(block: str) -> dict[str, str]:
    """Each top-level key of our own front matter with the text that it and its value take."""
    found = entries(block)[0].values()
    return {entry.name: block[entry.start : entry.end] for entry in found}


def _check(before: str, after: str, added: str) -> None:
    """Refuse a block in which the new keys changed what the old ones meant.

    They would behind a document's end mark, or inside an open block of text.
    """
    old, new, extra = (list(_events(text)) for text in (before, after, added))
    # Stream, document and mapping open with one event each, and close with one.
    expected = old[:-3] + extra[3:-3] + extra[-3:] if len(old) > 2 else extra
    if new != expected:
        raise RefusedError("can't be extended without changing what it says")


def _events(text: str) -> Iterator[tuple[Any, ...]]:
    import yaml

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            fields = (
                getattr(event, name, None) for name in ("anchor", "tag", "value", "implicit", "flow_style")
            )
            yield (type(event).__name__, *fields)
    except (yaml.YAMLError, RecursionError) as error:
        raise RefusedError("can't be extended") from error
