"""A backend beside a model of it: Hypothesis uses both, and they have to agree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hubkit.cache._backend import CacheBackend, Lease
from hubkit.testing._contract_base import OpenBackend

__all__ = ["BackendMachine"]

_LONG: Final = 3_600.0
_WAITS: Final = 3

# Few, and alike, so that uses meet each other.
_TEXTS: Final = ("", "a", "a|*", "\N{BOOKS}")
_LEASE_KEYS: Final = st.sampled_from(["", "a"])
_KEYS: Final = st.sampled_from(_TEXTS)
_PREFIXES: Final = st.sampled_from(["", "a", "a|", "*"])
_VALUES: Final = st.binary(max_size=4)

# Of two instances of one store either may be used at any time.
_WHICH: Final = st.integers(0, 1)
_IS_SHORT: Final = st.booleans()


@attrs.define
class _Kept:
    """An entry as it should be."""

    value: bytes
    is_short: bool
    """Whether it may have ended: on a real clock nobody knows when exactly."""


@attrs.define
class _Held:
    """A lease as it should be."""

    lease: Lease
    is_short: bool


class BackendMachine(RuleBasedStateMachine):
    """Every use of a backend as a step.

    No step depends on what an earlier one met, so that real time may pass: Hypothesis
    has to find the same steps again. For the same reason each sequence has keys of its
    own, whatever a broken store keeps of the one before.

    Args:
        open_backend: Opens the store; it is emptied after each sequence.
        pass_time: Lets time pass for it.
        instant: Seconds for which short entries and leases last.
    """

    def __init__(self, open_backend: OpenBackend, pass_time: Callable[[float], None], instant: float) -> None:
        super().__init__()
        self._open = open_backend
        self._pass_time = pass_time
        self._instant = instant
        self._backends: list[CacheBackend] = [open_backend(), open_backend()]
        self._kept: dict[str, _Kept] = {}
        self._ended: set[str] = set()
        """Keys that are nowhere to be seen, and may still take up room."""
        self._held: dict[str, _Held] = {}
        self._lost: list[Lease] = []
        self._waits = 0
        self._own = os.urandom(4).hex()

    @rule(which=_WHICH, key=_KEYS, value=_VALUES, is_short=_IS_SHORT)
    def set_one(self, which: int, key: str, value: bytes, is_short: bool) -> None:
        """Store one value."""
        key = self._own + key
        self._backends[which].set(key, value, expires_in=self._seconds(is_short))
        self._kept[key] = _Kept(value, is_short)

    @rule(which=_WHICH, items=st.dictionaries(_KEYS, _VALUES, max_size=4), is_short=_IS_SHORT)
    def set_many(self, which: int, items: dict[str, bytes], is_short: bool) -> None:
        """Store several."""
        items = {self._own + key: value for key, value in items.items()}
        self._backends[which].set_many(items, expires_in=self._seconds(is_short))
        self._kept.update({key: _Kept(value, is_short) for key, value in items.items()})

    @rule(which=_WHICH, key=_KEYS)
    def delete(self, which: int, key: str) -> None:
        """Drop one."""
        key = self._own + key
        told = self._backends[which].delete(key)
        kept = self._kept.pop(key, None)

        assert told in ({False} if kept is None else {True, not kept.is_short})
        self._ended.add(key)

    @rule(which=_WHICH, prefix=_PREFIXES)
    def clear(self, which: int, prefix: str) -> None:
        """Drop all that start alike."""
        prefix = self._own + prefix
        count = self._backends[which].clear(prefix)
        certain, possible = self._matching(prefix)
        for key in possible:
            self._kept.pop(key, None)

        assert len(certain) <= count <= len(possible | self._starting(self._ended, prefix))
        self._ended -= self._starting(self._ended, prefix)

    @rule(which=_WHICH)
    def reopen(self, which: int) -> None:
        """Close one of the instances, and open another."""
        self._backends[which].close()
        self._backends[which] = self._open()

    @rule()
    def wait(self) -> None:
        """Let everything short end; not often, since for some stores the time is real."""
        ends = [
            *(kept.is_short for kept in self._kept.values()),
            *(held.is_short for held in self._held.values()),
        ]
        if self._waits == _WAITS or not any(ends):
            return
        self._waits += 1
        self._pass_time(2 * self._instant)
        for key in [key for key, kept in self._kept.items() if kept.is_short]:
            del self._kept[key]
            self._ended.add(key)
        for key in [key for key, held in self._held.items() if held.is_short]:
            self._lost.append(self._held.pop(key).lease)

    @rule(which=_WHICH, prefix=_PREFIXES)
    def list_keys(self, which: int, prefix: str) -> None:
        """List all that start alike."""
        prefix = self._own + prefix
        found = list(self._backends[which].keys(prefix))
        certain, possible = self._matching(prefix)

        assert len(found) == len(set(found))
        assert certain <= set(found) <= possible

    @rule(which=_WHICH, key=_LEASE_KEYS, is_short=_IS_SHORT)
    def take(self, which: int, key: str, is_short: bool) -> None:
        """Try to take a lease."""
        lease = self._backends[which].lease(self._own + key, self._seconds(is_short))
        holder = self._held.get(key)

        assert holder is None or holder.is_short or lease is None
        assert holder is not None or lease is not None
        if lease is not None:
            if holder is not None:
                self._lost.append(holder.lease)
            self._held[key] = _Held(lease, is_short)

    @rule(key=_LEASE_KEYS)
    def release(self, key: str) -> None:
        """Give a lease back; it is then nobody's."""
        held = self._held.pop(key, None)
        if held is not None:
            held.lease.release()
            self._lost.append(held.lease)

    @rule()
    def renew_all(self) -> None:
        """Who has lost a lease can't renew it, nor end it for its next holder, who can."""
        for lease in self._lost:
            assert not lease.renew()
            lease.release()
        for held in self._held.values():
            assert held.lease.renew() or held.is_short

    @invariant()
    def read_all(self) -> None:
        """Read everything through both instances."""
        for backend in self._backends:
            found = backend.get_many([self._own + key for key in _TEXTS])
            wrong = [key for key in _TEXTS if found.get(self._own + key) not in self._possible(key)]

            assert wrong == []

    @rule(which=_WHICH, key=_KEYS)
    def read_one(self, which: int, key: str) -> None:
        """Read one alone."""
        assert self._backends[which].get(self._own + key) in self._possible(key)

    def teardown(self) -> None:
        """Leave an empty store to the next sequence."""
        for held in self._held.values():
            held.lease.release()
        for backend in self._backends:
            backend.clear()
            backend.close()

    def _seconds(self, is_short: bool) -> float:
        return self._instant if is_short else _LONG

    def _possible(self, text: str) -> tuple[bytes | None, ...]:
        kept = self._kept.get(self._own + text)
        if kept is None:
            return (None,)
        return (kept.value, None) if kept.is_short else (kept.value,)

    def _matching(self, prefix: str) -> tuple[set[str], set[str]]:
        """The keys with a prefix that are there, and those that may be."""
        possible = self._starting(self._kept, prefix)
        return {key for key in possible if not self._kept[key].is_short}, possible

    @staticmethod
    def _starting(keys: Iterable[str], prefix: str) -> set[str]:
        return {key for key in keys if key.startswith(prefix)}
