"""What a cache backend promises: `CacheBackend`, and the `Lease` it grants.

Backends move bytes. They know nothing of models, of the Hub or of freshness; an
entry that its owner calls stale is still an entry to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import attrs

__all__ = ["BackendStats", "CacheBackend", "Lease", "flaw_of", "is_shared"]


@attrs.frozen(kw_only=True)
class BackendStats:
    """How full a backend is."""

    entries: int
    """Entries held, expired ones that are still there included."""
    size_bytes: int | None
    """Bytes they take up in the store; None when the store can't tell."""


class Lease(Protocol):
    """The right to do one piece of work, held by one owner in the whole fleet."""

    def renew(self) -> bool:
        """Start the lease's seconds anew.

        - False: the lease had run out, and may be another's by now.
        - Never takes back what another holds.
        """
        ...

    def release(self) -> None:
        """End the lease now.

        - Another's lease on the same key is left alone.
        - Releasing twice, or after it ran out, does nothing.
        """
        ...


@runtime_checkable
class CacheBackend(Protocol):
    """A store of bytes under text keys, shared by threads and, mostly, processes.

    For every method:

    - any text is a key: empty, ``../x``, 4 KiB, glob characters, not ASCII;
    - any thread may call it at any time; a forked child may go on using it;
    - `CacheUnavailableError` is the only error it raises; the caller then does without;
    - a process killed half-way leaves the old value or the new one, never a mixture.

    Its ``repr`` stands for it in logs and statistics, without passwords. What a store may have beside the methods:

    - ``shared``: False when no other user can read it. Without that, private answers stay out of it.
    - ``prune() -> int``: drops what has expired, and says how many entries went, where the store doesn't do
      so by itself; `ModelCache.prune` calls it.
    """

    def get(self, key: str, /) -> bytes | None:
        """The bytes under a key.

        - A missing or expired key is None.
        - Nothing that others see is removed or mended for a look: that is for writers.
        - Bytes that nobody here wrote come back as they are: it is the entry codec that refuses them.
        """
        ...

    def get_many(self, keys: Iterable[str], /) -> dict[str, bytes]:
        """What there is of several keys, in one round trip.

        - Missing keys are missing from the answer.
        - The keys are not read as of one moment: each is as whole as `get` gives it.
        """
        ...

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        """Store bytes, over what was there.

        - ``expires_in``: seconds after which the store may drop them; None leaves it to the store's bounds.
        - Readers see the old value or the new one.
        - Nothing is synced to disk: after a power cut the value may be gone or torn, which its checksum tells.
        """
        ...

    def set_many(self, items: Mapping[str, bytes], /, *, expires_in: float | None) -> None:
        """Store several values, in one round trip where the store can.

        - Each is stored whole; all together are not one transaction.
        - The first failure may leave the others unwritten.
        """
        ...

    def delete(self, key: str, /) -> bool:
        """Drop a key; whether there was one.

        - Deleting what is not there is no error.
        - Of two callers that delete the same key at once, one hears True.
        """
        ...

    def clear(self, prefix: str = "", /) -> int:
        """Drop every key that starts with ``prefix``; how many.

        - Other prefixes and other users' data in the same store are left alone.
        - Keys written meanwhile may or may not go.
        """
        ...

    def keys(self, prefix: str = "", /) -> Iterator[str]:
        """Every key that starts with ``prefix``, in no order.

        - Keys written or dropped meanwhile may or may not be there.
        - Expired keys are left out.
        """
        ...

    def lease(self, key: str, seconds: float, /) -> Lease | None:
        """Try to take a lease; never blocks.

        - None: somebody holds it.
        - It ends by itself after ``seconds``, whatever became of its owner.
        - Leases and entries have separate keys; `clear` and `keys` don't know leases.
        """
        ...

    def stats(self) -> BackendStats:
        """How many entries there are, and their bytes."""
        ...

    def close(self) -> None:
        """Give back connections and files.

        - Closing twice does nothing.
        - What was stored stays; a closed backend may be used again, and opens anew.
        """
        ...


def is_shared(backend: CacheBackend) -> bool:
    """Whether other users may read a store: so it is taken, unless it says that they can't."""
    return bool(getattr(backend, "shared", True))


def flaw_of(candidate: object) -> str | None:
    """What keeps an object from being a `CacheBackend`, in words; None when nothing does.

    >>> flaw_of({"key": b"value"})
    "a 'dict' has no close, no delete, no get_many, no lease, no set, no set_many, no stats"
    """
    if isinstance(candidate, type):
        # It has all that its objects have.
        return f"{candidate.__name__} is a class, and an object of it is needed"
    promised = [name for name in vars(CacheBackend) if not name.startswith("_")]
    missing = sorted(name for name in promised if not hasattr(candidate, name))
    if not missing:
        return None
    return f"a {type(candidate).__name__!r} has {', '.join(f'no {name}' for name in missing)}"
