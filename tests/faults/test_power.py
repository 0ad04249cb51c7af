"""Power that goes away: what it leaves of files is a miss, and the next answer mends it."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fault_runs import times
from killing import seal_fits

from hubkit.cache import open_backend

pytestmark = [pytest.mark.fault("power loss"), pytest.mark.timeout(300)]

URLS = {"file": "file://{}/files", "sqlite": "sqlite://{}/cache.db"}
PAGE = 4_096

# What stands under the final name, once the power is back.
SHAPES = {
    "empty": lambda whole, fate: b"",
    "one byte": lambda whole, fate: whole[:1],
    "short": lambda whole, fate: whole[: fate.randrange(len(whole))],
    "one page short": lambda whole, fate: whole[:-PAGE],
    "zeros": lambda whole, fate: bytes(len(whole)),
    "zeros at the end": lambda whole, fate: zeroed(whole, fate.randrange(len(whole)), len(whole)),
    "a page of zeros": lambda whole, fate: zeroed(whole, *page_of(whole, fate)),
    "every other page": lambda whole, fate: every_other(whole),
    "longer": lambda whole, fate: whole + bytes(PAGE),
}

# Half of the writers close nothing.
WRITER = """
import os, sys
from hubkit.cache import open_backend
from killing import sealed
cache = open_backend(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3])):
    cache.set(str(number), sealed(str(number), 3_000), expires_in=3600.0)
if int(sys.argv[2]) // int(sys.argv[3]) % 2:
    os._exit(0)
"""


def page_of(whole, fate):
    """Where one of the pages begins and ends."""
    start = PAGE * fate.randrange(len(whole) // PAGE + 1)
    return start, start + PAGE


def zeroed(whole, start, end):
    """The bytes with zeros in between."""
    return (whole[:start] + bytes(min(end, len(whole)) - start) + whole[end:])[: len(whole)]


def every_other(whole):
    """Half of the pages were written."""
    return b"".join(
        whole[at : at + PAGE] if at // PAGE % 2 else bytes(len(whole[at : at + PAGE]))
        for at in range(0, len(whole), PAGE)
    )


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("kind", URLS)
def test_shapes(hub, make_client, tmp_path, kind, shape, caplog, tell):
    """A file that is empty, short or holds zeros costs what was in it: answers are right, and the cache heals."""
    url = URLS[kind].format(tmp_path)
    settings = {"cache": url, "memory_entries": 0}
    names = ["alice/open", *(f"alice/model-{number}" for number in range(20))]
    for name in names[1:]:
        hub.add_repo(name, {"README.md": b"---\nlicense: mit\n---\n", **{f"{n}.bin": b"" for n in range(60)}})
    fate = random.Random(f"{kind} {shape}")
    rounds = times(3, 30)
    for _ in range(rounds):
        make_client(hub.endpoint, **settings).get_many_metadata(names)
        for client in make_client.made:
            client.close()
        for path in [*tmp_path.glob("files/entries-1/*/*"), *tmp_path.glob("cache.db")]:
            path.write_bytes(shape(path.read_bytes(), fate))
        caplog.clear()
        with caplog.at_level(logging.WARNING, "hubkit"):
            client = make_client(hub.endpoint, **settings)
            # Twice: a database is seen to be broken, and begun anew, when a page that broke is met.
            found = [client.require_model_metadata(name).license for name in names * 2]
            hub.reset_counts()
            again = [client.require_model_metadata(name).license for name in names], hub.total_requests

        assert ["mit"] * 42 == found
        assert (["mit"] * 21, 0) == again
        assert len(caplog.records) <= 1
        assert len(list(tmp_path.glob("*.broken-*"))) <= 3
    tell("stores of such files", rounds)


@pytest.mark.parametrize("kind", URLS)
def test_power_loss(mounts, tmp_path, environ, kind, tell):
    """After a real one, on a disk of our own, there are whole values and misses, and the cache can be written."""
    disk = mounts.disk(tmp_path / "image", tmp_path / "disk")
    url = URLS[kind].format(tmp_path / "disk")
    losses, each = times(3, 20), 60
    kept = 0
    for loss in range(losses):
        first = loss * each
        command = [sys.executable, "-c", WRITER, url, str(first), str(each)]
        subprocess.run(command, env=environ, check=True)
        disk.lose_power()
        cache = open_backend(url)
        values = cache.get_many([str(number) for number in range(first + each)])
        kept += len({str(number) for number in range(first, first + each)} & values.keys())
        torn = [key for key, value in values.items() if not seal_fits(value, key)]
        cache.set("after", b"works", expires_in=3600.0)
        after = cache.get("after")
        cache.close()

        assert (b"works", []) == (after, torn)
    files = [path for path in Path(tmp_path / "disk").rglob("*") if path.is_file()]
    tell("losses of power", losses)
    tell("files of 0 bytes under their final names", sum(not path.stat().st_size for path in files))
    tell("whole values left", kept)
    tell("values written", losses * each)
