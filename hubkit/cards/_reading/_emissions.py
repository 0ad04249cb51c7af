"""Facts of emissions.csv, which codecarbon writes: how much CO2 a run stands for."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import UnreadableError, read_head

__all__ = ["find_emissions"]

_FILE = "emissions.csv"
# A row of some 500 bytes for each run.
_LIMIT = 1024 * 1024
_GRAMS = 1000.0
_MAX_GRAMS = 1e15
_NAME = re.compile(r"[\w .,()@/&+'-]{1,80}")


def find_emissions(folder: Path, found: Findings) -> None:
    """Gather the emissions of the last run.

    A tracker adds a row at each flush, with the run's total until then.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.
    """
    try:
        raw, size = read_head(folder / _FILE, _LIMIT)
        row = _last_row(raw, size)
        grams = float(row.get("emissions") or "nan") * _GRAMS
        if not 0 <= grams <= _MAX_GRAMS:
            raise UnreadableError("states no amount")
    except FileNotFoundError:
        return
    except (UnreadableError, ValueError) as error:
        text = error if isinstance(error, UnreadableError) else "is no table of numbers"
        found.warn(f"{_FILE} {text}: the emissions are unknown")
        return
    found.add("emissions", grams, f"{_FILE}: emissions")
    version = row.get("codecarbon_version") or ""
    if re.fullmatch(r"\d[\w.+-]{0,30}", version, re.ASCII):
        found.add("emissions_source", f"codecarbon {version}", f"{_FILE}: codecarbon_version")
    country = row.get("country_name") or ""
    found.add("emissions_country", country if _NAME.fullmatch(country) else None, f"{_FILE}: country_name")
    for kind in ("gpu_model", "cpu_model"):
        hardware = _named(row.get(kind) or "")
        if hardware and "hardware" not in found.values:
            found.add("hardware", hardware, f"{_FILE}: {kind}")


def _last_row(raw: bytes, size: int) -> Mapping[str, str]:
    if size > _LIMIT:
        raise UnreadableError(f"has {size:,} bytes; at most {_LIMIT:,} are read")
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError("is no table") from error
    rows = [row for row in rows if row]
    if len(rows) < 2 or len(rows[-1]) != len(rows[0]):
        raise UnreadableError("is truncated")
    return dict(zip(rows[0], rows[-1], strict=True))


def _named(model: str) -> str | None:
    """`2 x NVIDIA A100` or a processor's name; codecarbon's empty cells read `nan` in some versions."""
    model = " ".join(model.split())
    return model if _NAME.fullmatch(model) and model.lower() not in ("nan", "none") else None
