"""What a program pays before its first answer: imports, and a whole process with one hit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from _bench import Bench
from _catalogue import opened
from _measure import time_programs
from _rows import Goal, Measure, Row
from ours import cache_url

__all__ = ["CASES", "imports", "whole_process"]

_MS = 1e3
_IMPORTS = {
    "bare Python": "pass",
    "import hubkit": "import hubkit",
    "import attrs": "import attrs",
    "import requests_cache": "import requests_cache",
    "import hishel.requests": "import hishel.requests",
    "import diskcache": "import diskcache",
    "import dogpile.cache": "import dogpile.cache",
    "HfApi": "from huggingface_hub import HfApi",
}

_HUBKIT = """
import sys
from hubkit import HubClient, HubConfig
with HubClient(HubConfig(endpoint=sys.argv[1], cache=sys.argv[2])) as hub:
    assert hub.get_model_metadata(sys.argv[3]).downloads
"""
_FLOOR = "import attrs, cattrs.preconf.json"
_HF_API = """
import sys
from huggingface_hub import HfApi
assert HfApi(endpoint=sys.argv[1], token=False).model_info(sys.argv[3]).downloads
"""
_REQUESTS_CACHE = """
import sys, requests_cache
session = requests_cache.CachedSession(sys.argv[4], wal=True, expire_after=86400)
assert session.get(f"{sys.argv[1]}/api/models/{sys.argv[3]}?blobs=true").json()["downloads"]
"""


def imports(bench: Bench) -> Iterator[Row]:
    """Over bare Python."""
    names = list(_IMPORTS) if bench.with_peers else list(_IMPORTS)[:3]
    programs = {name: (_IMPORTS[name],) for name in names if _runs(_IMPORTS[name])}
    taken = time_programs(programs, rounds=bench.scale.programs)
    over = {name: (seconds - taken["bare Python"]) * _MS for name, seconds in taken.items()}
    floor = Measure("import attrs", over["import attrs"])
    peers = [Measure(name, over[name]) for name in names[3:] if name in over]
    missing = [Measure(name, None, "not installed") for name in names[3:] if name not in over]
    yield Row(
        title="import hubkit, over bare Python",
        unit="ms",
        goal=Goal(over["import attrs"] + 15.0),
        ours=Measure("import hubkit", over["import hubkit"]),
        floor=floor,
        peers=(*peers, *missing),
    )


def whole_process(bench: Bench) -> Iterator[Row]:
    """Start Python, import, open the cache, read one model, end."""
    place = bench.place()
    model = bench.hot[0]
    readers = ["hubkit file", "hubkit sqlite", "requests-cache sqlite", "HfApi, uncached"]
    with opened(bench, readers, place, [model]) as (found, missing):
        arguments = (place.origin, cache_url("file", place), model, place.path("requests-cache.db"))
        in_sqlite = (place.origin, cache_url("sqlite", place), model)
        programs = {
            "hubkit file": (_HUBKIT, *arguments),
            "hubkit sqlite": (_HUBKIT, *in_sqlite),
            "requests-cache sqlite": (_REQUESTS_CACHE, *arguments),
            "HfApi, uncached": (_HF_API, *arguments),
        }
        programs = {name: program for name, program in programs.items() if name in found}
        taken = time_programs({_FLOOR: (_FLOOR,), **programs}, rounds=bench.scale.programs)
    measures = {name: Measure(name, seconds * _MS) for name, seconds in taken.items()}
    peers = [measures[name] for name in readers[2:] if name in measures]
    for name in readers[:2]:
        yield Row(
            title=f"whole process with one hit, {name.removeprefix('hubkit ')}",
            unit="ms",
            goal=Goal(taken[_FLOOR] * _MS + 30.0),
            ours=measures[name],
            floor=measures[_FLOOR],
            peers=(*peers, *missing),
        )


def _runs(program: str) -> bool:
    command = [sys.executable, "-I", "-c", program]
    return subprocess.run(command, stderr=subprocess.DEVNULL, timeout=60, check=False).returncode == 0


CASES = {"import": imports, "process": whole_process}
