"""The benchmark harness runs, in little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The files of a benchmark import each other, as scripts may; tox forbids that to the tests.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}


def test_benchmarks_run(tmp_path):
    """A quick run measures hubkit beside its floors, and writes what it found."""
    arguments = [
        "--quick",
        "--no-peers",
        "--only",
        "again",
        "--only",
        "many",
        "--only",
        "search",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(
        [sys.executable, "benchmarks/run.py", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["rows"]

    assert 0 == done.returncode, done.stderr
    assert "hit again, same process" == rows[0]["title"]
    assert all(row["ours"]["value"] > 0 for row in rows)
    assert all(row["floor"]["value"] > 0 for row in rows if not row["title"].startswith("search"))
    assert "| hit again, same process |" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_promises_hold():
    """What the page about reliability says of hubkit is so, situation by situation."""
    done = subprocess.run(
        [sys.executable, "benchmarks/promises/run.py", "--library", "hubkit"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    shown = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")

    assert 0 == done.returncode, done.stderr
    assert 21 == len(rows)
    assert [] == [row for row in rows if "✗" in row[1]]
    assert [] == [row[0] for row in rows if row[0] not in shown]
