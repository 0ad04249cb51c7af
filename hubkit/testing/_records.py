"""Files of Hub-shaped records, read whatever their wrapping."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["read_records", "record_id"]


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Read every record of a file.

    Args:
        path: JSON (one record, or a list) or JSON lines, either of them gzipped or not. Items may be wrapped
            in ``{"repoData": ...}`` as the Hub's list of trending repositories does.

    Yields:
        One Hub-shaped record after the other.

    Raises:
        ValueError: The file is neither, or an item is no record.
    """
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    for item in _items(content.decode("utf-8-sig"), path):
        if isinstance(item, Mapping) and isinstance(item.get("repoData"), Mapping):
            item = item["repoData"]
        if not isinstance(item, dict) or not _name_in(item):
            raise ValueError(f"{path} holds something that is no record: {str(item)[:80]}")
        yield item


def record_id(record: Mapping[str, Any]) -> str:
    """Say which repository a record is about.

    Args:
        record: A Hub-shaped record; those of 2022 have ``modelId`` and no ``id``.

    Returns:
        The repository id.

    Raises:
        ValueError: The record has neither.
    """
    name = _name_in(record)
    if not name:
        raise ValueError(f"a record needs an id or a modelId; this one has {sorted(record)}")
    return name


def _name_in(record: Mapping[str, Any]) -> str:
    name = record.get("id") or record.get("modelId")
    return name if isinstance(name, str) else ""


def _items(text: str, path: Path) -> Iterator[Any]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        # Only a second value on a later line may be JSON lines; anything else is a broken file.
        if not error.msg.startswith("Extra data"):
            raise ValueError(f"{path} is neither JSON nor JSON lines: {error}") from error
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
        return
    yield from whole if isinstance(whole, list) else [whole]
