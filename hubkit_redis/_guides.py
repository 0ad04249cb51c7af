"""Which server has a key: the question that each kind of store answers in its own way."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from hubkit_redis._address import Node

__all__ = ["FixedGuide", "Guide", "Step"]


class Step(NamedTuple):
    """Where to send a command."""

    node: Node
    """The server."""
    asking: bool = False
    """Whether the server must be told first that the key is on its way to it."""


class Guide(Protocol):
    """Knows the servers of one store."""

    is_spread: bool
    """Whether several servers have a share of the keys each."""

    def node_of(self, name: bytes) -> Node:
        """The server that has a key.

        - Costs nothing once it is known, and one answer's time at most before.
        - `RouteError`: nobody knows just now.
        """
        ...

    def nodes(self) -> list[Node]:
        """All servers that have a share of the keys."""
        ...

    def after(self, step: Step, name: bytes, error: Exception) -> Step | None:
        """Where to go with a key after a failure.

        - None: nowhere; the failure stands.
        - Remembers what the failure tells about the servers.
        """
        ...

    def doubt(self, error: Exception) -> None:
        """Take note of a failure that concerns no single key."""
        ...

    def close(self) -> None:
        """Close connections to others than the servers themselves."""
        ...


class FixedGuide:
    """The way to a server that is where it is.

    Args:
        node: The server.
    """

    is_spread = False

    def __init__(self, node: Node) -> None:
        self._node = node

    def node_of(self, name: bytes) -> Node:
        """The server."""
        return self._node

    def nodes(self) -> list[Node]:
        """The server alone."""
        return [self._node]

    def after(self, step: Step, name: bytes, error: Exception) -> Step | None:
        """Nowhere."""
        return None

    def doubt(self, error: Exception) -> None:
        """There is no other to look for."""

    def close(self) -> None:
        """There is nobody else."""
