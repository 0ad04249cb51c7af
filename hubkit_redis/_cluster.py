"""A cluster: each key belongs to one of 16,384 slots, and each slot to one server at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs

from hubkit_redis._address import Node
from hubkit_redis._connect import Clients
from hubkit_redis._directory import Directory
from hubkit_redis._faults import Faults, RouteError
from hubkit_redis._guides import Step

__all__ = ["ClusterGuide", "SlotTable", "read_slots"]

_SLOTS: Final = 16_384


@attrs.define
class SlotTable:
    """Which server has which slot."""

    owners: list[Node | None]
    """By number of the slot; None where nobody has it."""
    members: tuple[Node, ...]
    """Every server, replicas too."""

    def primaries(self) -> list[Node]:
        """Every server that has a slot."""
        return [node for node in dict.fromkeys(self.owners) if node is not None]


def read_slots(answer: Sequence[Any], asked: Node) -> SlotTable:
    """The table in what a server answers to ``CLUSTER SLOTS``.

    Args:
        answer: Ranges of slots, each with its servers, the primary first.
        asked: Who answered: a server that doesn't know its own address leaves it out.
    """
    owners: list[Node | None] = [None] * _SLOTS
    members: dict[Node, None] = {}
    for first, last, *servers in answer:
        nodes = [_node(server, asked) for server in servers]
        owners[first : last + 1] = [nodes[0]] * (last + 1 - first)
        members.update(dict.fromkeys(nodes))
    if not members:
        raise RouteError("it knows of no slots")
    return SlotTable(owners, tuple(members))


class ClusterGuide:
    """The ways to the servers of a cluster.

    Any server can be asked who has which slot. That is done when the first command is
    sent and when a server is gone; a server that has given a slot away says itself to whom.

    Args:
        servers: Their clients.
        informants: Those that the URL names.
        faults: The driver's errors.
        patience: Seconds for a look around.
    """

    is_spread = True

    def __init__(
        self, servers: Clients, informants: tuple[Node, ...], faults: Faults, *, patience: float
    ) -> None:
        from redis.crc import key_slot

        self._slot_of = key_slot
        self._servers = servers
        self._informants = informants
        self._faults = faults
        self._table = Directory(informants, self._ask, faults, others=_members_of, patience=patience)

    def node_of(self, name: bytes) -> Node:
        """The primary that has a key's slot."""
        slot = self._slot_of(name)
        node = self._table.know().owners[slot]
        if node is None:
            self._table.doubt()
            raise RouteError(f"no server of the cluster has slot {slot}")
        return node

    def nodes(self) -> list[Node]:
        """All primaries."""
        return self._table.know().primaries()

    def after(self, step: Step, name: bytes, error: Exception) -> Step | None:
        """Where a server says that the key is; or who took its place."""
        if self._faults.is_ask(error):
            return Step(_node((error.host, error.port), step.node), asking=True)  # type: ignore[attr-defined]
        if self._faults.is_moved(error):
            node = _node((error.host, error.port), step.node)  # type: ignore[attr-defined]
            self._table.know().owners[self._slot_of(name)] = node
            # Slots rarely move alone.
            self._table.doubt()
            return Step(node)
        if not self._faults.is_lost(error):
            return None
        node = self.node_of(name)
        if node == step.node:
            self._table.doubt()
            node = self.node_of(name)
        return None if node == step.node else Step(node)

    def doubt(self, error: Exception) -> None:
        """Ask who has which slot before the next command, if a server seems to be gone."""
        if self._faults.is_lost(error):
            self._table.doubt()

    def close(self) -> None:
        """There is nobody else."""

    def _ask(self, node: Node) -> SlotTable:
        # As two words: for the command of that name the driver has ways of its own to read the answer.
        answer = self._servers.at(node).execute_command("CLUSTER", "SLOTS")
        table = read_slots(answer, node)
        self._servers.keep({*table.members, *self._informants})
        return table


def _members_of(table: SlotTable) -> Iterable[Node]:
    return table.members


def _node(server: Sequence[Any], asked: Node) -> Node:
    host = server[0].decode() if isinstance(server[0], bytes) else server[0]
    return Node(asked.host if host in {None, "", "?"} else host, int(server[1]))
