"""The contract catches what it is there to catch: one broken backend for each of its clauses."""

# The names of the broken classes say it all.
# ruff: noqa: D102, D106

from __future__ import annotations

import copy
import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import MemoryCache
from hubkit.cache._backend import BackendStats, Lease
from hubkit.testing import BackendContract, FakeClock

CLOCK = FakeClock()


class Contract(BackendContract):
    """The contract on the clock of the broken backends."""

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        CLOCK.advance(seconds=seconds)


class ManySequences(Contract):
    """As many as it takes."""

    sequences = 1_000


class Sound(MemoryCache):
    """A backend to break: every method goes through `get` and `set`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(clock=CLOCK)
        self.folder = folder

    def get_many(self, keys: Iterable[str], /) -> dict[str, bytes]:
        found = ((key, self.get(key)) for key in keys)
        return {key: value for key, value in found if value is not None}

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        super().set_many({key: value}, expires_in=expires_in)

    def set_many(self, items: Mapping[str, bytes], /, *, expires_in: float | None) -> None:
        for key, value in items.items():
            self.set(key, value, expires_in=expires_in)


class InventsValues(Sound):
    def get(self, key: str, /) -> bytes | None:
        return super().get(key) or b""


class LosesZeros(Sound):
    def get(self, key: str, /) -> bytes | None:
        value = super().get(key)
        return None if value is None else value.replace(b"\0", b"")


class RefusesForeignBytes(Sound):
    def get(self, key: str, /) -> bytes | None:
        value = super().get(key)
        return None if value is not None and value.startswith(b"HKE1") else value


class TakesEmptyForMissing(Sound):
    def get(self, key: str, /) -> bytes | None:
        return super().get(key) or None


class CutsLargeValues(Sound):
    def get(self, key: str, /) -> bytes | None:
        value = super().get(key)
        return None if value is None else value[:65_536]


class IgnoresCase(Sound):
    def get(self, key: str, /) -> bytes | None:
        return super().get(key.lower())

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        super().set(key.lower(), value, expires_in=expires_in)


class NeverOverwrites(Sound):
    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        if self.get(key) is None:
            super().set(key, value, expires_in=expires_in)


class ReadsTheFirstThousand(Sound):
    def get_many(self, keys: Iterable[str], /) -> dict[str, bytes]:
        return super().get_many(list(keys)[:1_000])


class StoresTheLastOfMany(Sound):
    def set_many(self, items: Mapping[str, bytes], /, *, expires_in: float | None) -> None:
        super().set_many(dict(list(items.items())[-1:]), expires_in=expires_in)


class AlwaysDeletes(Sound):
    def delete(self, key: str, /) -> bool:
        super().delete(key)
        return True


class GlobsPrefixes(Sound):
    def keys(self, prefix: str = "", /) -> Iterator[str]:
        return iter([key for key in super().keys("") if fnmatch.fnmatchcase(key, prefix + "*")])


class ClearsEverything(Sound):
    def clear(self, prefix: str = "", /) -> int:
        return super().clear()


class DropsStaleEntries(Sound):
    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        super().set(key, value, expires_in=min(expires_in or 0.01, 0.01))


class KeepsExpiredEntries(Sound):
    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        super().set(key, value, expires_in=None)


class KeepsTheFirstEnd(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ends: dict[str, float] = {}

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        end = self.ends.setdefault(key, CLOCK.now() + (expires_in or 1e6))
        super().set(key, value, expires_in=end - CLOCK.now())


class KnowsItselfAlone(Sound):
    """Opened anew for each instance, see below."""


class MixesThreads(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.halves: dict[tuple[str, int], bytes] = {}

    def get(self, key: str, /) -> bytes | None:
        first = self.halves.get((key, 0), b"")
        SYSTEM_CLOCK.sleep(0.0)
        return first + self.halves.get((key, 1), b"") or None

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        self.halves[key, 0] = value[: len(value) // 2]
        SYSTEM_CLOCK.sleep(0.0)
        self.halves[key, 1] = value[len(value) // 2 :]


class GrantsEveryLease(Sound):
    def lease(self, key: str, seconds: float, /) -> Any:
        super().lease(key, seconds)
        return MemoryCache(clock=CLOCK).lease(key, seconds)


class WrappedLease:
    def __init__(self, lease: Lease) -> None:
        self.lease = lease

    def renew(self) -> bool:
        return self.lease.renew()

    def release(self) -> None:
        self.lease.release()


class ReleasesForOthers(Sound):
    class Broken(WrappedLease):
        cache: ReleasesForOthers

        def release(self) -> None:
            self.cache._leases.clear()

    def lease(self, key: str, seconds: float, /) -> Any:
        lease = super().lease(key, seconds)
        if lease is None:
            return None
        broken = self.Broken(lease)
        broken.cache = self
        return broken


class RenewsInWordsOnly(Sound):
    class Broken(WrappedLease):
        def renew(self) -> bool:
            return True

    def lease(self, key: str, seconds: float, /) -> Any:
        lease = super().lease(key, seconds)
        return lease and self.Broken(lease)


class NeverEndsLeases(Sound):
    def lease(self, key: str, seconds: float, /) -> Any:
        return super().lease(key, 1e9)


class ClearsLeases(Sound):
    def clear(self, prefix: str = "", /) -> int:
        self._leases.clear()
        return super().clear(prefix)


class WritesInPlace(Sound):
    def get(self, key: str, /) -> bytes | None:
        path = self.folder / key
        return path.read_bytes() if path.exists() else None

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        half = len(value) // 2
        with open(self.folder / key, "wb", buffering=0) as file:
            file.write(value[:half])
            SYSTEM_CLOCK.sleep(0.01)
            file.write(value[half:])


class DiesInChildren(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.pid = os.getpid()

    def get(self, key: str, /) -> bytes | None:
        return super().get(key) if os.getpid() == self.pid else b"another's answer"


class ForgetsWhenClosed(Sound):
    def close(self) -> None:
        self.clear()


class ClosesOnlyWhatWasOpened(Sound):
    def close(self) -> None:
        assert self._entries, "never opened"


class CountsNothing(Sound):
    def stats(self) -> BackendStats:
        return BackendStats(entries=0, size_bytes=0)


class HidesThatItIsShared(Sound):
    shared = None  # type: ignore[assignment]


class DeletesWhatStartsAlike(Sound):
    def delete(self, key: str, /) -> bool:
        there = self.get(key) is not None
        super().clear(key)
        return there


class ForgetsPrefixesOnceOpenedAgain(Sound):
    found_some = False

    def __copy__(self) -> ForgetsPrefixesOnceOpenedAgain:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, found_some=bool(self._entries))
        return other

    def clear(self, prefix: str = "", /) -> int:
        return super().clear("" if self.found_some else prefix)


class DeletesTheEndOnly(Sound):
    """What was deleted after it expired can be read again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written: dict[str, bytes] = {}

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        super().set(key, value, expires_in=expires_in)
        self.written[key] = value

    def delete(self, key: str, /) -> bool:
        there = super().delete(key)
        value = self.written.pop(key, None)
        if value is not None and not there:
            super().set(key, value, expires_in=None)
        return there


class DeletesTheLastValueOnly(Sound):
    """What was overwritten before comes back."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.older: dict[str, bytes] = {}

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        before = self.get(key)
        super().set(key, value, expires_in=expires_in)
        if before is not None:
            self.older[key] = before

    def delete(self, key: str, /) -> bool:
        there = super().delete(key)
        if key in self.older:
            super().set(key, self.older.pop(key), expires_in=None)
        return there


class KeepsRenewedLeases(Sound):
    """A lease that was renewed once can't be given back."""

    class Broken(WrappedLease):
        renewed = False

        def renew(self) -> bool:
            self.renewed = True
            return self.lease.renew()

        def release(self) -> None:
            if not self.renewed:
                self.lease.release()

    def lease(self, key: str, seconds: float, /) -> Any:
        lease = super().lease(key, seconds)
        return lease and self.Broken(lease)


BROKEN: dict[str, type[Sound]] = {
    "test_any_sequence_of_uses": DeletesWhatStartsAlike,
    "test_any_text_is_a_key": IgnoresCase,
    "test_clear_leaves_other_prefixes": ClearsEverything,
    "test_close_before_use": ClosesOnlyWhatWasOpened,
    "test_delete_says_whether": AlwaysDeletes,
    "test_eight_threads": MixesThreads,
    "test_empty_value": TakesEmptyForMissing,
    "test_entry_lasts_until_it_ends": DropsStaleEntries,
    "test_expired_entry_is_gone": KeepsExpiredEntries,
    "test_foreign_bytes_come_back_unchanged": RefusesForeignBytes,
    "test_fork_after_use": DiesInChildren,
    "test_get_many": ReadsTheFirstThousand,
    "test_keys_by_prefix": GlobsPrefixes,
    "test_killed_write_leaves_a_whole_value": WritesInPlace,
    "test_large_value": CutsLargeValues,
    "test_lease_and_entry_are_apart": ClearsLeases,
    "test_lease_ends_by_itself": NeverEndsLeases,
    "test_lease_is_exclusive": GrantsEveryLease,
    "test_lease_is_released": ReleasesForOthers,
    "test_lease_is_renewed": RenewsInWordsOnly,
    "test_missing_key_is_none": InventsValues,
    "test_overwrite": NeverOverwrites,
    "test_overwriting_begins_a_new_time": KeepsTheFirstEnd,
    "test_second_instance_sees_it": KnowsItselfAlone,
    "test_set_many": StoresTheLastOfMany,
    "test_set_then_get": LosesZeros,
    "test_shared_is_told": HidesThatItIsShared,
    "test_stats_count": CountsNothing,
    "test_use_after_close": ForgetsWhenClosed,
}


@pytest.fixture(autouse=True)
def _without_shrinking() -> Iterator[None]:
    """Finding a fault will do here; making it short takes ten times as long."""
    before = settings()
    settings.register_profile("found", phases=[Phase.generate])
    settings.load_profile("found")
    yield
    settings.register_profile("before", before)
    settings.load_profile("before")


# Broken in ways that show after certain uses only.
SUBTLE = [DeletesTheEndOnly, DeletesTheLastValueOnly, ForgetsPrefixesOnceOpenedAgain, KeepsRenewedLeases]


def _clause(name: str) -> Callable[[Callable[[], Sound]], None]:
    clause: Callable[[Callable[[], Sound]], None] = getattr(Contract(), name)
    return clause


def test_every_clause_has_its_broken_backend() -> None:
    """A clause without one might be a clause that nothing can break."""
    clauses = {name for name in dir(BackendContract) if name.startswith("test_")}

    assert set(BROKEN) == clauses
    assert len(set(BROKEN.values())) == len(BROKEN)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_backend_is_caught(name: str, tmp_path: Path) -> None:
    """The clause fails on the backend that breaks it."""
    broken = BROKEN[name]
    one = broken(tmp_path)
    open_backend = (lambda: broken(tmp_path)) if broken is KnowsItselfAlone else (lambda: one)

    with pytest.raises(AssertionError):
        _clause(name)(open_backend)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_sound_backend_passes(name: str, tmp_path: Path) -> None:
    """What the broken ones are made from keeps every clause, so each breaks through its fault alone."""
    sound = Sound(tmp_path)

    _clause(name)(lambda: sound)


@pytest.mark.parametrize("broken", SUBTLE)
def test_only_a_sequence_shows_it(broken: type[Sound], tmp_path: Path) -> None:
    """What shows after certain uses only is found by trying sequences, and by no other clause."""
    for name in sorted(set(BROKEN) - {"test_any_sequence_of_uses"}):
        one = broken(tmp_path)
        _clause(name)(lambda one=one: one)
    one = broken(tmp_path)

    with pytest.raises(AssertionError):
        ManySequences().test_any_sequence_of_uses(lambda: copy.copy(one))
