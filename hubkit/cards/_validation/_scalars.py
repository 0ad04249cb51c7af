"""What a scalar is to a reader of YAML 1.1 and to one of YAML 1.2.

Python's common library reads YAML 1.1; the Hub and every JavaScript program read 1.2.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

from hubkit.cards._validation._report import quoted
from hubkit.cards._validation._tree import Alias, Items, Node, Scalar

__all__ = ["Reading", "as_new", "as_old", "is_null", "kind_of"]

# Every plain text that either reader takes for something else starts or is like this.
_SPECIAL = re.compile(r"[-+.0-9~=<]|(?:true|false|null|yes|no|on|off)\Z|\Z", re.IGNORECASE)
# Longer ones are text to us: no number that anybody meant has that many digits.
_LONGEST = 100

_NULL = re.compile(r"(?:~|null|Null|NULL)?\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")

_KINDS = {"bool": "boolean", "float": "number", "int": "number", "null": "null", "timestamp": "date"}
# The tag's last part; `=` and `<<` have meanings of their own in YAML 1.1.
_OLD_ONLY = {"merge": "a merge key", "value": "a default key"}


class Reading(NamedTuple):
    """What a reader takes a scalar for."""

    kind: str
    """`string`, `number`, `boolean`, `null` or `date`."""

    value: str | float | bool | None
    """The value, comparable among readings of one kind."""

    def __str__(self) -> str:
        if self.kind == "string":
            return f"the text {quoted(str(self.value))}"
        if self.kind == "number":
            return f"the number {self.value}"
        if self.kind == "boolean":
            return "true" if self.value else "false"
        return self.kind


def kind_of(node: Node) -> str:
    """What the Hub takes a value for: a JSON type, or `unknown` for an alias.

    >>> kind_of(Scalar("no", 1, True, "")), kind_of(Scalar("1e5", 1, True, ""))
    ('string', 'number')
    """
    if isinstance(node, Scalar):
        return as_new(node).kind
    if isinstance(node, Alias):
        return "unknown"
    return "array" if isinstance(node, Items) else "object"


def is_null(node: Node) -> bool:
    """Whether there is no value."""
    return isinstance(node, Scalar) and as_new(node).kind == "null"


def as_new(scalar: Scalar) -> Reading:
    """How YAML 1.2 has it."""
    if scalar.tag:
        return _tagged(scalar)
    if not scalar.is_plain or not _SPECIAL.match(scalar.text) or len(scalar.text) > _LONGEST:
        return Reading("string", scalar.text)
    return _new(scalar.text)


def as_old(scalar: Scalar) -> Reading:
    """How YAML 1.1 has it, as PyYAML implements it."""
    if scalar.tag:
        return _tagged(scalar)
    if not scalar.is_plain or not _SPECIAL.match(scalar.text) or len(scalar.text) > _LONGEST:
        return Reading("string", scalar.text)
    return _old(scalar.text)


def _tagged(scalar: Scalar) -> Reading:
    """An explicit type leaves readers no choice; custom ones are nobody's."""
    name = scalar.tag.rpartition(":")[2]
    if name not in _KINDS:
        return Reading("string", scalar.text)
    plain = _new(scalar.text) if len(scalar.text) <= _LONGEST else Reading("string", scalar.text)
    return plain if plain.kind == _KINDS[name] else Reading(_KINDS[name], scalar.text)


@lru_cache(maxsize=1024)
def _new(text: str) -> Reading:
    if _NULL.match(text):
        return Reading("null", None)
    if _BOOLEAN.match(text):
        return Reading("boolean", text.lower() == "true")
    if _INTEGER.match(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return Reading("number", int(text, base))
    if _FLOAT.match(text):
        return Reading("number", float(text))
    if _NOT_FINITE.match(text):
        return Reading("number", _comparable(float(text.replace(".", ""))))
    return Reading("string", text)


@lru_cache(maxsize=1024)
def _old(text: str) -> Reading:
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    candidates = [*resolvers.get(text[:1], ()), *resolvers.get(None, ())]
    tag = next((tag for tag, pattern in candidates if pattern.match(text)), "")
    name = tag.rpartition(":")[2]
    if name in _OLD_ONLY:
        return Reading(_OLD_ONLY[name], text)
    if name not in _KINDS:
        return Reading("string", text)
    if name in ("null", "timestamp"):
        return Reading(_KINDS[name], None if name == "null" else text)
    return Reading(_KINDS[name], _built(name, yaml.ScalarNode(tag, text)))


def _built(name: str, node: Any) -> float | bool | str:
    """The value that PyYAML makes of it; the text where it fails, as for `0x_`."""
    from yaml.constructor import SafeConstructor

    build = {
        "bool": SafeConstructor.construct_yaml_bool,
        "float": SafeConstructor.construct_yaml_float,
        "int": SafeConstructor.construct_yaml_int,
    }[name]
    try:
        value: float | bool = build(SafeConstructor(), node)
    except (ValueError, IndexError, OverflowError):
        return str(node.value)
    return _comparable(value)


def _comparable(value: float | bool) -> float | bool | str:
    """NaN differs from itself, which would make each reader differ from the other."""
    return "nan" if isinstance(value, float) and math.isnan(value) else value
