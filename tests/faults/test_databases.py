"""SQLite files that somebody truncated, swapped, locked, altered or removed: right answers all the same."""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import time
from contextlib import closing

import pytest
from fault_runs import times
from killing import seal_fits, sealed

from hubkit.cache import SQLiteCache

pytestmark = [
    pytest.mark.fault("SQLite file damaged, foreign, locked, altered, newer"),
    pytest.mark.timeout(300),
]

MODELS = [f"alice/model-{number}" for number in range(12)]
ENDLESS_VIEW = (
    "CREATE VIEW entries (key, expires_at, value) AS WITH RECURSIVE n (i) AS "
    "(SELECT 1 UNION ALL SELECT i FROM n) SELECT i, 1e12, x'00' FROM n"
)


@pytest.fixture
def path(tmp_path):
    """Where the cache is."""
    return tmp_path / "place" / "cache.db"


@pytest.fixture
def ask(hub, make_client, path):
    """What becomes of asking for every model, twice, over the file: licences, warnings, requests when asked again."""
    for name in MODELS:
        hub.add_repo(name, {"README.md": b"---\nlicense: mit\n---\n", **{f"{n}.bin": b"" for n in range(40)}})

    def ask(caplog=None):
        client = make_client(hub.endpoint, cache=f"sqlite://{path}", memory_entries=0)
        if caplog is not None:
            caplog.clear()
        found = {client.require_model_metadata(name).license for name in MODELS * 2}
        hub.reset_counts()
        found |= {client.require_model_metadata(name).license for name in MODELS}
        requests = hub.total_requests
        client.close()
        return found, requests

    return ask


@pytest.fixture
def whole(ask, path):
    """The bytes of a sound database of ours."""
    ask()
    return path.read_bytes()


def check(ask, path, caplog, *, healed=True, quarantined=None):
    """The answers are right, with one warning at most, and afterwards the file works again, or is left alone."""
    before = path.read_bytes()
    with caplog.at_level(logging.WARNING, "hubkit"):
        found, requests = ask(caplog)
    broken = list(path.parent.glob("*.broken-*"))

    assert {"mit"} == found
    assert len(caplog.records) <= 1
    if healed:
        assert 0 == requests
    else:
        assert before == path.read_bytes()
    if quarantined is not None:
        assert quarantined == bool(broken)
    for each in broken:
        each.unlink()


def test_truncated(ask, path, whole, caplog, tell):
    """Cut off anywhere, at each page and in between: quarantined where it can't be read, and rebuilt."""
    fate = random.Random("truncated")
    lengths = [0, 1, 16, 99, 100, 511, 512, 1_023, *range(4_096, len(whole), times(40_960, 4_096))]
    lengths += [fate.randrange(len(whole)) for _ in range(times(5, 60))]
    for length in lengths:
        path.write_bytes(whole[:length])
        check(ask, path, caplog)
    tell("databases cut off", len(lengths))


def test_flipped_bits(ask, path, whole, caplog, tell):
    """Bits that changed anywhere, the head of the file included, never change an answer, and the file heals."""
    fate = random.Random("flipped")
    count = times(25, 600)
    for number in range(count):
        raw = bytearray(whole)
        for _ in range(fate.choice((1, 1, 8, 200))):
            # A third in the head, a third in the first pages, where the structure is.
            place = fate.randrange(100 if number % 3 == 0 else 12_288 if number % 3 == 1 else len(raw))
            raw[place] ^= 1 << fate.randrange(8)
        path.write_bytes(raw)
        with caplog.at_level(logging.WARNING, "hubkit"):
            found, requests = ask(caplog)
        # A number in the head may have become a newer version's, or another program's.
        left_alone = any("left alone" in record.getMessage() for record in caplog.records)
        for each in [*path.parent.glob("*.broken-*"), *path.parent.glob("cache.db-*")]:
            each.unlink()

        assert {"mit"} == found, number
        assert len(caplog.records) <= 1, number
        # Where an index leads to another's row SQLite sees nothing wrong: two answers drive each other out.
        assert left_alone or requests <= 2, number
    tell("databases with flipped bits", count)


def foreign(path):
    """Another program's database."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entries (key BLOB PRIMARY KEY, expires_at REAL, value BLOB)")
        connection.commit()


def run_sql(*statements):
    """Does something to the database with SQL."""

    def act(path):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return act


# What is done to a sound file, and whether it is left alone.
PREPARED = {
    "text": (lambda path: path.write_text("a note\n" * 500), False),
    "another program's": (foreign, True),
    "newer schema": (run_sql("PRAGMA user_version = 99"), True),
    "newer schema, other tables": (
        run_sql("PRAGMA user_version = 2", "DROP TABLE entries", "CREATE TABLE entries_2 (a)"),
        True,
    ),
    "older schema": (run_sql("PRAGMA user_version = 0"), False),
    "endless view": (run_sql("DROP TABLE entries", ENDLESS_VIEW), False),
    "trigger": (run_sql("CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END"), False),
    "names that are no text": (
        lambda path: path.write_bytes(path.read_bytes().replace(b"leases", b"l\xecases")),
        False,
    ),
    "statements that are no text": (
        lambda path: path.write_bytes(path.read_bytes().replace(b"owner BLOB", b"\xecwner BLOB")),
        False,
    ),
    "index gone": (run_sql("DROP INDEX entries_by_end"), False),
    "table gone": (run_sql("DROP TABLE leases"), False),
}


@pytest.mark.parametrize(("act", "left_alone"), PREPARED.values(), ids=PREPARED)
def test_prepared(ask, path, whole, caplog, act, left_alone, tell):
    """Ours but broken is quarantined and rebuilt; another program's, or a newer hubkit's, is neither used nor changed."""
    path.write_bytes(whole)
    act(path)
    check(ask, path, caplog, healed=not left_alone, quarantined=not left_alone)
    tell("prepared databases")


# What lies beside the file: the log that it had, none, one of another database, noise; and the log's index.
LOGS = {
    "log gone": lambda wal, shm, other: (None, shm),
    "both gone": lambda wal, shm, other: (None, None),
    "index gone": lambda wal, shm, other: (wal, None),
    "log of another database": lambda wal, shm, other: (other, None),
    "log of another, index of this": lambda wal, shm, other: (other, shm),
    "log cut off": lambda wal, shm, other: (wal[: len(wal) // 2 + 7], shm),
    "log of noise": lambda wal, shm, other: (random.Random(1).randbytes(len(wal)), shm),
    "index of noise": lambda wal, shm, other: (wal, random.Random(2).randbytes(len(shm))),
    "index of zeros": lambda wal, shm, other: (wal, bytes(len(shm))),
    "index cut off": lambda wal, shm, other: (wal, shm[:100]),
    "index flipped": lambda wal, shm, other: (wal, bytes(byte ^ 1 for byte in shm)),
    "log flipped": lambda wal, shm, other: (wal[:40] + bytes([wal[40] ^ 1]) + wal[41:], shm),
}


@pytest.mark.parametrize("beside", LOGS.values(), ids=LOGS)
def test_logs(ask, path, tmp_path, caplog, beside, tell):
    """A log that is missing, torn or another database's, or whose index is, costs entries and never an answer."""
    saved = []
    for name in ("other", "ours"):
        # With its log, since nobody has closed it; the last one is a copy of what a crash would leave.
        cache = SQLiteCache(tmp_path / name / "cache.db")
        for number in range(60):
            cache.set(f"{number}", sealed(f"{number}", 4_000), expires_in=3_600.0)
        saved.append([(tmp_path / name / f"cache.db{end}").read_bytes() for end in ("", "-wal", "-shm")])
        cache.close()
    (_, other, _), (database, wal, shm) = saved
    path.parent.mkdir()
    path.write_bytes(database)
    for end, raw in zip(("-wal", "-shm"), beside(wal, shm, other), strict=True):
        if raw is not None:
            path.with_name(path.name + end).write_bytes(raw)
    reader = SQLiteCache(path)
    found = reader.get_many([str(number) for number in range(60)])
    reader.close()

    assert [] == [key for key, value in found.items() if not seal_fits(value, key)]
    check(ask, path, caplog)
    tell("databases with other logs")


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_locked_for_long(hub, make_client, path, whole, caplog, statement, tell):
    """Somebody who keeps the file locked costs one bounded wait and one warning, not one of each a question."""
    client = make_client(hub.endpoint, cache=f"sqlite://{path}", memory_entries=0, ttl=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute(statement)
        began = time.monotonic()
        with caplog.at_level(logging.WARNING, "hubkit"):
            found = {client.require_model_metadata(name).license for name in MODELS}
        took = time.monotonic() - began
    tell("questions over a locked database", len(MODELS))

    assert {"mit"} == found
    assert len(caplog.records) <= 1
    assert took < 5.0


def test_removed_under_way(hub, make_client, path, whole, caplog, tell):
    """A file removed, swapped or emptied beneath an open client costs entries; what is written later is really kept."""
    client = make_client(hub.endpoint, cache=f"sqlite://{path}", memory_entries=0)
    acts = [
        path.unlink,
        lambda: [each.unlink() for each in path.parent.glob("cache.db*")],
        lambda: path.replace(path.with_name("elsewhere.db")),
        lambda: os.truncate(path, 0),
        lambda: os.truncate(path, 8_192),
        lambda: path.write_bytes(whole),
        lambda: path.write_bytes(b"noise" * 5_000),
        lambda: path.with_name("cache.db-wal").unlink(missing_ok=True),
        lambda: path.with_name("cache.db-shm").unlink(missing_ok=True),
    ]
    for act in acts * times(1, 5):
        with caplog.at_level(logging.WARNING, "hubkit"):
            assert {"mit"} == {client.require_model_metadata(name).license for name in MODELS * 2}
            act()
            assert {"mit"} == {client.require_model_metadata(name).license for name in MODELS * 2}
        hub.reset_counts()
        with make_client(hub.endpoint, cache=f"sqlite://{path}", memory_entries=0) as another:
            assert {"mit"} == {another.require_model_metadata(name).license for name in MODELS * 2}
    tell("databases taken away under way", len(acts) * times(1, 5))
    hub.reset_counts()
    client.close()
    with make_client(hub.endpoint, cache=f"sqlite://{path}", memory_entries=0) as another:
        licenses = {another.require_model_metadata(name).license for name in MODELS}

    assert ({"mit"}, 0) == (licenses, hub.total_requests)
