"""Front matter that readers don't agree on: keys twice, no values, aliases, doubtful spellings."""

from __future__ import annotations

from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import FRONT_MATTER, Report, quoted
from hubkit.cards._validation._scalars import as_new, as_old, is_null, kind_of
from hubkit.cards._validation._tree import Alias, Fields, Scalar, walk

__all__ = ["check_syntax"]

# Where the schema has null for "nothing to say", as tools write it.
_MAY_BE_NULL = frozenset({"description", "instance_prompt", "thumbnail"})


def check_syntax(card: Metadata, report: Report) -> None:
    """Look at every key and value, whatever they mean. Comes after the schema, which says more."""
    aliases = []
    for path, node in walk(card.root):
        if isinstance(node, Alias):
            aliases.append(node.line)
        elif isinstance(node, Fields):
            _check_keys(path, node, report)
        elif isinstance(node, Scalar) and not report.knows(path):
            _check_value(path, node, report)
    if aliases:
        report.warn(
            FRONT_MATTER,
            aliases[0],
            f"it holds {len(aliases)} YAML aliases, which programs that edit cards lose",
            "write the values out",
        )


def _check_keys(path: str, node: Fields, report: Report) -> None:
    seen = set()
    start = f"{path}." if path else ""
    for key, _ in node.pairs:
        if key.text in seen:
            report.error(
                f"{start}{key.text}",
                key.line,
                f"duplicated mapping key {quoted(key.text)}",
                "keep one of the two",
            )
        seen.add(key.text)
        if kind_of(key) == "string":
            _check_readings(f"{start}{key.text}", key, report)


def _check_value(path: str, node: Scalar, report: Report) -> None:
    if not is_null(node):
        _check_readings(path, node, report)
    elif path not in _MAY_BE_NULL:
        report.warn(path, node.line, "it has no value", "write a value, or leave the key out")


def _check_readings(path: str, node: Scalar, report: Report) -> None:
    if report.is_full("warning"):
        return
    new, old = as_new(node), as_old(node)
    if new != old:
        report.warn(
            path,
            node.line,
            f"YAML 1.1 readers such as PyYAML take {quoted(node.text)} for {old}, "
            f"YAML 1.2 readers such as the Hub for {new}",
            _spelling(node, new.kind),
        )


def _spelling(node: Scalar, kind: str) -> str:
    text = quoted(node.text)
    if kind == "number":
        return f"put it in quotes if it is text: {text}; write a number plainly, as 0.00001 or 1.0e-5"
    return f"put it in quotes: {text}"
