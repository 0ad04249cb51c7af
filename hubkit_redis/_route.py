"""Commands on their way to the right server, and once more when it turns out to be another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import Any, Final, TypeAlias, TypeVar

from hubkit_redis._connect import Client, Clients, import_driver
from hubkit_redis._faults import Faults, GarbledError, RouteError
from hubkit_redis._guides import Guide, Step

__all__ = ["Command", "Route"]

Command: TypeAlias = tuple[Any, ...]
"""The words of a command. The second is the key that it is about."""

R = TypeVar("R")

_STEPS: Final = 4
"""Servers that are tried for one key, since they may send callers to each other for ever."""

_CIRCLES: Final = "its servers send callers to each other without end"


class Route:
    """Sends commands to the servers of one store.

    Nothing is sent to the same server twice. Another one is tried where the first says
    so, or where it is gone and has a successor, and no time was lost by waiting for it.

    Args:
        guide: Knows who has which key.
        clients: The servers.
        faults: The driver's errors.
        patience: Seconds that may be lost before a command is sent.
        monotonic: A clock.
    """

    def __init__(
        self,
        guide: Guide,
        clients: Clients,
        faults: Faults,
        *,
        patience: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guide = guide
        self._clients = clients
        self._faults = faults
        self._patience = patience
        self._monotonic = monotonic

    def run(self, name: bytes, work: Callable[[Client], R]) -> R:
        """Do something with the server that has a key."""
        began = self._monotonic()
        node = self._guide.node_of(name)
        self._stop_late(began)
        try:
            return work(self._clients.at(node))
        except self._faults.every as error:
            step = self._next(Step(node), name, error, began)
        for _ in range(_STEPS - 1):
            client = self._clients.at(step.node)
            try:
                return work(_Asking(client) if step.asking else client)
            except self._faults.every as error:
                step = self._next(step, name, error, began)
        raise RouteError(_CIRCLES)

    def get(self, name: bytes) -> bytes | None:
        """The value of a key."""
        return self.run(name, partial(_get, name))

    def execute(self, *command: Any) -> Any:
        """The answer to one command."""
        return self.run(command[1], methodcaller("execute_command", *command))

    def execute_many(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to several commands, in one round trip for each server.

        Raises the first failure; the other commands may have been obeyed.
        """
        began = self._monotonic()
        answers: list[Any] = [None] * len(commands)
        left = {index: Step(self._guide.node_of(command[1])) for index, command in enumerate(commands)}
        self._stop_late(began)
        for _ in range(_STEPS):
            left = self._round(commands, left, answers)
            if not left:
                return answers
        raise RouteError(_CIRCLES)

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        """The values of several keys, in one round trip for each server."""
        if self._guide.is_spread:
            # A server of a cluster refuses keys of different slots in one command.
            return list(map(_value, self.execute_many([("GET", name) for name in names])))
        return self.run(names[0], partial(_get_many, names))

    def each(self) -> list[Callable[..., Any]]:
        """For each server that has a share of the keys, how to send it a command about none."""
        began = self._monotonic()
        nodes = self._guide.nodes()
        self._stop_late(began)
        return [self._sender(self._clients.at(node)) for node in nodes]

    def reconnect(self) -> None:
        """Leave the connections that nobody uses just now."""
        self._clients.leave_idle()

    def close(self) -> None:
        """Close every connection; the next command opens new ones."""
        self._guide.close()
        self._clients.close()

    def _sender(self, client: Client) -> Callable[..., Any]:
        def send(*command: Any) -> Any:
            try:
                return client.execute_command(*command)
            except self._faults.every as error:
                self._guide.doubt(error)
                raise

        return send

    def _round(
        self, commands: Sequence[Command], left: dict[int, Step], answers: list[Any]
    ) -> dict[int, Step]:
        """Send what is left; what is left then, and where to send it."""
        groups: dict[Step, list[int]] = {}
        for index, step in left.items():
            groups.setdefault(step, []).append(index)
        again: dict[int, Step] = {}
        for step, indexes in groups.items():
            # Much to carry to other servers is no time lost.
            began = self._monotonic()
            results = self._pipeline(step, [commands[index] for index in indexes])
            for index, result in zip(indexes, results, strict=True):
                if isinstance(result, Exception):
                    again[index] = self._next(step, commands[index][1], result, began)
                else:
                    answers[index] = result
        return again

    def _pipeline(self, step: Step, commands: Sequence[Command]) -> list[Any]:
        """What a server answers to each, be it an error."""
        with self._clients.at(step.node).pipeline(transaction=False) as pipeline:
            for command in commands:
                if step.asking:
                    pipeline.execute_command("ASKING")
                pipeline.execute_command(*command)
            try:
                # The errors that the driver would raise repeat the command, value and all.
                results: list[Any] = pipeline.execute(raise_on_error=False)
            except self._faults.every as error:
                return [error] * len(commands)
        return results[1::2] if step.asking else results

    def _next(self, step: Step, name: bytes, error: Exception, began: float) -> Step:
        if self._faults.is_lost(error) and self._time_since(began) > self._patience / 2:
            # Its successor is for the next call to find: this one has lost enough time.
            self._guide.doubt(error)
            raise error
        try:
            following = self._guide.after(step, name, error)
        except RouteError:
            # That nobody knows better is not the news.
            following = None
        if following is None:
            raise error
        return following

    def _stop_late(self, began: float) -> None:
        if self._time_since(began) > self._patience:
            raise RouteError("to find the server took too long")

    def _time_since(self, began: float) -> float:
        return self._monotonic() - began


def _get(name: bytes, client: Client) -> bytes | None:
    """As the driver does it, but for its retries and events, which take 5 of 31 us and which a cache has no use for."""
    if isinstance(client, _Asking):
        return _value(client.execute_command("GET", name))
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command("GET", name)
        return _value(connection.read_response())
    except import_driver().ResponseError:
        raise
    except BaseException:
        # The answer may yet come, and nobody else must take it for his.
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def _get_many(names: Sequence[bytes], client: Client) -> list[bytes | None]:
    values = client.execute_command("MGET", *names)
    try:
        if not isinstance(values, list) or len(values) != len(names):
            raise GarbledError
        return list(map(_value, values))
    except GarbledError:
        # Whoever used the connection next would have the rest.
        client.connection_pool.disconnect(inuse_connections=False)
        raise


def _value(answer: Any) -> bytes | None:
    """What can lie under a key."""
    if answer is None or isinstance(answer, bytes):
        return answer
    raise GarbledError


class _Asking:
    """A client that tells its server with each command that the key is on its way to it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def execute_command(self, *command: Any) -> Any:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.execute_command("ASKING")
            pipeline.execute_command(*command)
            _, answer = pipeline.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def connection_pool(self) -> Any:
        raise RouteError("the key is on its way to another server")
