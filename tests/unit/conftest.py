"""Real records of the Hub, of 2022 to 2026, as everybody's raw material."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

PAYLOADS = Path(__file__).parents[1] / "data" / "payloads"
# Not about one model, or not its record.
NOT_RECORDS = ("http__", "index", "refs__", "tree__", "api_trending")


def _single_records():
    for path in sorted(PAYLOADS.glob("*.json")):
        if not path.name.startswith(NOT_RECORDS):
            document = json.loads(path.read_text("utf-8"))
            yield from document if isinstance(document, list) else [document]


@pytest.fixture(scope="session")
def shaped_records():
    """One record of each shape that the Hub has been seen to send."""
    return list(_single_records())


@pytest.fixture(scope="session")
def records(shaped_records):
    """Those and 4,000 of 2022."""
    with gzip.open(PAYLOADS / "models_2022_sample.jsonl.gz", "rt", encoding="utf-8") as lines:
        return shaped_records + [json.loads(line) for line in lines]
