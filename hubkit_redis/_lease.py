"""Leases as keys that end by themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from hubkit_redis._connect import Client
from hubkit_redis._route import Route

__all__ = ["RedisLease", "milliseconds"]


def milliseconds(seconds: float) -> int:
    """A time as Redis takes it: at least one millisecond, since it refuses none."""
    return max(1, int(seconds * 1_000))


class RedisLease:
    """A lease on a key of a server.

    Args:
        route: The way to it.
        name: The lease's own key on the server.
        owner: The value that says whose it is.
        seconds: How long it was taken for.
        guard: Translates what the driver raises.
    """

    def __init__(
        self,
        route: Route,
        name: bytes,
        owner: bytes,
        seconds: float,
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._route = route
        self._name = name
        self._owner = owner
        self._seconds = seconds
        self._guard = guard

    def renew(self) -> bool:
        """Start the seconds anew; False when the lease had run out."""
        return self._if_ours(lambda pipeline: pipeline.pexpire(self._name, milliseconds(self._seconds)))

    def release(self) -> None:
        """End the lease now."""
        self._if_ours(lambda pipeline: pipeline.delete(self._name))

    def _if_ours(self, queue: Callable[[Any], object]) -> bool:
        with self._guard():
            return self._route.run(self._name, lambda client: self._transact(client, queue))

    def _transact(self, client: Client, queue: Callable[[Any], object]) -> bool:
        # WATCH makes EXEC do nothing when the lease changed hands after the look at
        # it. A script would be shorter, but servers may forbid scripts.
        from redis import WatchError

        with client.pipeline() as pipeline:
            pipeline.watch(self._name)
            if pipeline.get(self._name) != self._owner:
                return False
            pipeline.multi()
            queue(pipeline)
            try:
                return bool(pipeline.execute()[0])
            except WatchError:
                return False
