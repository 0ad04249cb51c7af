"""The machine and the versions behind the numbers."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from _measure import all_cpus
from _sample import record, sizes
from _servers import find_redis

__all__ = ["facts"]

_PACKAGES = (
    "hubkit",
    "attrs",
    "cattrs",
    "orjson",
    "redis",
    "hiredis",
    "requests",
    "huggingface_hub",
    "requests-cache",
    "hishel",
    "diskcache",
    "dogpile.cache",
)


def facts() -> dict[str, str]:
    """What a reader needs to know to compare, each under its label."""
    files, keys = sizes()
    return {
        "taken": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": f"{_cpu()}, {len(all_cpus()) or os.cpu_count()} used",
        "load before": _load(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "Redis server": _redis(),
        "packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        "sample": f"{keys} keys, {files} files, {_length():,} bytes of JSON",
    }


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or "unknown"


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except OSError:
        return "unknown"


def _redis() -> str:
    binary = find_redis()
    if binary is None:
        return "none"
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=10)
    found = re.search(r"v=(\S+)", said.stdout)
    return found[1] if found else "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _length() -> int:
    import json

    return len(json.dumps(record(0), separators=(",", ":")))
