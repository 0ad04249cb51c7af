"""A backend that keeps nothing: ``none://``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hubkit.cache._backend import BackendStats

__all__ = ["NullCache"]


class NullLease:
    """A lease that costs nothing, since nobody could share the answer anyway."""

    def renew(self) -> bool:
        """Always held."""
        return True

    def release(self) -> None:
        """Nothing to end."""


class NullCache:
    """Every look-up a miss, every lease granted.

    >>> cache = NullCache()
    >>> cache.set("key", b"value", expires_in=None)
    >>> print(cache.get("key"))
    None
    """

    shared = False

    def __repr__(self) -> str:
        return "NullCache()"

    def get(self, key: str) -> bytes | None:
        """Nothing."""
        return None

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Nothing of anything."""
        return {}

    def set(self, key: str, value: bytes, *, expires_in: float | None) -> None:
        """Forget it."""

    def set_many(self, items: Mapping[str, bytes], *, expires_in: float | None) -> None:
        """Forget them."""

    def delete(self, key: str) -> bool:
        """There never is one."""
        return False

    def clear(self, prefix: str = "") -> int:
        """There is nothing to drop."""
        return 0

    def keys(self, prefix: str = "") -> Iterator[str]:
        """None."""
        return iter(())

    def lease(self, key: str, seconds: float) -> NullLease:
        """Granted."""
        return NullLease()

    def stats(self) -> BackendStats:
        """Empty."""
        return BackendStats(entries=0, size_bytes=0)

    def close(self) -> None:
        """Nothing to give back."""
