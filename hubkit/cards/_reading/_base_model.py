"""Which model an adapter was trained on: an id of the Hub, with proof, or nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from hubkit.cards._ids import hub_id, is_local_folder
from hubkit.cards._reading._base_files import BASE_CONFIG, read_base_config
from hubkit.cards._reading._entries import Entries
from hubkit.cards._reading._facts import Findings
from hubkit.cards._text import shown

__all__ = ["CALLER", "find_base_model"]

CALLER = "caller: base_model"
"""The source of a base model that the caller named, and the config doesn't."""

_KEY = "base_model_name_or_path"
_MAX_CLASS = 200
_ASK = "name the base model yourself"
# A folder of the Hub's cache names the commit that it holds.
_SNAPSHOT = re.compile(r"[/\\]snapshots[/\\]([0-9a-f]{40})(?=[/\\]|$)")
# Asking Windows about one logs in at a server of the name's choice.
_NETWORK_PATH = ("//", "\\\\")


def find_base_model(config: Entries, said: str | None, folder: Path, found: Findings) -> Path | None:
    """Find the base model's id, and its folder when it is on this disk.

    The caller's word comes first. A name that has the shape of an id may still be a
    folder; a folder of the Hub's cache stands for an id, and any other folder for
    the id that its own config names. What is neither is left out, with a warning.

    Args:
        config: The adapter's config.
        said: An id or a folder, when the caller names the base model.
        folder: The adapter's folder; the base model may be named relative to it.
        found: Takes the facts and the warnings.
    """
    named = config.text(_KEY)
    _find_revision(config, named, found)
    _find_class(config, found)
    places = [Path(), *_around(folder)]
    base_folder = _existing(named, places)
    if said is not None and said.strip():
        said_folder = None if hub_id(said.strip()) == said.strip() else _existing(said, [Path()])
        _keep_id(said.strip(), said_folder, CALLER, found, who="the caller's base_model")
        _compare(named, base_folder, config.source(_KEY), found)
        return said_folder or base_folder or _cached(found)
    if named is not None:
        _keep_id(named, base_folder, config.source(_KEY), found, who=config.source(_KEY))
    return base_folder or _cached(found)


def _find_revision(config: Entries, named: str | None, found: Findings) -> None:
    found.add("base_model_revision", config.text("revision"), config.source("revision"))
    snapshot = _SNAPSHOT.search(named or "")
    if snapshot is not None and "base_model_revision" not in found.values:
        found.add("base_model_revision", snapshot[1], config.source(_KEY))


def _find_class(config: Entries, found: Findings) -> None:
    """PEFT notes the class down when there is no task to tell it."""
    mapping = config.values.get("auto_mapping")
    name = mapping.get("base_model_class") if isinstance(mapping, dict) else None
    if isinstance(name, str) and len(name) <= _MAX_CLASS:
        found.add("base_model_class", name or None, config.source("auto_mapping.base_model_class"))


def _keep_id(name: str, folder: Path | None, source: str, found: Findings, *, who: str) -> None:
    model_id = hub_id(name)
    if model_id is not None and (folder is None or model_id != name):
        found.add("base_model", model_id, source)
        return
    if folder is None:
        found.warn(f"{who} is {shown(name)}, not a model id of the Hub: {_ASK}")
        return
    origin = read_base_config(folder, found).get("_name_or_path")
    origin_id = hub_id(origin) if isinstance(origin, str) else None
    if origin_id is None or (origin_id == origin and is_local_folder(origin, beside=_around(folder))):
        found.warn(f"{who} is {shown(name)}, a folder on this disk: {_ASK}")
    else:
        found.add("base_model", origin_id, f"{BASE_CONFIG}: _name_or_path")


def _compare(named: str | None, folder: Path | None, source: str, found: Findings) -> None:
    """Set the caller's word beside the config's: the same is proven, and another is warned about."""
    said, proven = found.values.get("base_model"), hub_id(named) if named is not None else None
    if said is None or proven is None or (folder is not None and proven == named):
        return
    if said == proven:
        found.sources["base_model"] = source
    else:
        found.warn(
            f"the caller's base_model is {said}, and {source} is {proven}: the card names the caller's"
        )


def _existing(name: str | None, places: Iterable[Path]) -> Path | None:
    """The folder that a name is, from one of the places."""
    if not name or name.startswith(_NETWORK_PATH):
        return None
    try:
        candidates = [place / Path(name).expanduser() for place in places]
        return next((path for path in candidates if os.path.isdir(path)), None)
    except (RuntimeError, ValueError):
        # No home folder, or a NUL character.
        return None


def _around(folder: Path) -> Iterable[Path]:
    """The folder and two above it: runs are kept in `outputs/<run>` beside the bases."""
    resolved = folder.absolute()
    return (resolved, *list(resolved.parents)[:2])


def _cached(found: Findings) -> Path | None:
    """The base model's folder in the Hub's cache on this disk."""
    model_id = found.values.get("base_model")
    if model_id is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    try:
        path = try_to_load_from_cache(
            model_id, "config.json", revision=found.values.get("base_model_revision")
        )
    except (OSError, ValueError):
        return None
    return Path(path).parent if isinstance(path, str) else None
