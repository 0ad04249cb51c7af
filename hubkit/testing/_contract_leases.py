"""The contract's clauses about leases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hubkit.cache._backend import CacheBackend, Lease
from hubkit.testing._contract_base import Clauses, OpenBackend

__all__ = ["LeaseClauses"]

_THREADS = 8
_PATIENCE = 100


class LeaseClauses(Clauses):
    """A lease has one owner at a time, and an end."""

    def test_lease_is_exclusive(self, open_backend: OpenBackend) -> None:
        """Of those who ask for a lease at once, one gets it; other keys are not concerned."""
        backends = [open_backend() for _ in range(_THREADS)]

        with ThreadPoolExecutor(_THREADS) as pool:
            leases = list(pool.map(lambda backend: backend.lease("key", 60.0), backends))

        assert len([lease for lease in leases if lease is not None]) == 1
        assert backends[0].lease("another", 60.0) is not None
        assert list(backends[0].keys()) == []

    def test_lease_is_released(self, open_backend: OpenBackend) -> None:
        """A released lease is free; releasing again changes nothing for its next owner."""
        backend = open_backend()
        first = backend.lease("key", 60.0)
        assert first is not None
        first.release()
        second = backend.lease("key", 60.0)
        first.release()

        assert second is not None
        assert first.renew() is False
        assert backend.lease("key", 60.0) is None

    def test_lease_is_renewed(self, open_backend: OpenBackend) -> None:
        """A renewed lease lasts longer than it was taken for."""
        backend = open_backend()
        lease = backend.lease("key", 10 * self.instant)
        assert lease is not None
        for _ in range(3):
            self.pass_time(5 * self.instant)

            assert lease.renew() is True
        assert backend.lease("key", 60.0) is None

    def test_lease_ends_by_itself(self, open_backend: OpenBackend) -> None:
        """A lease whose owner does nothing ends, and then belongs to the next alone."""
        backend = open_backend()
        lost = backend.lease("key", self.instant)
        assert lost is not None
        found = next((lease for lease in self._ask_for_lease(backend)), None)

        assert found is not None
        assert lost.renew() is False
        lost.release()
        assert found.renew() is True

    def test_lease_and_entry_are_apart(self, open_backend: OpenBackend) -> None:
        """A lease and an entry of one key don't know each other."""
        backend = open_backend()
        backend.set("key", b"value", expires_in=60.0)
        lease = backend.lease("key", 60.0)
        backend.clear()

        assert lease is not None
        assert backend.lease("key", 60.0) is None

    def _ask_for_lease(self, backend: CacheBackend) -> Iterator[Lease]:
        """Ask until there is one, with patience for a store whose clock is its own."""
        for _ in range(_PATIENCE):
            self.pass_time(self.instant)
            lease = backend.lease("key", 60.0)
            if lease is not None:
                yield lease
