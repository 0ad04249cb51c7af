"""Four processes with four threads each use everything at once, while all around them fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from fault_runs import times
from faulty_proxy import FaultyProxy
from soak_truth import FILES, MODELS, Truth, Weather

from hubkit.testing import LocalHub

SECONDS = float(os.environ.get("SOAK") or times(5, 60))
SEED = int(os.environ.get("SOAK_SEED", "20260101"))
MEMBER = Path(__file__).parents[1] / "support" / "soak_member.py"

WARM = 30.0
"""Seconds from which a run says something about what piles up."""

MORE_FILES = 12
"""Open files at the end beyond those after a fifth of the time: connections that the pools may keep."""

MORE_MEMORY = 6 * 1024
"""KiB at the end beyond those in the middle."""


@pytest.fixture
def hub():
    """A hub that a great many ask."""
    with LocalHub() as hub:
        yield hub


@pytest.fixture
def to_hub(hub):
    """The way to it."""
    proxy = FaultyProxy(int(hub.endpoint.rpartition(":")[2]))
    yield proxy
    proxy.stop()


@pytest.fixture
def to_redis(start_redis):
    """The way to Redis."""
    proxy = FaultyProxy(start_redis().port)
    yield proxy
    proxy.stop()


@pytest.fixture
def truth(hub):
    """What is true of the hub."""
    return Truth(hub, SEED)


@pytest.fixture
def members(truth, to_hub, to_redis, environ, tmp_path):
    """Four processes with the tiers that people have."""
    redis = f"redis://127.0.0.1:{to_redis.port}/0"
    shared = f"sqlite://{tmp_path}/shared.db"
    tiers = [[redis], [shared, redis], [shared, redis], [(tmp_path / "files").as_uri(), redis]]
    started = []
    for number, cache in enumerate(tiers):
        folder = tmp_path / f"member{number}"
        folder.mkdir()
        settings = {"endpoint": to_hub.endpoint, "cache": cache, "seconds": SECONDS, "seed": SEED + number}
        settings |= {"folder": str(folder), "models": MODELS, "files": FILES}
        settings["memory_entries"] = 64 if number % 2 else 0
        command = [sys.executable, MEMBER, json.dumps(settings)]
        with (folder / "stderr").open("w") as errors:
            started.append(subprocess.Popen(command, env=environ, stderr=errors))
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.fault("soak")
@pytest.mark.timeout(SECONDS + 300)
def test_soak(hub, truth, to_hub, to_redis, members, tmp_path, tell, capsys):
    """No answer is wrong, no call never ends, nothing is raised that isn't ours, and nothing piles up."""
    weather = Weather(hub, to_hub, to_redis, SEED)
    ends_at = time.monotonic() + SECONDS
    while time.monotonic() < ends_at:
        for _ in range(3):
            truth.change()
        weather.change()
        time.sleep(0.1)
    weather.clear()
    for process in members:
        process.wait()
    told = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("member*/told.json"))]
    errors = [path.read_text() for path in sorted(tmp_path.glob("member*/stderr"))]
    lines = "".join(path.read_text() for path in sorted(tmp_path.glob("member*/seen.jsonl"))).splitlines()
    seen = [json.loads(line) for line in lines]
    wrong = [answer for answer in seen if not truth.is_right(answer)]
    counts = sum((Counter(one["counts"]) for one in told), Counter())
    tell("answers", len(seen))
    tell("harms", weather.harms)
    with capsys.disabled():
        sys.stderr.write(f"\n{summary(counts, truth, weather, seen, wrong, told)}\n")

    assert [0] * 4 == [process.returncode for process in members], errors
    assert [] == [crash for one in told for crash in one["crashes"]]
    assert [] == wrong[:5]
    assert 0 == sum(one["stuck"] for one in told)
    assert "Traceback" not in "".join(errors)
    growth = list(map(grown, told)) if SECONDS >= WARM else []
    assert [] == [more for more in growth if more[0] > MORE_FILES or more[1] > MORE_MEMORY]


def grown(one):
    """Files and KiB that a process has more at the end than after it had warmed up."""
    samples = one["samples"]
    warm = samples[len(samples) // 5 :] or [(0.0, *one["at_end"])]
    half = warm[: len(warm) // 2 + 1]
    return one["at_end"][0] - max(files for _, files, _ in half), one["at_end"][1] - max(
        size for *_, size in half
    )


def summary(counts, truth, weather, seen, wrong, told):
    """What was done, on one line."""
    calls = sum(count for name, count in counts.items() if name.islower() and name != "answers")
    refused = sum(count for name, count in counts.items() if not name.islower())
    unreadable, store_errors = (sum(one[name] for one in told) for name in ("unreadable", "store_errors"))
    growth = list(map(grown, told))
    return (
        f"soak: {SECONDS:g} s, seed {SEED}: {calls:,} calls, {len(seen):,} answers, {len(wrong)} wrong; "
        f"{truth.changes:,} changes, {weather.harms:,} harms; {refused:,} typed errors, {unreadable:,} entries "
        f"unreadable, {store_errors:,} store errors; files and KiB grown: {growth}"
    )
