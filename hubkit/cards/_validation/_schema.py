"""The types of the documented keys, in the words that the Hub has for them.

An interpreter of the few keywords that the schema uses. A general validator would judge
data that has lost its lines, say of a choice no more than that nothing fits, and bring a
compiled library along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from hubkit.cards._finding import Severity
from hubkit.cards._validation._lists import card_schema
from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import Report, quoted
from hubkit.cards._validation._scalars import kind_of
from hubkit.cards._validation._tree import Fields, Items, Node, Scalar

__all__ = ["Misfit", "check_types", "misfits"]

_ADVICE = "see https://huggingface.co/docs/hub/model-cards#model-card-metadata"
_WORDS = {
    "array": "must be an array",
    "boolean": "must be a boolean",
    "null": "must be null",
    "number": "must be a number",
    "object": "must be of type object",
    "string": "must be a string",
}

_MOST = 1000

Schema = Mapping[str, Any]


class Misfit(NamedTuple):
    """A value that the schema has no place for."""

    key: str
    line: int
    message: str
    remedy: str
    severity: Severity = "error"


def check_types(card: Metadata, report: Report) -> None:
    """Whether every documented key has a value of its type; unknown keys may have any."""
    for misfit in islice(misfits(card.root, card_schema()), _MOST):
        report.add(misfit.severity, misfit.key, misfit.line, misfit.message, misfit.remedy)


def misfits(node: Node, schema: Schema) -> Iterator[Misfit]:
    """What of a value doesn't fit a schema."""
    yield from _visit("", node, schema, schema, "error")


def _visit(path: str, node: Node, schema: Schema, root: Schema, severity: Severity) -> Iterator[Misfit]:
    schema = _resolved(schema, root)
    severity = schema.get("severity", severity)
    kind = kind_of(node)
    # What an alias stands for isn't looked up.
    if kind == "unknown" or schema == {}:
        return
    if "anyOf" in schema:
        yield from _visit_choice(path, node, schema["anyOf"], root, severity)
        return
    wanted = schema.get("type", kind)
    if kind not in ([wanted] if isinstance(wanted, str) else wanted):
        first = wanted if isinstance(wanted, str) else wanted[0]
        yield Misfit(path, node.line, f"{quoted(path)} {_WORDS[first]}", _remedy(node, kind, first), severity)
        return
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and isinstance(node, Scalar) and node.text not in allowed:
        names = ", ".join(allowed)
        yield Misfit(
            path, node.line, f"{quoted(path)} must be one of [{names}]", f"write {allowed[0]}", severity
        )
    if isinstance(node, Items) and "items" in schema:
        for index, item in enumerate(node.values):
            yield from _visit(f"{path}[{index}]", item, schema["items"], root, severity)
    if isinstance(node, Fields):
        yield from _visit_fields(path, node, schema, root, severity)


def _visit_fields(
    path: str, node: Fields, schema: Schema, root: Schema, severity: Severity
) -> Iterator[Misfit]:
    properties = schema.get("properties", {})
    start = f"{path}." if path else ""
    for key, value in node.pairs:
        inner = properties.get(key.text, schema.get("additionalProperties"))
        if inner is not None:
            yield from _visit(f"{start}{key.text}", value, inner, root, severity)
    present = {key.text for key, _ in node.pairs}
    for name in schema.get("required", ()):
        if name not in present:
            yield Misfit(
                f"{start}{name}",
                node.line,
                f'"{start}{name}" is required',
                f"add it, or leave {quoted(path)} out",
                severity,
            )


def _visit_choice(
    path: str, node: Node, choices: list[Schema], root: Schema, severity: Severity
) -> Iterator[Misfit]:
    """The misfits of the choice that comes nearest: of the value's type, with the fewest."""
    kind = kind_of(node)
    alike = [choice for choice in choices if _resolved(choice, root).get("type", kind) == kind]
    found = [list(_visit(path, node, choice, root, severity)) for choice in alike or choices[:1]]
    yield from min(found, key=len)


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    resolved: Schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    return resolved


def _remedy(node: Node, kind: str, wanted: str) -> str:
    if kind == "null":
        return "write a value, or leave the key out"
    if wanted == "string" and isinstance(node, Scalar):
        return f"put it in quotes: {quoted(node.text)}"
    if wanted == "array" and isinstance(node, Scalar):
        return f"write a list: [{quoted(node.text)}]"
    return _ADVICE
