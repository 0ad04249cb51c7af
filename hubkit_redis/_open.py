"""From an address to the way there: one function for each kind of store."""

from __future__ import annotations

from hubkit_redis._address import Address
from hubkit_redis._cluster import ClusterGuide
from hubkit_redis._connect import import_driver, sentinel_clients, server_clients
from hubkit_redis._faults import Faults
from hubkit_redis._guides import FixedGuide, Guide
from hubkit_redis._route import Route
from hubkit_redis._sentinel import SentinelGuide

__all__ = ["open_route"]

# Who waited for one sentinel in vain has time to ask another, and no third.
_PATIENCE = 1.25


def open_route(address: Address, *, connect_timeout: float, read_timeout: float) -> tuple[Route, Faults]:
    """The way to a store, and what may happen on it. Nothing is sent yet.

    Args:
        address: Which store.
        connect_timeout: Seconds.
        read_timeout: Seconds for each answer.

    Raises:
        BackendUnavailableError: The driver isn't installed.
        ConfigError: The TLS options don't fit.
    """
    faults = Faults(import_driver())
    patience = _PATIENCE * read_timeout
    servers = server_clients(address, connect_timeout=connect_timeout, read_timeout=read_timeout)
    guide: Guide
    if address.kind == "cluster":
        guide = ClusterGuide(servers, address.nodes, faults, patience=patience)
    elif address.service is not None:
        sentinels = sentinel_clients(address, connect_timeout=connect_timeout, read_timeout=read_timeout)
        guide = SentinelGuide(sentinels, address.nodes, servers, address.service, faults, patience=patience)
    else:
        guide = FixedGuide(address.nodes[0])
    return Route(guide, servers, faults, patience=patience), faults
