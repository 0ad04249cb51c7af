"""A caller's settings and numbers as plain, safe data."""

from __future__ import annotations

import datetime
import enum
import json
import math
import numbers
import os
import re
from collections.abc import Mapping, Set
from typing import Any

from hubkit.cards._ids import is_path
from hubkit.cards._text import LOCAL_PATH, REMOVED, one_line, scrub

__all__ = ["metric_rows", "plain_data", "to_json"]

# Deeper than any config, shallower than Python's own stack.
_MAX_DEPTH = 32
# Python refuses to print integers of over 4,300 digits.
_MAX_BITS = 4096
_SECRET_KEY = re.compile(
    r"(?:^|[_-])(?:hub|hf|huggingface|api|access|auth|refresh|bearer|wandb)_?-?(?:token|key)$"
    r"|^token$|password|passwd|secret|credential",
    re.IGNORECASE,
)


def to_json(settings: Mapping[str, object]) -> str:
    """Settings as indented JSON: strict, scrubbed, in the caller's order.

    Nothing of an unknown kind is asked for its text, which may hold an address and
    differ from run to run: its type is named instead. Values under keys that name
    a secret are masked, and so are paths: they mean nothing on other machines.

    >>> print(to_json({"lr": 2e-5, "hub_token": "abc", "output_dir": "~/out", "steps": (1, 2)}))
    {
      "lr": 2e-05,
      "hub_token": "(secret removed)",
      "output_dir": "(local path)",
      "steps": [
        1,
        2
      ]
    }
    """
    return json.dumps(_without_paths(plain_data(settings)), indent=2, ensure_ascii=False, allow_nan=False)


def _without_paths(value: Any) -> Any:
    """Plain data without the values that are a path and nothing else."""
    if isinstance(value, dict):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    if isinstance(value, str) and (is_path(value) or value.lstrip().startswith(LOCAL_PATH)):
        # Of one with spaces in it only the first part has been scrubbed.
        return LOCAL_PATH
    return value


def plain_data(settings: Mapping[str, object]) -> dict[str, Any]:
    """Settings as JSON would have them, as `to_json` writes them.

    >>> plain_data({"split": "test", "shots": (0, 5)})
    {'split': 'test', 'shots': [0, 5]}
    """
    plain: dict[str, Any] = _plain(settings, _MAX_DEPTH)
    return plain


def metric_rows(metrics: Mapping[str, object]) -> list[tuple[str, str]]:
    """Metrics as names and values to show; nested ones are joined by a dot.

    >>> metric_rows({"eval_loss": 0.5, "f1": {"macro": float("nan")}, "skipped": None})
    [('eval_loss', '0.5'), ('f1.macro', 'NaN')]
    """
    return [(name, value) for name, value in _flat("", plain_data(metrics)) if name and value]


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        joined = ((f"{prefix}.{key}" if prefix else key, item) for key, item in value.items())
        return [row for name, item in joined for row in _flat(name, item)]
    if isinstance(value, list):
        return [(prefix, ", ".join(text for item in value for _, text in _flat("", item)))]
    if value is None:
        return []
    return [(prefix, one_line(value if isinstance(value, str) else json.dumps(value)))]


def _plain(value: object, depth: int) -> Any:
    """The same as JSON has it; what JSON has no form for becomes text."""
    if depth == 0:
        return "(too deep)"
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth)
    if value is None or isinstance(value, (bool, numbers.Real)):
        return _number(value)
    if isinstance(value, (str, os.PathLike)):
        path = value if isinstance(value, str) else os.fspath(value)
        return scrub(path) if isinstance(path, str) else "(bytes)"
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain_mapping(value, depth)
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, Set):
        # A set of names has another order in every process.
        return sorted(
            (_plain(item, depth - 1) for item in value), key=lambda item: json.dumps(item, sort_keys=True)
        )
    return f"({type(value).__name__})"


def _plain_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, item in value.items():
        name = one_line(key) if isinstance(key, str) else one_line(str(_plain(key, 1)))
        secret = item is not None and _SECRET_KEY.search(name)
        plain[name] = REMOVED if secret else _plain(item, depth - 1)
    return plain


def _number(value: Any) -> Any:
    """A number as JSON has it; numpy's are numbers too, yet not json's."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        whole = int(value)
        return whole if whole.bit_length() <= _MAX_BITS else "(a huge number)"
    try:
        number = float(value)
    except OverflowError:
        return "(a huge number)"
    if math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")
