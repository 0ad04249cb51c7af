"""From an address to drivers that fail fast: one client for each server."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from inspect import signature
from typing import Any

from hubkit.errors import BackendUnavailableError, ConfigError
from hubkit_redis._address import Address, Node

__all__ = ["Client", "Clients", "import_driver", "sentinel_clients", "server_clients"]

Client = Any
"""A client of the driver, whose annotations are too loose to be of use here."""

_FALSE = {"0", "false", "no", "off"}


def import_driver() -> Any:
    """The ``redis`` package.

    Raises:
        BackendUnavailableError: It isn't installed.
    """
    try:
        import redis
    except ImportError as error:
        raise BackendUnavailableError('Redis caches need the driver: pip install "hubkit[redis]"') from error
    return redis


class Clients:
    """A client for each server, made when it is first asked for.

    Any thread may use it, and children go on using it: it takes no lock, and the
    driver itself opens new connections in a child.

    Args:
        connect: Makes the client of a server, without sending anything.
    """

    def __init__(self, connect: Callable[[Node], Client]) -> None:
        self._connect = connect
        self._made: dict[Node, Client] = {}

    def at(self, node: Node) -> Client:
        """The client of a server."""
        client = self._made.get(node)
        # Of two threads that make one at once both take the same; the other's never connected.
        return self._made.setdefault(node, self._connect(node)) if client is None else client

    def keep(self, nodes: Collection[Node]) -> None:
        """Forget all servers but these, after a look around: others may never come back."""
        for node in [node for node in self._made.copy() if node not in nodes]:
            client = self._made.pop(node, None)
            if client is not None:
                # What others are using just now ends when they are done.
                client.connection_pool.disconnect(inuse_connections=False)

    def leave_idle(self) -> None:
        """Close the connections that nobody uses just now."""
        for client in self._made.copy().values():
            client.connection_pool.disconnect(inuse_connections=False)

    def close(self) -> None:
        """Close every connection; the next command opens new ones."""
        for client in self._made.copy().values():
            client.connection_pool.disconnect()


def server_clients(address: Address, *, connect_timeout: float, read_timeout: float) -> Clients:
    """Clients of the servers that hold the entries. Nothing is sent before their first command.

    Args:
        address: How, and as whom.
        connect_timeout: Seconds.
        read_timeout: Seconds for each answer.

    Raises:
        BackendUnavailableError: The driver isn't installed.
        ConfigError: The TLS options don't fit.
    """
    options = _common_options(address, connect_timeout, read_timeout)
    options.update(db=address.db, **_login(address))
    if address.socket_path is not None:
        options.update(unix_socket_path=address.socket_path)
    return Clients(partial(_connect, address, options))


def sentinel_clients(address: Address, *, connect_timeout: float, read_timeout: float) -> Clients:
    """Clients of the sentinels, who have no databases, and mostly no passwords."""
    options = _common_options(address, connect_timeout, read_timeout)
    if address.sentinel_auth:
        options.update(_login(address))
    return Clients(partial(_connect, address, options))


def _connect(address: Address, options: dict[str, Any], node: Node) -> Client:
    where = {} if address.socket_path is not None else {"host": node.host, "port": node.port}
    return import_driver().Redis(**options, **where)


def _login(address: Address) -> dict[str, Any]:
    return {"username": address.username, "password": address.password}


def _common_options(address: Address, connect_timeout: float, read_timeout: float) -> dict[str, Any]:
    options = _timeouts(connect_timeout, read_timeout)
    options.update(_quiet_start(import_driver()))
    if address.tls is not None:
        options.update(_tls(address.tls))
    return options


def _timeouts(connect_timeout: float, read_timeout: float) -> dict[str, Any]:
    driver = import_driver()
    # The driver's own default, ten retries of five seconds each, suits a database. A
    # cache that doesn't answer at once is slower than doing without.
    return {
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": read_timeout,
        "retry": driver.retry.Retry(driver.backoff.NoBackoff(), 0),
        "health_check_interval": 0,
    }


def _quiet_start(driver: Any) -> dict[str, Any]:
    # Each of these would be another round trip for each new connection.
    known = signature(driver.Redis.__init__).parameters
    names = ("driver_info",) if "driver_info" in known else ("lib_name", "lib_version")
    return {"protocol": 2, **dict.fromkeys(names)}


def _tls(given: Any) -> dict[str, Any]:
    options = dict(given)
    verify = options.pop("ssl_cert_reqs", "required")
    if verify not in {"required", "optional", "none"}:
        raise ConfigError("ssl_cert_reqs is required, optional or none")
    # The host's name is part of a certificate's meaning: without it any certificate would do.
    by_name = options.pop("ssl_check_hostname", "true").lower() not in _FALSE and verify != "none"
    checks = {"ssl_cert_reqs": verify, "ssl_check_hostname": by_name}
    return {"ssl": True, "redis_connect_func": _settle, **checks, **options}


def _settle(connection: Any) -> None:
    """Log in, and let a new TLS connection come to rest."""
    connection.on_connect()
    # A server's session tickets arrive after the handshake. The driver takes what it
    # finds unread for an old answer, and drops the connection; an answer of any kind
    # brings them in.
    connection.send_command("SELECT", connection.db)
    with suppress(import_driver().ResponseError):
        connection.read_response()
