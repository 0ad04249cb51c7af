"""Facts of the base model's own files, when they lie on this disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import UnreadableError, read_object, read_optional
from hubkit.cards._reading._safetensors import read_header

__all__ = ["BASE_CONFIG", "find_in_base", "read_base_config"]

BASE_CONFIG = "base model config.json"

_CONFIG_LIMIT = 8 * 1024 * 1024
# An index names each tensor of the model.
_INDEX_LIMIT = 32 * 1024 * 1024
_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_LOST = "its architecture is unknown"
_MAX_SHARDS = 1000
_MAX_NAME = 200
_MAX_VOCABULARY = 2**31


def read_base_config(folder: Path, found: Findings) -> Mapping[str, Any]:
    """The base model's config; empty when there is none, or none that can be read."""
    config = folder / "config.json"
    return read_optional(config, _CONFIG_LIMIT, lambda text: found.warn(f"base model {text}"), _LOST)


def find_in_base(folder: Path, config: Mapping[str, Any], found: Findings) -> None:
    """Gather what the base model's files prove.

    Args:
        folder: The base model's.
        config: Its decoded config.
        found: Takes the facts and the warnings.
    """
    classes = config.get("architectures")
    name = classes[0] if isinstance(classes, list) and classes else None
    # The class that was adapted, if PEFT noted it down, need not be the one that was saved.
    if isinstance(name, str) and len(name) <= _MAX_NAME and "base_model_class" not in found.values:
        found.add("base_model_class", name or None, f"{BASE_CONFIG}: architectures")
    _find_vocabulary(config, found)
    # Quantized weights are packed: a header doesn't count them.
    if "quantization_config" not in config:
        try:
            _find_parameters(folder, found)
        except UnreadableError as error:
            found.warn(f"the base model's weight file {error}: its size is unknown")
        except FileNotFoundError:
            return


def _find_vocabulary(config: Mapping[str, Any], found: Findings) -> None:
    # Models of several kinds of input keep their language model's config inside of theirs.
    inner = config.get("text_config")
    places = {"vocab_size": config, "text_config.vocab_size": inner if isinstance(inner, dict) else {}}
    for key, values in places.items():
        rows = values.get("vocab_size")
        if type(rows) is int and 0 < rows < _MAX_VOCABULARY:
            found.add("base_vocabulary", rows, f"{BASE_CONFIG}: {key}")
            return


def _find_parameters(folder: Path, found: Findings) -> None:
    if os.path.exists(folder / _WEIGHTS):
        names = [_WEIGHTS]
    else:
        index = read_object(folder / _INDEX, _INDEX_LIMIT)
        shards = index.get("weight_map")
        files = (
            set(shards.values())
            if isinstance(shards, dict) and all(map(_is_name, shards.values()))
            else set()
        )
        names = sorted(files) if len(files) <= _MAX_SHARDS else []
    count = sum(tensor.size for name in names for tensor in read_header(folder / name))
    source = f"base model {_WEIGHTS if names == [_WEIGHTS] else _INDEX}: shape of every tensor"
    found.add("base_parameters", count or None, source)


def _is_name(value: object) -> bool:
    """Whether it is the name of a file in the same folder."""
    return isinstance(value, str) and value.endswith(".safetensors") and not set(value) & set("/\\\0")
