"""Renews leases while their owners work, from one thread for the whole process."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hubkit.cache._backend import Lease
from hubkit.errors import CacheError

__all__ = ["LEASE_SECONDS", "kept"]

log = logging.getLogger("hubkit")

LEASE_SECONDS = 5.0
"""How long a lease lasts when nobody renews it: so long others wait for an owner who died."""

_EVERY = 1.5


@contextmanager
def kept(lease: Lease) -> Iterator[None]:
    """Hold a lease: it is renewed as long as the block runs, and released at its end."""
    keeper = _Keeper.of_this_process()
    keeper.add(lease)
    try:
        yield
    finally:
        keeper.remove(lease)
        with suppress(CacheError):
            lease.release()


class _Keeper:
    _instance: _Keeper | None = None

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._leases: list[Lease] = []
        self._thread: threading.Thread | None = None

    @classmethod
    def of_this_process(cls) -> _Keeper:
        """The one keeper; a forked child has its own, since no thread came along."""
        keeper = cls._instance
        if keeper is None or keeper._pid != os.getpid():
            keeper = cls._instance = _Keeper()
        return keeper

    def add(self, lease: Lease) -> None:
        with self._changed:
            self._leases.append(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hubkit leases", daemon=True)
                self._thread.start()
            elif len(self._leases) == 1:
                self._changed.notify()

    def remove(self, lease: Lease) -> None:
        with self._changed, suppress(ValueError):
            self._leases.remove(lease)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._leases:
                    self._changed.wait()
                self._changed.wait(_EVERY)
                due = list(self._leases)
            for lease in due:
                self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        try:
            still_held = lease.renew()
        except Exception as error:  # noqa: BLE001 - a backend of somebody else's may raise anything
            # Its text may repeat an address with a password.
            log.debug("a lease could not be renewed: %s", type(error).__name__)
            return
        if not still_held:
            # Too late: another may hold it. Its owner goes on; two askers do no harm.
            self.remove(lease)
