"""Versions of the libraries that trained an adapter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import UnreadableError, read_head, read_optional

__all__ = ["find_versions"]

# Configs that transformers stamps with its own version whenever it writes them.
_STAMPED = ("config.json", "generation_config.json")
_CONFIG_LIMIT = 8 * 1024 * 1024
_CARD = "README.md"
_CARD_LIMIT = 1024 * 1024
_HEADING = re.compile(r"#{1,6}\s+Framework versions\s*", re.IGNORECASE)
# PEFT, the Trainer and TRL write lists such as "- Transformers 5.23.0" or "- TRL: 1.16.0".
_LINE = re.compile(r"\s*[-*]\s+(?P<name>[A-Za-z][\w .+-]{0,30}?):?\s+`?(?P<version>\d[\w.+!-]{0,40})`?\s*")
# The names that these lists have had, in one spelling each.
_LIBRARIES = {
    name.lower(): name
    for name in (
        "Accelerate",
        "Axolotl",
        "Bitsandbytes",
        "Datasets",
        "PEFT",
        "Safetensors",
        "Tokenizers",
        "Transformers",
        "TRL",
        "Unsloth",
    )
} | {"pytorch": "PyTorch", "torch": "PyTorch"}


def find_versions(folder: Path, found: Findings) -> None:
    """Gather versions, those that a library stamped into a file of its own first.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.
    """
    for file in _STAMPED:
        config = read_optional(folder / file, _CONFIG_LIMIT, found.warn, "its versions are unknown")
        version = config.get("transformers_version")
        if isinstance(version, str) and re.fullmatch(r"\d[\w.+-]{0,40}", version, re.ASCII):
            _keep("Transformers", version, f"{file}: transformers_version", found)
    for name, version in _listed(folder / _CARD, found):
        _keep(name, version, f"{_CARD}: Framework versions", found)


def _keep(name: str, version: str, source: str, found: Findings) -> None:
    versions = found.values.setdefault("framework_versions", {})
    if name not in versions:
        versions[name] = version
        found.sources[f"framework_versions.{name}"] = source


def _listed(path: Path, found: Findings) -> Iterator[tuple[str, str]]:
    """The list in a card that is already there, whoever wrote it."""
    try:
        raw, _ = read_head(path, _CARD_LIMIT)
    except FileNotFoundError:
        return
    except UnreadableError as error:
        found.warn(f"{_CARD} {error}: the versions in it are unknown")
        return
    inside = False
    for line in raw.decode("utf-8", "replace").splitlines():
        if line.startswith("#"):
            inside = _HEADING.fullmatch(line) is not None
        entry = _LINE.fullmatch(line) if inside and len(line) <= 120 else None
        name = _LIBRARIES.get(entry["name"].lower()) if entry else None
        if entry and name:
            yield name, entry["version"]
