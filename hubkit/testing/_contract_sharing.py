"""The contract's clauses about several users of one store: instances, threads, processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hubkit.cache._backend import CacheBackend
from hubkit.testing._children import exit_code_of, kill_at_work
from hubkit.testing._contract_base import Clauses, OpenBackend

__all__ = ["SharingClauses"]

_THREADS = 8
_ROUNDS = 40
_KILLS = 8
_SIZE = 200_000


class SharingClauses(Clauses):
    """Whoever else is at work, a value is whole."""

    def test_second_instance_sees_it(self, open_backend: OpenBackend) -> None:
        """What one instance stores or removes, another sees at once."""
        first, second = open_backend(), open_backend()
        first.set("key", b"value", expires_in=60.0)

        assert second.get("key") == b"value"
        assert second.delete("key") is True
        assert first.get("key") is None

    def test_eight_threads(self, open_backend: OpenBackend) -> None:
        """Threads that overwrite each other's values read whole ones only."""
        backend = open_backend()

        with ThreadPoolExecutor(_THREADS) as pool:
            wrong = list(pool.map(lambda number: _mixed_work(backend, number), range(_THREADS)))

        assert wrong == [[]] * _THREADS

    def test_killed_write_leaves_a_whole_value(self, open_backend: OpenBackend) -> None:
        """A process killed while it writes leaves the old value or a new one, and a store that works."""
        backend = open_backend()
        backend.set("key", _describing(0), expires_in=60.0)
        for number in range(_KILLS):
            # At ever other moments of a write, as far as luck allows.
            kill_at_work(lambda begin: _write_for_ever(open_backend(), begin), after=0.0013 * number)
            found = open_backend().get("key")

            assert found is not None
            assert _is_whole(found)
        backend.set("key", b"afterwards", expires_in=60.0)
        assert open_backend().get("key") == b"afterwards"

    def test_fork_after_use(self, open_backend: OpenBackend) -> None:
        """A child goes on with its parent's backend, and the parent with its own."""
        backend = open_backend()
        backend.set("key", b"value", expires_in=60.0)
        lease = backend.lease("lease", 60.0)

        assert exit_code_of(lambda: _use_in_child(backend)) == 0
        assert backend.get("key") == b"value"
        backend.set("key", b"later", expires_in=60.0)
        assert backend.get("key") == b"later"
        assert lease is not None
        assert lease.renew() is True

    def test_use_after_close(self, open_backend: OpenBackend) -> None:
        """Closing twice does nothing; a closed backend opens anew, with what was stored."""
        backend = open_backend()
        backend.set("key", b"value", expires_in=60.0)
        backend.close()
        backend.close()

        assert backend.get("key") == b"value"
        backend.close()
        backend.set("key", b"later", expires_in=60.0)
        assert backend.get("key") == b"later"
        backend.close()

    def test_close_before_use(self, open_backend: OpenBackend) -> None:
        """A backend that was never used can be closed."""
        open_backend().close()

        assert open_backend().get("key") is None

    def test_stats_count(self, open_backend: OpenBackend) -> None:
        """Statistics count entries, and bytes where the store knows them."""
        backend = open_backend()
        before = backend.stats()
        backend.set_many({"a": b"x" * 50_000, "b": b"x" * 50_000}, expires_in=60.0)
        backend.lease("lease", 60.0)
        after = backend.stats()

        assert before.entries == 0
        assert after.entries == 2
        if before.size_bytes is not None and after.size_bytes is not None:
            assert after.size_bytes - before.size_bytes >= 100_000
        backend.clear()
        assert backend.stats().entries == 0

    def test_shared_is_told(self, open_backend: OpenBackend) -> None:
        """A backend that says whether other users may read it says so with True or False."""
        assert getattr(open_backend(), "shared", True) in (True, False)


def _describing(number: int) -> bytes:
    """A value that tells whether it is whole: one number, over and over."""
    return b"%08d" % number * (_SIZE // 8)


def _is_whole(value: bytes) -> bool:
    return value == value[:8] * (_SIZE // 8)


def _mixed_work(backend: CacheBackend, number: int) -> list[bytes]:
    """Write and read shared keys; the start of each value that was no whole one."""
    wrong = []
    for count in range(_ROUNDS):
        key = f"key {count % 3}"
        backend.set(key, _describing(100 * number + count), expires_in=60.0)
        for found in (backend.get(key), *backend.get_many(["key 0", "key 1", "key 2"]).values()):
            if found is None or not _is_whole(found):
                wrong.append((found or b"")[:24])
    return wrong


def _write_for_ever(backend: CacheBackend, begin: Callable[[], None]) -> int:
    begin()
    number = 0
    while True:
        number += 1
        backend.set("key", _describing(number), expires_in=60.0)


def _use_in_child(backend: CacheBackend) -> int:
    """Use an inherited backend in every way; 0 when all went well."""
    # Its store may be in memory, and then the child has a copy of its own.
    if backend.get("key") != b"value" or backend.lease("lease", 60.0) is not None:
        return 2
    backend.set("child", b"child", expires_in=60.0)
    if backend.get_many(["key", "child"]) != {"key": b"value", "child": b"child"}:
        return 3
    backend.close()
    return 0 if backend.get("child") == b"child" else 4
