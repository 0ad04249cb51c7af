"""The backend in a SQLite file."""

from __future__ import annotations

import gc
import logging
import os
import sqlite3
import stat
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import SQLiteCache
from hubkit.cache._sqlite_pool import BUSY_SECONDS
from hubkit.errors import CacheUnavailableError
from hubkit.testing import BackendContract, FakeClock
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

ROOT = os.geteuid() == 0
ENDLESS_VIEW = (
    "CREATE VIEW entries AS WITH RECURSIVE c(key) AS (SELECT 1 UNION ALL SELECT key FROM c) "
    "SELECT key, 1e12 AS expires_at, x'00' AS value FROM c"
)


class TestSQLiteCache(BackendContract):
    """The contract, on a clock that the tests move."""

    @pytest.fixture
    def open_backend(self, tmp_path: Path) -> OpenBackend:
        """A file that isn't there yet, with characters that URLs give a meaning to."""
        self.clock = FakeClock()
        return lambda: SQLiteCache(tmp_path / "parent" / "a?b#c%20.db", clock=self.clock)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(seconds=seconds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cache of a test is."""
    return tmp_path / "cache.db"


@pytest.fixture
def cache(path: Path) -> SQLiteCache:
    """A cache on the machine's clock."""
    return SQLiteCache(path)


def _run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_nobody_else_may_read(cache: SQLiteCache, path: Path) -> None:
    """The file, its log and its index are 0600, their new folder 0700, even without a umask."""
    before = os.umask(0)
    try:
        cache = SQLiteCache(path.parent / "new" / "cache.db")
        cache.set("key", b"value", expires_in=60.0)
        found = {item.name: stat.S_IMODE(item.stat().st_mode) for item in (path.parent / "new").iterdir()}
    finally:
        os.umask(before)

    assert found == {"cache.db": 0o600, "cache.db-wal": 0o600, "cache.db-shm": 0o600}
    assert stat.S_IMODE((path.parent / "new").stat().st_mode) == 0o700


def test_constructor_and_reading_touch_nothing(cache: SQLiteCache, path: Path) -> None:
    """Neither making a cache nor looking into an absent one makes a file."""
    assert cache.get("key") is None
    assert cache.get_many(["key"]) == {}
    assert (list(cache.keys()), cache.clear(), cache.prune(), cache.delete("key")) == ([], 0, 0, False)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(not ROOT, reason="only root can give a file away")
def test_file_of_another_user_is_refused(cache: SQLiteCache, path: Path) -> None:
    """What another user owns is neither read nor written."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    os.chown(path, 65_534, 65_534)

    with pytest.raises(CacheUnavailableError, match="belongs to another user"):
        cache.get("key")
    with pytest.raises(CacheUnavailableError, match="belongs to another user"):
        cache.set("key", b"new", expires_in=60.0)


@pytest.mark.parametrize("damage", ["garbage", "short", "middle", "truncated", "empty"])
def test_broken_file_is_put_aside(
    cache: SQLiteCache, path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged file costs its entries, one warning and nothing else."""
    for number in range(200):
        cache.set(f"key {number}", b"x" * 5_000, expires_in=60.0)
    cache.close()
    whole = path.read_bytes()
    middle = whole[:4_096] + b"\xa5" * (len(whole) - 4_096)
    broken = {
        "garbage": b"x" * 9_000,
        "short": b"x",
        "middle": middle,
        "truncated": whole[:50_000],
        "empty": b"",
    }
    path.write_bytes(broken[damage])

    with caplog.at_level(logging.WARNING, "hubkit"):
        found = [cache.get(f"key {number}") for number in range(200)]
        cache.set("key 7", b"new", expires_in=60.0)

    assert set(found) <= {None, b"x" * 5_000}
    assert cache.get("key 7") == b"new"
    assert SQLiteCache(path).get("key 7") == b"new"
    assert (path.parent / "cache.db.broken-1").exists()
    assert len(caplog.records) == 1


def test_broken_files_do_not_pile_up(cache: SQLiteCache, path: Path) -> None:
    """However often a file breaks, a few are kept."""
    for _ in range(6):
        cache.set("key", b"value", expires_in=60.0)
        cache.close()
        path.write_bytes(b"broken" * 1_000)
        cache.set("key", b"value", expires_in=60.0)

    assert len(list(path.parent.glob("cache.db.broken-*"))) == 3
    assert cache.get("key") == b"value"


def test_threads_put_a_broken_file_aside_once(cache: SQLiteCache, path: Path) -> None:
    """Threads that meet the damage together mend it together."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    path.write_bytes(b"broken" * 1_000)
    barrier = threading.Barrier(8)

    def meet(number: int) -> bytes | None:
        barrier.wait()
        cache.set(f"key {number}", b"value", expires_in=60.0)
        return cache.get(f"key {number}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(meet, range(8)))

    assert found == [b"value"] * 8
    assert len(list(path.parent.glob("cache.db.broken-*"))) == 1
    assert len(list(cache.keys())) == 8


def test_newer_schema_is_left_alone(cache: SQLiteCache, path: Path) -> None:
    """A file that a newer hubkit wrote is neither used nor changed."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    _run_sql(path, "PRAGMA user_version = 2")
    before = path.read_bytes()

    for use in (lambda: cache.get("key"), lambda: cache.set("key", b"new", expires_in=60.0), cache.stats):
        with pytest.raises(CacheUnavailableError, match="newer hubkit"):
            use()
    assert path.read_bytes() == before


def test_foreign_database_is_left_alone(cache: SQLiteCache, path: Path) -> None:
    """Another program's database is neither used nor moved, even if a table has our name."""
    _run_sql(path, "CREATE TABLE entries (key BLOB PRIMARY KEY, expires_at REAL, value BLOB)")

    with pytest.raises(CacheUnavailableError, match="another program"):
        cache.get("key")
    with pytest.raises(CacheUnavailableError, match="another program"):
        cache.set("key", b"value", expires_in=60.0)
    assert sorted(item.name for item in path.parent.iterdir()) == ["cache.db"]


@pytest.mark.parametrize(
    "statements",
    [
        [
            "DROP TABLE entries",
            ENDLESS_VIEW,
        ],
        ["CREATE TRIGGER spy AFTER INSERT ON entries BEGIN DELETE FROM entries; END"],
        ["ALTER TABLE entries ADD COLUMN extra"],
        ["CREATE TABLE another (a)"],
        ["PRAGMA user_version = 0"],
        # SQLite quotes from it in its error, which then is no text either.
        [
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = CAST(x'43524541544520ff28' AS TEXT), name = CAST(x'ff' AS TEXT)",
        ],
    ],
)
def test_altered_schema_is_put_aside(cache: SQLiteCache, path: Path, statements: list[str]) -> None:
    """A file of ours whose tables somebody altered is not used: a view could run for ever."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    _run_sql(path, *statements)

    assert cache.get("key") is None
    assert not (path.parent / "cache.db.broken-1").exists()
    cache.set("key", b"new", expires_in=60.0)
    assert cache.get("key") == b"new"
    assert (path.parent / "cache.db.broken-1").exists()


def test_broken_file_mended_by_another(cache: SQLiteCache, path: Path) -> None:
    """Who only reads changes nothing of a broken file, and reads on when another has made a new one."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    path.write_bytes(b"broken" * 1_000)

    assert [cache.get("key"), cache.get_many(["key"]), list(cache.keys())] == [None, {}, []]
    assert [item.name for item in path.parent.iterdir()] == ["cache.db"]
    SQLiteCache(path).set("key", b"new", expires_in=60.0)
    assert cache.get("key") == b"new"


def test_writer_who_knew_the_broken_file_spares_the_new_one(cache: SQLiteCache, path: Path) -> None:
    """What another has put aside and made anew isn't put aside once more by who met the damage before."""
    cache.set("key", b"value", expires_in=60.0)
    cache.close()
    path.write_bytes(b"broken" * 1_000)
    assert cache.get("key") is None
    SQLiteCache(path).set("key", b"new", expires_in=60.0)
    cache.set("another", b"value", expires_in=60.0)

    assert cache.get("key") == b"new"
    assert [item.name for item in path.parent.glob("*.broken-*")] == ["cache.db.broken-1"]


@pytest.mark.parametrize(
    ("value", "found"), [("5", None), ("1.5", None), ("'text'", b"text"), ("CAST(x'ff' AS TEXT)", b"\xff")]
)
def test_values_of_another_type(cache: SQLiteCache, path: Path, value: str, found: bytes | None) -> None:
    """Of what SQLite lets into a column of bytes, text is its bytes, and numbers count as nothing."""
    cache.set_many({"key": b"value", "another": b"sound"}, expires_in=60.0)
    cache.close()
    _run_sql(path, f"UPDATE entries SET value = {value} WHERE key = CAST('key' AS BLOB)")

    assert cache.get("key") == found
    assert cache.get_many(["key", "another"]).get("key") == found
    assert cache.get("another") == b"sound"
    cache.set("key", b"new", expires_in=60.0)
    assert cache.get("key") == b"new"


def test_file_removed_meanwhile(cache: SQLiteCache, path: Path) -> None:
    """Writes don't go into a file that has no name any more."""
    cache.set("key", b"value", expires_in=60.0)
    path.unlink()
    cache.set("key", b"new", expires_in=60.0)

    assert SQLiteCache(path).get("key") == b"new"


def test_file_made_anew_meanwhile(cache: SQLiteCache, path: Path) -> None:
    """A reader that finds nothing looks whether another file has taken the name; of the old one nothing is left."""
    cache.set("key", b"value", expires_in=60.0)
    path.unlink()

    # Not in a child: a fork closes the connections, and there would be nothing outdated left.
    SQLiteCache(path).set("fresh", b"value", expires_in=60.0)

    assert cache.get("fresh") == b"value"
    assert cache.get("key") is None


def test_locked_for_long(cache: SQLiteCache, path: Path) -> None:
    """A writer who never ends costs a bounded wait, and reading goes on."""
    cache.set("key", b"value", expires_in=60.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")

        with pytest.raises(CacheUnavailableError, match="locked"):
            cache.set("key", b"new", expires_in=60.0)
        assert cache.get("key") == b"value"
    cache.set("key", b"new", expires_in=60.0)
    assert cache.get("key") == b"new"


def test_writers_wait_together(cache: SQLiteCache, path: Path) -> None:
    """Threads that all want to write to a locked file give up at about the same time, not one after the other."""
    cache.set("key", b"value", expires_in=60.0)
    began = SYSTEM_CLOCK.monotonic()

    def write(number: int) -> str:
        with pytest.raises(CacheUnavailableError) as caught:
            cache.set(f"key {number}", b"value", expires_in=60.0)
        return str(caught.value)

    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(6) as pool:
            said = list(pool.map(write, range(6)))
    took = SYSTEM_CLOCK.monotonic() - began

    assert [text for text in said if "locked" not in text] == []
    assert took < 3.5 * BUSY_SECONDS


def test_locked_before_it_was_opened(path: Path) -> None:
    """A file that another program keeps for itself is waited for once, and then is not to be had."""
    SQLiteCache(path).set("key", b"value", expires_in=60.0)
    cache = SQLiteCache(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("DELETE FROM leases")
        began = SYSTEM_CLOCK.monotonic()

        with pytest.raises(CacheUnavailableError, match="locked"):
            cache.get("key")
        assert SYSTEM_CLOCK.monotonic() - began < 2 * BUSY_SECONDS
    assert cache.get("key") == b"value"


def test_path_that_sqlite_finds_too_long(tmp_path: Path) -> None:
    """Where SQLite can't follow, that is said, and nothing half made is left behind."""
    folder = tmp_path.joinpath(*["x" * 200] * 3)
    cache = SQLiteCache(folder / "cache.db")

    with pytest.raises(CacheUnavailableError, match="unable to open"):
        cache.set("key", b"value", expires_in=60.0)
    assert list(folder.iterdir()) == []


def test_a_file_in_place_of_the_folder(path: Path) -> None:
    """Below a file there is nothing: neither reading nor writing takes that for an empty cache or a broken one."""
    path.write_bytes(b"somebody's")
    cache = SQLiteCache(path / "cache.db")

    for use in (lambda: cache.get("key"), lambda: cache.set("key", b"value", expires_in=60.0), cache.clear):
        with pytest.raises(CacheUnavailableError, match="Not a directory"):
            use()
    assert path.read_bytes() == b"somebody's"


def test_several_values_are_stored_whole_or_not_at_all(cache: SQLiteCache) -> None:
    """When one of several values can't be stored none is, and the connection is fit for the next write."""
    cache.set_many({"first": b"old", "second": b"old"}, expires_in=60.0)
    with pytest.raises(CacheUnavailableError):
        cache.set_many({"first": b"new", "second": {}}, expires_in=60.0)  # type: ignore[dict-item]
    kept = cache.get_many(["first", "second"])
    cache.set_many({"first": b"newer", "second": b"newer"}, expires_in=60.0)

    assert kept == {"first": b"old", "second": b"old"}
    assert cache.get("second") == b"newer"


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    """Where there is no file to be had, the one error there is says so."""
    path.mkdir()
    cache = SQLiteCache(path)

    with pytest.raises(CacheUnavailableError):
        cache.get("key")
    with pytest.raises(CacheUnavailableError):
        cache.set("key", b"value", expires_in=60.0)


def _hammer(cache: SQLiteCache, number: int) -> int:
    """Mixed work; how much of it went wrong."""
    wrong = 0
    for count in range(150):
        key = f"key {count % 20}"
        if count % 3 == 0:
            cache.set(key, b"%04d" % (number * 150 + count) * 2_500, expires_in=60.0)
        value = cache.get(key)
        wrong += value is not None and value != value[:4] * 2_500
    return wrong


def test_threads_and_processes_together(cache: SQLiteCache, path: Path) -> None:
    """Eight threads in each of four processes never hear that the database is locked."""

    def work() -> int:
        mine = SQLiteCache(path)
        with ThreadPoolExecutor(8) as pool:
            wrong = sum(pool.map(lambda number: _hammer(mine, number), range(8)))
        mine.close()
        return min(wrong, 100)

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: exit_code_of(work), range(4)))

    assert codes == [0, 0, 0, 0]
    assert len(list(cache.keys())) == 20


def test_many_make_the_file_at_once(path: Path) -> None:
    """Processes that find no file make one between them, and lose no entry."""

    def work(number: int) -> int:
        SQLiteCache(path).set(f"key {number}", b"value", expires_in=60.0)
        return 0

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda number: exit_code_of(lambda: work(number)), range(8)))

    assert codes == [0] * 8
    assert len(list(SQLiteCache(path).keys())) == 8
    assert [item.name for item in path.parent.iterdir() if "tmp" in item.name] == []


def test_forks_beside_busy_threads(cache: SQLiteCache) -> None:
    """Children of a process whose threads are in the middle of their work use connections of their own."""
    cache.set("key", b"value", expires_in=60.0)
    over = threading.Event()
    errors: list[Exception] = []

    def work() -> None:
        while not over.is_set():
            try:
                cache.set("busy", b"x" * 1_000, expires_in=60.0)
                cache.get("key")
            except Exception as error:  # noqa: BLE001
                errors.append(error)

    def child(number: int) -> int:
        cache.set(f"child {number}", b"value", expires_in=60.0)
        return 0 if cache.get("key") == b"value" else 2

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = [exit_code_of(lambda number=number: child(number)) for number in range(10)]
    over.set()
    for thread in threads:
        thread.join()

    assert codes == [0] * 10
    assert errors == []
    assert len(list(cache.keys("child"))) == 10


def test_fork_beside_a_write_that_lasts(cache: SQLiteCache) -> None:
    """A write that outlasts the patience of a fork ends well in the parent, and the child writes on its own."""
    cache.set("key", b"value", expires_in=60.0)
    at_work, over = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> str:
        connection.execute("BEGIN")
        found = connection.execute("SELECT value FROM entries").fetchone()
        at_work.set()
        over.wait(60.0)
        connection.execute("COMMIT")
        return str(found)

    def child() -> int:
        cache.set("child", b"value", expires_in=60.0)
        return 0 if cache.get("key") == b"value" else 2

    with ThreadPoolExecutor(1) as pool:
        lasting = pool.submit(cache._pool.write, work, create=False)
        at_work.wait(60.0)
        code = exit_code_of(child)
        over.set()
        found = lasting.result(60.0)
    cache.set("parent", b"value", expires_in=60.0)

    assert code == 0
    assert found == "(b'value',)"
    assert sorted(cache.keys()) == ["child", "key", "parent"]


def test_threads_that_end_leave_no_connection(cache: SQLiteCache) -> None:
    """The connection of a thread ends with it, without a warning, and so do those of a forgotten cache."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            thread = threading.Thread(target=lambda: cache.set("key", b"value", expires_in=60.0))
            thread.start()
            thread.join()
        gc.collect()
        connections = [slot for slot in cache._pool._slots if slot.connection is not None]
        forgotten = SQLiteCache(cache._path)
        forgotten.get("key")
        del forgotten
        gc.collect()

    assert connections == []


def test_bound_holds(path: Path) -> None:
    """Many writes never make the file exceed the bound, and those that stay are the newest."""
    clock = FakeClock()
    cache = SQLiteCache(path, max_bytes=400_000, clock=clock)
    largest = 0
    for number in range(150):
        cache.set(f"key {number}", b"x" * 10_000, expires_in=None)
        clock.advance(seconds=1.0)
        largest = max(largest, cache.stats().size_bytes or 0)

    assert largest <= 400_000
    assert cache.stats().entries >= 20
    assert cache.get("key 149") is not None
    assert cache.get("key 0") is None
    cache.close()
    assert path.stat().st_size <= 400_000


def test_clearing_gives_room_back(cache: SQLiteCache, path: Path) -> None:
    """Pruning after a clear makes the file small again."""
    cache.set_many({f"key {number}": b"x" * 10_000 for number in range(300)}, expires_in=60.0)
    cache.clear()
    cache.prune()
    cache.close()

    assert path.stat().st_size < 100_000


def test_expired_entries_go_when_pruned(path: Path) -> None:
    """Expired entries, and leases that nobody gave back, don't stay for ever."""
    clock = FakeClock()
    cache = SQLiteCache(path, clock=clock)
    cache.set("short", b"value", expires_in=5.0)
    cache.set("long", b"value", expires_in=None)
    cache.lease("lease", 5.0)
    clock.advance(seconds=5.0)

    assert cache.prune() == 1
    assert cache.stats().entries == 1
    cache.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM leases").fetchone() == (0,)


def test_lease_taken_before_the_clock_was_set_back(path: Path) -> None:
    """A lease that seems to last for days because the clock moved back counts as ended."""
    clock = FakeClock()
    cache = SQLiteCache(path, clock=clock)
    cache.lease("key", 5.0)
    clock.set_wall(clock.now() - 2 * 86_400.0)

    assert cache.lease("key", 5.0) is not None


def test_keys_are_listed_in_batches(cache: SQLiteCache) -> None:
    """More keys than fit one batch are each told once, even while they are removed."""
    cache.set_many({f"key {number}": b"" for number in range(1_700)}, expires_in=60.0)
    listed = []
    for key in cache.keys("key"):
        cache.delete(key)
        listed.append(key)

    assert len(listed) == len(set(listed)) == 1_700
    assert cache.stats().entries == 0


def test_file_is_whole_after_all_that(cache: SQLiteCache, path: Path) -> None:
    """The database that we make passes SQLite's own check, and keeps a write-ahead log."""
    cache.set_many({f"key {number}": b"x" * number for number in range(500)}, expires_in=60.0)
    cache.clear("key 1")
    cache.prune()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
