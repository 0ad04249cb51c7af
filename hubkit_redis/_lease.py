"""Leases as keys that end by themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from hubkit_redis._connect import Client
from hubkit_redis._faults import GarbledError
from hubkit_redis._route import Command, Route

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
        return self._if_ours("PEXPIRE", self._name, milliseconds(self._seconds))

    def release(self) -> None:
        """End the lease now."""
        self._if_ours("DEL", self._name)

    def _if_ours(self, *command: Any) -> bool:
        with self._guard():
            return self._route.run(self._name, lambda client: self._transact(client, command))

    def _transact(self, client: Client, command: Command) -> bool:
        # The driver's own transactions wait for the answer to an UNWATCH, twice, after they
        # have waited for another in vain.
        pool = client.connection_pool
        connection = pool.get_connection()
        try:
            return self._transact_on(connection, command)
        except BaseException:
            # What it still watches, or would still answer, is nobody's.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)

    def _transact_on(self, connection: Any, command: Command) -> bool:
        # WATCH makes EXEC do nothing when the lease changed hands after the look at
        # it. A script would be shorter, but servers may forbid scripts.
        _, owner = _exchange(connection, ("WATCH", self._name), ("GET", self._name))
        if owner != self._owner:
            _exchange(connection, ("UNWATCH",))
            return False
        _, _, results = _exchange(connection, ("MULTI",), command, ("EXEC",))
        if results is None:
            # It changed hands meanwhile.
            return False
        if not isinstance(results, list) or not results:
            raise GarbledError
        # Each command says how many keys it was about.
        return bool(results[0] == 1)


def _exchange(connection: Any, *commands: Command) -> list[Any]:
    """The answers to several commands, in one round trip; raises the first that is an error."""
    connection.send_packed_command(connection.pack_commands(commands))
    return [connection.read_response() for _ in commands]
