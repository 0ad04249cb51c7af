"""Shapes of JSON documents, as the reference writes them: ``[{name, parts: [{size}], rest: {...}}]``."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["misfits", "parse_shape", "shapes_in"]

_TOKEN = re.compile(r"\.\.\.|[\[\]{}:,]|\w+")


def shapes_in(text: str) -> dict[str, Any]:
    """The shapes of a block of lines, each a command and its shape; a shape may go on below."""
    found: dict[str, str] = {}
    name = ""
    for line in text.strip("\n").splitlines():
        if line[:1].isalpha():
            name, _, line = re.split(r"(\s{2,})", line, maxsplit=1)
        found[name] = found.get(name, "") + line
    return {name: parse_shape(shape) for name, shape in found.items()}


def parse_shape(text: str) -> Any:
    """A list of one shape, a dict of shapes by key, ``...`` for anything; None for a plain value."""
    tokens = _TOKEN.findall(text)
    shape = _shape(tokens)
    assert not tokens, f"what is left of a shape: {tokens}"
    return shape


def misfits(document: Any, shape: Any, where: str = "") -> list[str]:
    """What a document has otherwise than its shape; empty when it fits."""
    if isinstance(shape, list):
        if not isinstance(document, list):
            return [f"{where} is no list"]
        return [text for item in document for text in misfits(item, shape[0], f"{where}[]")]
    if shape is None:
        is_plain = not isinstance(document, dict) and not _has_objects(document)
        return [] if is_plain else [f"{where} is no plain value"]
    if document is None or (shape == "..." and isinstance(document, dict)):
        return []
    if not isinstance(document, dict) or list(document) != list(shape):
        return [f"{where} has {list(document)}, not {list(shape)}"]
    return [text for key in shape for text in misfits(document[key], shape[key], f"{where}.{key}")]


def _shape(tokens: list[str]) -> Any:
    opening = tokens.pop(0)
    if opening == "[":
        shape = [_shape(tokens)]
        assert tokens.pop(0) == "]"
        return shape
    assert opening == "{"
    if tokens[0] == "...":
        tokens[:2] = []
        return "..."
    fields: dict[str, Any] = {}
    while tokens[0] != "}":
        name = tokens.pop(0)
        fields[name] = None
        if tokens[0] == ":":
            tokens.pop(0)
            fields[name] = _shape(tokens)
        if tokens[0] == ",":
            tokens.pop(0)
    tokens.pop(0)
    return fields


def _has_objects(document: Any) -> bool:
    return isinstance(document, list) and any(isinstance(item, dict) for item in document)
