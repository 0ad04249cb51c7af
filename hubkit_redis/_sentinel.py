"""A primary that sentinels watch over, and replace by one of its replicas when it is gone."""

from __future__ import annotations

from hubkit_redis._address import Node
from hubkit_redis._connect import Clients
from hubkit_redis._directory import Directory
from hubkit_redis._faults import Faults, RouteError
from hubkit_redis._guides import Step

__all__ = ["SentinelGuide"]


class SentinelGuide:
    """The way to the primary of the moment.

    Sentinels are asked when the first command is sent, and when a primary is gone or
    has become a replica; not for each new connection.

    Args:
        sentinels: Their clients.
        informants: Where they are.
        servers: The clients of the servers they watch.
        service: What they call the primary.
        faults: The driver's errors.
        patience: Seconds for a look around.
    """

    is_spread = False

    def __init__(
        self,
        sentinels: Clients,
        informants: tuple[Node, ...],
        servers: Clients,
        service: str,
        faults: Faults,
        *,
        patience: float,
    ) -> None:
        self._sentinels = sentinels
        self._servers = servers
        self._service = service
        self._faults = faults
        self._primary = Directory(informants, self._ask, faults, patience=patience)

    def node_of(self, name: bytes) -> Node:
        """The primary."""
        return self._primary.know()

    def nodes(self) -> list[Node]:
        """The primary alone."""
        return [self._primary.know()]

    def after(self, step: Step, name: bytes, error: Exception) -> Step | None:
        """The new primary, when there is one already."""
        if not self._faults.is_lost(error):
            return None
        node = self._primary.know()
        if node == step.node:
            self._primary.doubt()
            node = self._primary.know()
        return None if node == step.node else Step(node)

    def doubt(self, error: Exception) -> None:
        """Ask the sentinels before the next command, if the primary seems to be gone."""
        if self._faults.is_lost(error):
            self._primary.doubt()

    def close(self) -> None:
        """Close the connections to the sentinels."""
        self._sentinels.close()

    def _ask(self, sentinel: Node) -> Node:
        client = self._sentinels.at(sentinel)
        # As two words: for the command of that name the driver has ways of its own to read the answer.
        found = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)
        if not found:
            raise RouteError(f"no sentinel of service {self._service!r}")
        node = Node(found[0].decode(), int(found[1]))
        self._servers.keep({node})
        return node
