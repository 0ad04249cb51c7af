"""Facts of adapter_config.json."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._facts import Findings
from hubkit.cards._ids import hub_id, is_local_folder
from hubkit.cards._methods import RANK_KEYS, name_method
from hubkit.cards._text import shown

__all__ = ["CONFIG_FILE", "find_in_config"]

CONFIG_FILE = "adapter_config.json"

# Longer ones are no names: they would fill the card, not inform it.
_MAX_NAME = 500
_MAX_NAMES = 100_000


def find_in_config(config: Mapping[str, Any], folder: Path, found: Findings) -> None:
    """Gather what a PEFT config proves.

    Args:
        config: The decoded file.
        folder: The adapter's folder; the base model may be named relative to it.
        found: Takes the facts and the warnings.
    """
    peft_type = _text(config, "peft_type", found)
    if peft_type is not None:
        method = name_method(peft_type, config)
        source = _source(*method.keys)
        found.add("peft_type", peft_type, _source("peft_type"))
        found.add("method", method.name, source)
        found.add("method_tags", method.tags, source)
    for key in ("task_type", "peft_version"):
        found.add(key, _text(config, key, found), _source(key))
    _find_numbers(config, peft_type or "", found)
    _find_modules(config, found)
    _find_base_model(config, folder, found)


def _find_numbers(config: Mapping[str, Any], peft_type: str, found: Findings) -> None:
    rank_key = RANK_KEYS.get(peft_type, "r")
    rank = config.get(rank_key)
    # OFT writes 0 for "derived from the block size".
    if type(rank) is int and rank > 0:
        found.add("r", rank, _source(rank_key))
    elif rank is not None and rank != 0:
        found.warn(f"{CONFIG_FILE}: {rank_key} is {shown(rank)}, not a whole number")
    for key in ("lora_alpha", "alpha"):
        alpha = config.get(key)
        if type(alpha) in (int, float) and math.isfinite(_as_float(alpha)):
            found.add("alpha", alpha, _source(key))
            return
        if alpha is not None:
            found.warn(f"{CONFIG_FILE}: {key} is {shown(alpha)}, not a number")


def _as_float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _find_modules(config: Mapping[str, Any], found: Findings) -> None:
    targets = _names(config, "target_modules", found)
    paths = [name for name in targets if _is_path(name)]
    found.add(
        "target_modules", tuple(sorted({_last_part(name) for name in targets})), _source("target_modules")
    )
    found.add("target_path_count", len(paths) or None, _source("target_modules"))
    # PEFT writes the classifier of a classification task twice.
    kept = tuple(dict.fromkeys(_names(config, "modules_to_save", found)))
    found.add("modules_to_save", kept, _source("modules_to_save"))


def _is_path(name: str) -> bool:
    """Whether a target is a full module path, as `all-linear` is stored, or a name."""
    return any(part.isdigit() for part in name.split(".")[:-1])


def _last_part(name: str) -> str:
    """`layers.0.self_attn.q_proj` to `q_proj`; a numbered part keeps its parent.

    >>> _last_part("layers.0.self_attn.q_proj"), _last_part("layers.0.attn.to_out.0"), _last_part("attn.q")
    ('q_proj', 'to_out.0', 'attn.q')
    """
    if not _is_path(name):
        return name
    parts = name.split(".")
    return ".".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])


def _find_base_model(config: Mapping[str, Any], folder: Path, found: Findings) -> None:
    key = "base_model_name_or_path"
    name = _text(config, key, found)
    if name is None:
        return
    model_id = hub_id(name)
    if model_id is None:
        found.warn(
            f"{CONFIG_FILE}: {key} is {shown(name)}, not a model id of the Hub: name the base model yourself"
        )
    elif model_id == name and is_local_folder(name, beside=_around(folder)):
        found.warn(
            f"{CONFIG_FILE}: {key} is {shown(name)}, a folder on this disk: name the base model yourself"
        )
    else:
        found.add("base_model", model_id, _source(key))


def _around(folder: Path) -> Iterable[Path]:
    """The folder and two above it: runs are kept in `outputs/<run>` beside the bases."""
    resolved = folder.absolute()
    return (resolved, *list(resolved.parents)[:2])


def _text(config: Mapping[str, Any], key: str, found: Findings) -> str | None:
    value = config.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= _MAX_NAME:
        return value
    found.warn(f"{CONFIG_FILE}: {key} is {shown(value)}, not a name")
    return None


def _names(config: Mapping[str, Any], key: str, found: Findings) -> list[str]:
    """A list of names; a lone string is one (a pattern, or a method's keyword)."""
    value = config.get(key)
    items = [value] if isinstance(value, str) else value
    if items is None:
        return []
    if not isinstance(items, list) or len(items) > _MAX_NAMES:
        found.warn(f"{CONFIG_FILE}: {key} is {shown(value)}, not a list of names")
        return []
    names = [item for item in items if isinstance(item, str) and 0 < len(item) <= _MAX_NAME]
    if len(names) < len(items):
        found.warn(f"{CONFIG_FILE}: {key} holds entries that are no names")
    return names


def _source(*keys: str) -> str:
    return f"{CONFIG_FILE}: {', '.join(keys)}"
