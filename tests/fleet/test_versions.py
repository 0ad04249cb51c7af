"""Two versions of hubkit on one store: the next one is this one with another number in one of its formats."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from members import begin, end, results, start_members

import hubkit
from hubkit import HubClient, HubConfig

NAME = "org/m0"

# What a later version may number anew, and where: the entries' bytes, a file's frame, the
# folder's layout, the database's schema, the keys in Redis.
FORMATS = {
    "entry": ("hubkit/cache/_entry.py", {'b"HKE1"': 'b"HKE2"'}),
    "frame": ("hubkit/cache/_frame.py", {'b"HKF1"': 'b"HKF2"'}),
    "folder": ("hubkit/cache/filesystem.py", {'"entries-1"': '"entries-2"', '"leases-1"': '"leases-2"'}),
    "schema": ("hubkit/cache/_sqlite_file.py", {"_VERSION: Final = 1": "_VERSION: Final = 2"}),
    "keys": ("hubkit_redis/_cache.py", {'"hubkit:1:"': '"hubkit:2:"'}),
}

ASK = """
import json, logging, sys
import hubkit
from hubkit import HubClient, HubConfig
logging.getLogger("hubkit").addHandler(logging.NullHandler())
endpoint, cache, name, offline = sys.argv[1:]
with HubClient(HubConfig(endpoint=endpoint, cache=cache, offline=offline == "True", retries=0)) as client:
    model = client.get_model_metadata(name)
    print(json.dumps([hubkit.__file__, model and model.model_id, client.cache.stats().tiers[0].unreadable]))
"""


@pytest.fixture
def next_version(tmp_path):
    """Makes the next version, which numbers one format anew; the folder that it is in."""

    def make(number):
        folder = tmp_path / "next"
        for package in ("hubkit", "hubkit_redis"):
            source = Path(hubkit.__file__).parents[1] / package
            shutil.copytree(source, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        name, changes = FORMATS[number]
        text = (folder / name).read_text()
        for before, after in changes.items():
            assert 1 == text.count(before)
            text = text.replace(before, after)
        (folder / name).write_text(text)
        return folder

    return make


@pytest.fixture
def place(request, tmp_path):
    """The URL of an empty store of a kind, and a look at what lies there."""
    kind = request.param
    if kind == "redis":
        server = request.getfixturevalue("start_redis")()
        return server.url, lambda: _redis_content(server)
    store = tmp_path / "store"
    url = f"file://{store}" if kind == "file" else f"sqlite://{store}/cache.db"
    return url, lambda: _rows(store) if kind == "sqlite" else _files(store)


def _redis_content(server):
    from redis import Redis

    with closing(Redis(port=server.port)) as client:
        return {name: client.get(name) for name in client.scan_iter()}


def _files(store):
    return {str(path): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}


def _rows(store):
    """What lies in the database and in those that were put aside, by their schema."""
    content = {}
    for path in sorted(store.glob("cache.db*")):
        if not path.name.endswith(("-wal", "-shm")):
            with closing(sqlite3.connect(path)) as connection:
                schema = connection.execute("PRAGMA user_version").fetchone()[0]
                content[path.name, schema] = connection.execute("SELECT key, value FROM entries").fetchall()
    return content


@pytest.fixture
def ours(hub, place):
    """Asks as this version: the model's id or None, and how many entries could not be read."""

    def ask(*, offline=False):
        with HubClient(
            HubConfig(endpoint=hub.endpoint, cache=place[0], offline=offline, retries=0)
        ) as client:
            model = client.get_model_metadata(NAME)
            return [model and model.model_id, client.cache.stats().tiers[0].unreadable]

    return ask


@pytest.fixture
def theirs(hub, place, next_version):
    """Asks as the next version."""

    def make(number):
        folder = next_version(number)
        environment = {**os.environ, "PYTHONPATH": str(folder)}

        def ask(*, offline=False):
            command = [sys.executable, "-c", ASK, hub.endpoint, place[0], NAME, str(offline)]
            done = subprocess.run(
                command, env=environment, cwd=folder, capture_output=True, text=True, check=True
            )
            where, *answer = json.loads(done.stdout)
            assert (str(folder / "hubkit"), "") == (os.path.dirname(where), done.stderr)
            return answer

        return ask

    return make


REDIS = pytest.mark.redis


@pytest.mark.parametrize(
    ("place", "number"),
    [("file", "folder"), pytest.param("redis", "keys", marks=REDIS)],
    indirect=["place"],
)
def test_versions_with_places_of_their_own(hub, place, ours, theirs, number):
    """Each finds its own and leaves the other's alone, also when it clears its store."""
    theirs = theirs(number)

    assert [[NAME, 0], [NAME, 0]] == [ours(), theirs()]
    assert 2 == hub.requests["model_info"]
    assert [[NAME, 0], [NAME, 0]] == [ours(offline=True), theirs(offline=True)]
    with HubClient(HubConfig(endpoint=hub.endpoint, cache=place[0])) as client:
        client.cache.clear()
        client.cache.prune()
    assert [[None, 0], [NAME, 0]] == [ours(offline=True), theirs(offline=True)]


@pytest.mark.parametrize(
    ("place", "number", "unreadable"),
    [
        ("file", "entry", 1),
        ("sqlite", "entry", 1),
        pytest.param("redis", "entry", 1, marks=REDIS),
        # What frames it differently is no entry of ours at all.
        ("file", "frame", 0),
    ],
    indirect=["place"],
)
def test_versions_in_one_place(hub, place, ours, theirs, number, unreadable):
    """The other's entry is a miss, which a look leaves as it is and only an answer of one's own replaces."""
    theirs, look = theirs(number), place[1]
    for number, (one, other) in enumerate([(ours, theirs), (theirs, ours), (ours, theirs)]):
        assert NAME == one()[0]
        assert number + 1 == hub.requests["model_info"]
        before = look()
        assert [NAME, 0] == one(offline=True)
        assert [None, unreadable] == other(offline=True)
        assert before == look()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_newer_schema(hub, place, ours, theirs):
    """The newer version puts the older one's file aside, whole; the older one leaves the newer file alone and asks."""
    theirs, look = theirs("schema"), place[1]

    assert [NAME, 0] == ours()
    first = look()
    assert [None, 0] == theirs(offline=True)
    assert first == look()
    assert [NAME, 0] == theirs()
    second = look()
    assert next(iter(first.values())) == second["cache.db.broken-1", 1]
    assert [[NAME, 0], [None, 0], [NAME, 0]] == [ours(), ours(offline=True), theirs(offline=True)]
    assert second == look()


@pytest.mark.parametrize("place", ["file", pytest.param("redis", marks=REDIS)], indirect=True)
def test_versions_side_by_side(hub, place, next_version):
    """Members of two versions at once overwrite each other's entries, and all of them get everything."""
    hub.clear_faults()
    names = [f"org/m{number}" for number in range(20)]
    started = []
    try:
        for path in ([], [next_version("entry")]):
            start_members(started, 2, hub.endpoint, place[0], *names, path=path)
        begin(started)
        got = results(started)
    finally:
        for member in started:
            end(member)

    assert [names] * 4 == [member["got"] for member in got]
    assert 20 < hub.requests["model_info"] <= 80
