"""Reading an adapter's folder, whatever is in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hubkit._local_paths import parse_local_path
from hubkit.cards._reading._base_files import find_in_base, read_base_config
from hubkit.cards._reading._base_model import find_base_model
from hubkit.cards._reading._config import CONFIG_FILE, find_in_config
from hubkit.cards._reading._emissions import find_emissions
from hubkit.cards._reading._entries import Entries
from hubkit.cards._reading._facts import AdapterFacts, Findings
from hubkit.cards._reading._files import UnreadableError, read_object
from hubkit.cards._reading._methods import name_method
from hubkit.cards._reading._peft_types import MERGES_ON
from hubkit.cards._reading._quantization import Quantization, quantization_of
from hubkit.cards._reading._results import find_in_results
from hubkit.cards._reading._tokenizer import find_tokenizer
from hubkit.cards._reading._training_args import find_in_training_args
from hubkit.cards._reading._training_state import find_in_training_state
from hubkit.cards._reading._versions import find_versions
from hubkit.cards._reading._weights import find_weights
from hubkit.cards._text import shown
from hubkit.errors import CardError, LocalPathError

__all__ = ["read_adapter"]

# `all-linear` on the largest models is stored as some thousand paths.
_CONFIG_LIMIT = 8 * 1024 * 1024


def read_adapter(
    folder: str | Path, *, base_model: str | None = None, quantization: str | None = None
) -> AdapterFacts:
    """Read what the files of an adapter prove.

    Only text, the headers of weight files and the Trainer's arguments are read;
    nothing is executed, and no network is needed. A file that is missing, broken,
    truncated, huge or hostile becomes a warning of the result: a card must not stop
    an upload.

    Args:
        folder: Where PEFT saved the adapter.
        base_model: The caller's word on the base model, which comes before the
            config's: an id of the Hub, or a folder on this disk.
        quantization: The caller's word on how it was quantized, such as `4-bit (nf4)`.

    Returns:
        The facts, with their sources and the warnings.

    Raises:
        CardError: The folder is missing, empty, or no folder.

    >>> read_adapter("no/such/folder")
    Traceback (most recent call last):
    ...
    hubkit.errors.CardError: adapter folder 'no/such/folder' doesn't exist
    """
    root = _checked(folder)
    found = Findings()
    config = Entries(file=CONFIG_FILE, values=_read_config(root, found), found=found)
    find_in_config(config, found)
    find_weights(root, found)
    find_in_training_state(root, found)
    find_in_results(root, found)
    trained_with = find_in_training_args(root, found)
    base_folder = find_base_model(config, base_model, root, found)
    base_config = {} if base_folder is None else read_base_config(base_folder, found)
    if base_folder is not None:
        find_in_base(base_folder, base_config, found)
    quantized = quantization_of(
        config,
        said=quantization,
        trained_with=trained_with,
        base_config=base_config,
        base_model=found.values.get("base_model"),
    )
    _find_method(config, quantized, found)
    find_tokenizer(root, found)
    find_versions(root, found)
    find_emissions(root, found)
    return found.facts()


def _checked(folder: str | Path) -> Path:
    name = shown(str(folder))
    try:
        root = parse_local_path(folder, field="adapter folder")
        with os.scandir(root) as entries:
            empty = next(entries, None) is None
    except LocalPathError as error:
        raise CardError(error.message) from None
    except FileNotFoundError:
        raise CardError(f"adapter folder {name} doesn't exist") from None
    except NotADirectoryError:
        raise CardError(f"adapter folder {name} isn't a folder") from None
    except OSError as error:
        raise CardError(f"adapter folder {name} can't be read: {type(error).__name__}") from error
    if empty:
        raise CardError(f"adapter folder {name} is empty")
    return root


def _read_config(root: Path, found: Findings) -> dict[str, Any]:
    try:
        config = read_object(root / CONFIG_FILE, _CONFIG_LIMIT)
    except FileNotFoundError:
        found.warn(f"{CONFIG_FILE} is missing: the method and the base model are unknown")
        return {}
    except UnreadableError as error:
        found.warn(f"{CONFIG_FILE} {error}: the method and the base model are unknown")
        return {}
    # Only PEFT's configs have the key; other adapter libraries use the file name.
    if "peft_type" in config:
        found.add("library_name", "peft", f"{CONFIG_FILE}: peft_type")
    else:
        found.warn(f"{CONFIG_FILE} has no peft_type: the method is unknown")
    return config


def _find_method(config: Entries, quantized: Quantization | None, found: Findings) -> None:
    """Name the method; how the base model is quantized makes a difference to it."""
    if quantized is not None:
        found.add("quantization", quantized.text, quantized.source)
        found.add("quantization_bits", quantized.bits, quantized.source)
    peft_type = config.text("peft_type")
    if peft_type is None:
        return
    method = name_method(peft_type, config.values, bits=quantized.bits if quantized else None)
    source = config.source(*method.keys)
    if quantized is not None and "qlora" in method.tags:
        source = f"{source}; {quantized.source}"
    found.add("peft_type", peft_type, config.source("peft_type"))
    found.add("method", method.name, source)
    found.add("method_tags", method.tags, source)
    found.add("papers", method.papers, source)
    found.add("is_prompt_learning", method.is_prompt, config.source("peft_type"))
    if method.merges and quantized is not None:
        found.add("merges", _merges_on(peft_type, quantized), quantized.source)
    else:
        found.add("merges", method.merges, config.source(*method.merge_keys))


def _merges_on(peft_type: str, quantized: Quantization) -> bool | None:
    """Whether a method merges into a quantized base model; None when its quantizer is unknown."""
    return peft_type in MERGES_ON.get(quantized.method, ()) if quantized.method else None
