"""Another user of the same machine prepares files and folders, as far as the system lets him."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import time

import pytest

from hubkit import CacheUnavailableError
from hubkit.cache import FilesystemCache, SQLiteCache
from hubkit.cache._entry import Entry, encode_entry

pytestmark = pytest.mark.threat("multi-user cache folder")

# Each is run by another user in a folder into which all may write, before we do.
PLANTED = {
    "folder": "mkdir -m 777 {place}/cache",
    "link to his folder": "mkdir -m 777 {place}/his && ln -s {place}/his {place}/cache",
    "link to ours": "ln -s {place}/ours {place}/cache",
    "entries": "mkdir -m 777 {place}/open/entries-1",
    "link as entries": "ln -s {place}/ours {place}/open/entries-1",
    "leases": "mkdir -m 777 {place}/open/leases-1",
    "link as leases": "ln -s {place}/ours {place}/open/leases-1",
}


@pytest.fixture
def place(everybodys):
    """Where all may write, with one folder of ours that is open to all, too."""
    (everybodys / "open").mkdir()
    (everybodys / "open").chmod(0o777)
    (everybodys / "ours").mkdir(mode=0o700)
    for name in ("letter.txt", "0" * 64, "x.tmp"):
        (everybodys / "ours" / name).write_text("dear")
        os.utime(everybodys / "ours" / name, (1, 1))
    return everybodys


def work(cache):
    """Everything that a cache does; what came back of the entry."""
    found = []
    for call in (
        lambda: cache.set("key", b"value", expires_in=60.0),
        lambda: cache.lease("key", 5.0),
        lambda: cache.get("key"),
        cache.stats,
        cache.prune,
        cache.clear,
    ):
        try:
            found.append(call())
        except CacheUnavailableError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_planted_folders(place, another_user, planted):
    """What he has put there is refused in one line, and through it nothing of ours is read, changed or removed."""
    another_user(planted.format(place=place))
    before = sorted(path.name for path in (place / "ours").iterdir())
    folder = place / ("cache" if "/cache" in planted else "open")
    said = [line for line in work(FilesystemCache(folder)) if isinstance(line, str)]

    assert before == sorted(path.name for path in (place / "ours").iterdir())
    assert said
    assert all("belongs to another user" in line and "\n" not in line for line in said)
    his = place / "his"
    assert not his.exists() or not list(his.iterdir())


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_planted_logs_of_a_database(place, another_user, tmp_path, ending, when):
    """A log beside our database that he has written is not read into it, whether he came first or second."""
    forged = make_forged_log(tmp_path)
    shutil.copy(forged, place / "forged")
    (place / "forged").chmod(0o644)
    path = place / "cache.db"
    if when == "after":
        with_content(SQLiteCache(path))
    another_user(f"cp {place}/forged {path}{ending}")
    cache = SQLiteCache(path)
    found = []
    for call in (lambda: cache.get("key"), lambda: cache.set("key", b"new", expires_in=60.0)):
        try:
            found.append(call())
        except CacheUnavailableError as error:
            found.append("belongs to another user" in str(error))

    assert b"forged" not in found
    assert found in ([True, True], [None, None], [None, True], [b"value", None])


def with_content(cache):
    """A database with one entry, closed so that it has no log."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()


def make_forged_log(folder):
    """The log of a database like ours in which the entry says something else."""
    cache = SQLiteCache(folder / "forger.db")
    cache.set("key", b"value", expires_in=60.0)
    cache.set("key", b"forged", expires_in=1e6)
    # While it is open: who closes a database last removes its log.
    shutil.copy(folder / "forger.db-wal", folder / "forged")
    cache.close()
    return folder / "forged"


def test_a_log_is_believed_by_sqlite_itself(tmp_path):
    """The forgery of the test above would work: SQLite takes it for its own."""
    forged = make_forged_log(tmp_path)
    with_content(SQLiteCache(tmp_path / "cache.db"))
    shutil.copy(forged, tmp_path / "cache.db-wal")
    with sqlite3.connect(tmp_path / "cache.db") as connection:
        found = connection.execute("SELECT value FROM entries").fetchall()
    connection.close()

    assert [(b"forged",)] == found


def test_sweeping_touches_nothing_else(tmp_path):
    """Old files that lie where our leases do, and aren't leases, stay."""
    cache = FilesystemCache(tmp_path / "cache")
    lease = cache.lease("key", 1.0)
    foreign = tmp_path / "cache" / "leases-1" / "letter.txt"
    foreign.write_text("dear")
    os.utime(foreign, (1, 1))
    cache.prune()

    assert lease is not None
    assert "dear" == foreign.read_text()


def test_client_goes_on_without(hub, make_client, place, another_user, caplog):
    """A client whose cache another user has prepared answers from the Hub, with one warning."""
    another_user(PLANTED["folder"].format(place=place))
    client = make_client(hub.endpoint, cache=(place / "cache").as_uri(), memory_entries=0)
    with caplog.at_level(logging.WARNING, "hubkit"):
        found = [client.require_model_metadata("alice/open").license for _ in range(5)]

    assert ["mit"] * 5 == found
    assert 1 == len(caplog.records)
    assert "belongs to another user" in caplog.text


def test_nobody_else_reads_what_is_kept(hub, alice, make_client, place):
    """Every file and folder of every store is its owner's alone, whatever the umask."""
    before = os.umask(0)
    try:
        for url in (f"file://{place}/files", f"sqlite://{place}/deep/c.db"):
            make_client(hub.endpoint, cache=url, token=alice).get_model_metadata("alice/secret")
    finally:
        os.umask(before)
    kept = [path for name in ("files", "deep") for path in (place / name, *(place / name).rglob("*"))]

    assert {0o700} == {stat.S_IMODE(path.stat().st_mode) for path in kept if path.is_dir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in kept if path.is_file()}


def test_entry_of_another_user_in_a_link(tmp_path, another_user, place):
    """A link under an entry's name leads nowhere, whatever sound entry lies behind it."""
    cache = FilesystemCache(tmp_path / "cache")
    sound = encode_entry(Entry("key", 200, time.time(), None, None, b"forged"))
    cache.set("key", sound, expires_in=60.0)
    (file,) = [path for path in (tmp_path / "cache" / "entries-1").rglob("*") if path.is_file()]
    shutil.copy(file, place / "copy")
    (place / "copy").chmod(0o644)
    another_user(f"cp {place}/copy {place}/his")
    file.unlink()
    file.symlink_to(place / "his")

    assert cache.get("key") is None
