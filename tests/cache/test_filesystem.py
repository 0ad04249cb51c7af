"""The backend of files."""

from __future__ import annotations

import contextlib
import os
import resource
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubkit.cache import FilesystemCache
from hubkit.errors import CacheUnavailableError
from hubkit.testing import BackendContract, FakeClock
from hubkit.testing._children import exit_code_of
from hubkit.testing.contract import OpenBackend

ROOT = os.geteuid() == 0
NOBODY = 65_534


class TestFilesystemCache(BackendContract):
    """The contract, on a clock that the tests move."""

    @pytest.fixture
    def open_backend(self, tmp_path: Path) -> OpenBackend:
        """A folder that isn't there yet."""
        self.clock = FakeClock()
        return lambda: FilesystemCache(tmp_path / "parent" / "cache", clock=self.clock)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(seconds=seconds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the cache of a test is."""
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> FilesystemCache:
    """A cache on the machine's clock."""
    return FilesystemCache(folder)


@pytest.fixture
def umask() -> Iterator[None]:
    """Take the protection of the umask away."""
    before = os.umask(0)
    yield
    os.umask(before)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _only_file(folder: Path) -> Path:
    (path,) = [path for path in _files(folder) if path.parent.parent.name == "entries-1"]
    return path


@pytest.mark.usefixtures("umask")
def test_nobody_else_may_read(cache: FilesystemCache, folder: Path) -> None:
    """Folders are 0700 and files 0600 even without a umask."""
    cache.set("key", b"value", expires_in=60.0)
    cache.lease("key", 60.0)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in _files(folder)}
    folder_modes = {
        stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")] if path.is_dir()
    }

    assert modes == {0o600}
    assert folder_modes == {0o700}


def test_strict_umask_locks_nobody_out(folder: Path) -> None:
    """A umask that takes everything leaves the owner his own rights."""
    before = os.umask(0o777)
    try:
        FilesystemCache(folder).set("key", b"value", expires_in=60.0)
    finally:
        os.umask(before)

    assert stat.S_IMODE(_only_file(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_constructor_touches_nothing(tmp_path: Path) -> None:
    """Neither making a cache nor reading from an absent folder makes that folder."""
    cache = FilesystemCache(tmp_path / "cache")

    assert cache.get("key") is None
    assert (list(cache.keys()), cache.clear(), cache.prune(), cache.delete("key")) == ([], 0, 0, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not ROOT, reason="only root can give a folder away")
@pytest.mark.parametrize("part", ["", "entries-1"])
def test_folder_of_another_user_is_refused(cache: FilesystemCache, folder: Path, part: str) -> None:
    """What another user owns is neither read nor written."""
    cache.set("key", b"value", expires_in=60.0)
    os.chown(folder / part, NOBODY, NOBODY)
    mistrustful = FilesystemCache(folder)

    for use in (
        lambda: mistrustful.get("key"),
        lambda: mistrustful.set("key", b"new", expires_in=60.0),
        lambda: mistrustful.lease("key", 60.0),
        mistrustful.clear,
        mistrustful.stats,
    ):
        with pytest.raises(CacheUnavailableError, match="belongs to another user"):
            use()


def test_link_under_an_entry_name_is_nothing(cache: FilesystemCache, folder: Path, tmp_path: Path) -> None:
    """A symbolic link in place of a file is not followed, and a write replaces the link, not its target."""
    cache.set("key", b"value", expires_in=60.0)
    path = _only_file(folder)
    target = tmp_path / "target"
    os.rename(path, target)
    before = target.read_bytes()
    path.symlink_to(target)

    assert cache.get("key") is None
    assert list(cache.keys()) == []
    cache.set("key", b"new", expires_in=60.0)
    assert target.read_bytes() == before
    assert cache.get("key") == b"new"


def test_pipe_and_folder_under_an_entry_name_are_nothing(cache: FilesystemCache, folder: Path) -> None:
    """Neither makes a reader wait or fail."""
    cache.set("key", b"value", expires_in=60.0)
    path = _only_file(folder)
    path.unlink()
    os.mkfifo(path)

    assert cache.get("key") is None
    path.unlink()
    path.mkdir()
    assert cache.get("key") is None
    assert list(cache.keys()) == []


def test_truncation_at_every_byte_is_a_miss(cache: FilesystemCache, folder: Path) -> None:
    """However much of a file a power cut left, it is a miss and heals at the next write."""
    cache.set("key", b"some value", expires_in=60.0)
    path = _only_file(folder)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])

        assert cache.get("key") is None
        assert list(cache.keys()) == []
    path.write_bytes(whole + b"x")
    assert cache.get("key") is None
    cache.set("key", b"healed", expires_in=60.0)
    assert cache.get("key") == b"healed"


def test_foreign_files_are_nothing(cache: FilesystemCache, folder: Path) -> None:
    """Bytes without our frame, and an entry copied to another's name, are misses; other names stay."""
    cache.set("key", b"value", expires_in=60.0)
    cache.set("other", b"value", expires_in=60.0)
    first, second = _files(folder / "entries-1")
    first.write_bytes(second.read_bytes())
    bystander = folder / "entries-1" / "README"
    bystander.write_text("not ours")

    assert len([key for key in ("key", "other") if cache.get(key)]) == 1
    assert len(list(cache.keys())) == 1
    cache.clear()
    assert _files(folder / "entries-1") == [bystander]


def test_expired_entries_are_removed(folder: Path) -> None:
    """A look at an expired entry leaves its file alone, as any look does, and pruning removes it."""
    clock = FakeClock()
    cache = FilesystemCache(folder, clock=clock)
    for key in "abc":
        cache.set(key, b"value", expires_in=10.0)
    cache.set("d", b"value", expires_in=20.0)
    clock.advance(seconds=10.0)

    assert cache.get("a") is None
    assert len(_files(folder)) == 4
    assert cache.prune() == 3
    assert len(_files(folder)) == 1


def test_nothing_is_kept_over_thirty_days(folder: Path) -> None:
    """Whatever its writer asked for, an entry ends after 30 days."""
    clock = FakeClock()
    cache = FilesystemCache(folder, clock=clock)
    cache.set("a", b"value", expires_in=None)
    cache.set("b", b"value", expires_in=float("inf"))
    cache.set("c", b"value", expires_in=float("nan"))
    clock.advance(hours=30 * 24 - 1)
    assert len(list(cache.keys())) == 3
    clock.advance(hours=1)

    assert list(cache.keys()) == []


def test_bound_holds(folder: Path) -> None:
    """Many writes never exceed the bound, and those that stay are the newest."""
    cache = FilesystemCache(folder, max_bytes=200_000)
    largest = 0
    for number in range(100):
        cache.set(f"key {number}", b"x" * 10_000, expires_in=None)
        # Files of one moment have no order: the clock of a file system is a coarse one.
        written = time.time() - 1_000 + number
        os.utime(cache._path(f"key {number}".encode()), (written, written))
        largest = max(largest, sum(path.stat().st_size for path in _files(folder)))

    assert largest <= 200_000
    assert (cache.stats().size_bytes or 0) >= 100_000
    assert cache.get("key 99") is not None
    assert cache.get("key 0") is None


def test_expired_entries_make_room_first(folder: Path) -> None:
    """What expired goes before what is old."""
    clock = FakeClock()
    cache = FilesystemCache(folder, max_bytes=100_000, clock=clock)
    cache.set("old", b"x" * 40_000, expires_in=None)
    cache.set("short", b"x" * 40_000, expires_in=5.0)
    clock.advance(seconds=5.0)
    cache.set("new", b"x" * 10_000, expires_in=None)
    cache.prune()

    assert sorted(cache.keys()) == ["new", "old"]


def test_many_short_processes_keep_the_bound(folder: Path) -> None:
    """Processes that each write little still keep the folder within its bound, more or less."""

    def write(number: int) -> int:
        cache = FilesystemCache(folder, max_bytes=400_000)
        for count in range(2):
            cache.set(f"{number} {count}", b"x" * 10_000, expires_in=None)
        return 0

    for number in range(100):
        exit_code_of(lambda number=number: write(number))

    assert (FilesystemCache(folder).stats().size_bytes or 0) <= 800_000


def test_unfinished_files_are_swept(cache: FilesystemCache, folder: Path) -> None:
    """What a killed writer left is removed after an hour, not before: its writer may be slow."""
    cache.set("key", b"value", expires_in=60.0)
    shelf = _only_file(folder).parent
    old, young = shelf / "name.old.tmp", shelf / "name.young.tmp"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 3_700, time.time() - 3_700))
    cache.prune()

    assert (old.exists(), young.exists()) == (False, True)
    assert cache.get("key") == b"value"


def test_writes_clean_up(folder: Path) -> None:
    """Files of more than 30 days, and what dead writers left, go without anybody asking for it."""
    cache = FilesystemCache(folder)
    cache.set("old", b"value", expires_in=None)
    path = _only_file(folder)
    unfinished = path.parent / "name.tmp"
    unfinished.write_bytes(b"half")
    for old in (path, unfinished):
        os.utime(old, (time.time() - 31 * 86_400, time.time() - 31 * 86_400))
    for number in range(1_001):
        cache.set(f"key {number % 3}", b"value", expires_in=60.0)

    assert not path.exists()
    assert not unfinished.exists()
    assert len(list(cache.keys())) == 3


def test_deleting_what_may_not_be_deleted() -> None:
    """A key that can't be removed is not reported as removed, nor as absent."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)

        def child() -> int:
            # Nothing is forbidden to root.
            if ROOT:
                os.chown(home, NOBODY, NOBODY)
                os.setuid(NOBODY)
            cache = FilesystemCache(home / "cache")
            cache.set("key", b"value", expires_in=60.0)
            shelf = _only_file(home).parent
            shelf.chmod(0o500)
            try:
                cache.delete("key")
            except CacheUnavailableError:
                return 0
            finally:
                shelf.chmod(0o700)
            return 2

        assert exit_code_of(child) == 0


def test_lease_files_are_swept(folder: Path) -> None:
    """Leases whose owner died leave no files for ever, and living ones stay."""
    clock = FakeClock(start=time.time())
    cache = FilesystemCache(folder, clock=clock)
    cache.lease("long", 86_400.0)
    (long,) = _files(folder)
    cache.lease("dead", 5.0)
    clock.advance(hours=2)
    cache.lease("living", 5.0)
    living = max(_files(folder), key=lambda path: path.stat().st_mtime_ns)
    os.utime(living, (clock.now(), clock.now()))
    cache.prune()

    assert sorted(_files(folder)) == sorted([living, long])
    assert [cache.lease("living", 5.0), cache.lease("long", 5.0)] == [None, None]


def test_released_lease_leaves_no_file(cache: FilesystemCache, folder: Path) -> None:
    """A lease that was given back leaves nothing behind."""
    lease = cache.lease("key", 5.0)
    assert lease is not None
    lease.release()

    assert _files(folder) == []


def test_lease_taken_before_the_clock_was_set_back(folder: Path) -> None:
    """A lease that seems to last for days because the clock moved back counts as ended."""
    clock = FakeClock()
    cache = FilesystemCache(folder, clock=clock)
    cache.lease("key", 5.0)
    clock.set_wall(clock.now() - 2 * 86_400.0)

    assert cache.lease("key", 5.0) is not None


def test_torn_lease_is_free(cache: FilesystemCache, folder: Path) -> None:
    """A lease file cut short belongs to nobody."""
    cache.lease("key", 60.0)
    (path,) = _files(folder / "leases-1")
    path.write_bytes(path.read_bytes()[:7])

    assert cache.lease("key", 60.0) is not None


def test_many_contend_for_leases(folder: Path) -> None:
    """Under a crowd of threads no two hold one lease at once."""
    holders, wrong, over = [0], [], time.monotonic() + 1.0

    def contend() -> None:
        cache = FilesystemCache(folder)
        while time.monotonic() < over:
            lease = cache.lease("key", 60.0)
            if lease is None:
                continue
            holders[0] += 1
            if holders[0] != 1:
                wrong.append(holders[0])
            holders[0] -= 1
            lease.release()

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_folder_removed_meanwhile(cache: FilesystemCache, folder: Path) -> None:
    """A folder that somebody removes is empty, and is made anew by the next write."""
    cache.set("key", b"value", expires_in=60.0)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()

    assert cache.get("key") is None
    cache.set("key", b"again", expires_in=60.0)
    assert cache.get("key") == b"again"
    assert cache.lease("key", 60.0) is not None


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """Where a file stands, nothing is found, and a write says so in the one way there is."""
    (tmp_path / "cache").write_text("a file")
    cache = FilesystemCache(tmp_path / "cache")

    assert cache.get("key") is None
    with pytest.raises(CacheUnavailableError):
        cache.set("key", b"value", expires_in=60.0)
    with pytest.raises(CacheUnavailableError):
        cache.lease("key", 60.0)


def test_unwritable_place() -> None:
    """Where nothing can be made, reading is a miss and writing the one error there is."""
    cache = FilesystemCache("/proc/nowhere/cache")

    assert cache.get("key") is None
    with pytest.raises(CacheUnavailableError):
        cache.set("key", b"value", expires_in=60.0)


def test_no_descriptors_left_is_no_damage(cache: FilesystemCache) -> None:
    """Running out of descriptors is an error of the moment: entries stay."""
    cache.set("key", b"value", expires_in=60.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        with pytest.raises(CacheUnavailableError):
            cache.get("key")
        with pytest.raises(CacheUnavailableError):
            cache.set("key", b"new", expires_in=60.0)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in held:
            os.close(descriptor)

    assert cache.get("key") == b"value"
