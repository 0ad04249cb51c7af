"""Reading an adapter's folder, whatever is in it."""

from __future__ import annotations

import os
from pathlib import Path

from hubkit.cards._config import CONFIG_FILE, find_in_config
from hubkit.cards._facts import AdapterFacts, Findings
from hubkit.cards._files import UnreadableError, read_object
from hubkit.cards._results import find_in_results
from hubkit.cards._safetensors import read_header
from hubkit.cards._text import shown
from hubkit.cards._weights import WEIGHTS_FILE, find_in_weights
from hubkit.errors import CardError

__all__ = ["read_adapter"]

# `all-linear` on the largest models is stored as some thousand paths.
_CONFIG_LIMIT = 8 * 1024 * 1024
_PICKLE_FILE = "adapter_model.bin"


def read_adapter(folder: str | Path) -> AdapterFacts:
    """Read what the files of an adapter prove.

    Only text and the weight file's header are read; nothing is executed, and no
    network is needed. A file that is missing, broken, truncated, huge or hostile
    becomes a warning of the result: a card must not stop an upload.

    Args:
        folder: Where PEFT saved the adapter.

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
    _read_config(root, found)
    _read_weights(root, found)
    find_in_results(root, found)
    return found.facts()


def _checked(folder: str | Path) -> Path:
    name = shown(str(folder))
    try:
        with os.scandir(folder) as entries:
            empty = next(entries, None) is None
    except FileNotFoundError:
        raise CardError(f"adapter folder {name} doesn't exist") from None
    except NotADirectoryError:
        raise CardError(f"adapter folder {name} isn't a folder") from None
    except (OSError, ValueError) as error:
        raise CardError(f"adapter folder {name} can't be read: {type(error).__name__}") from error
    if empty:
        raise CardError(f"adapter folder {name} is empty")
    return Path(folder)


def _read_config(root: Path, found: Findings) -> None:
    try:
        config = read_object(root / CONFIG_FILE, _CONFIG_LIMIT)
    except FileNotFoundError:
        found.warn(f"{CONFIG_FILE} is missing: the method and the base model are unknown")
        return
    except UnreadableError as error:
        found.warn(f"{CONFIG_FILE} {error}: the method and the base model are unknown")
        return
    # Only PEFT's configs have the key; other adapter libraries use the file name.
    if "peft_type" in config:
        found.add("library_name", "peft", f"{CONFIG_FILE}: peft_type")
    else:
        found.warn(f"{CONFIG_FILE} has no peft_type: the method is unknown")
    find_in_config(config, root, found)


def _read_weights(root: Path, found: Findings) -> None:
    # Without a readable config the file's name is what is left to tell whose it is.
    for name in (WEIGHTS_FILE, _PICKLE_FILE):
        if "library_name" not in found.values and os.path.exists(root / name):
            found.add("library_name", "peft", name)
    try:
        tensors = read_header(root / WEIGHTS_FILE)
    except FileNotFoundError:
        found.warn(f"{WEIGHTS_FILE} is missing: size and type of the weights are unknown")
        if os.path.exists(root / _PICKLE_FILE):
            found.warn(f"{_PICKLE_FILE} is a pickle, which can run code: it was not opened")
    except UnreadableError as error:
        found.warn(f"{WEIGHTS_FILE} {error}: size and type of the weights are unknown")
    else:
        find_in_weights(tensors, found.values.get("task_type"), found)
