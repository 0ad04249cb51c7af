"""From an address to a driver that fails fast: one function for each kind of server."""

from __future__ import annotations

from inspect import signature
from typing import Any

from hubkit.errors import BackendUnavailableError, ConfigError
from hubkit_redis._address import Address

__all__ = ["Client", "connect_standalone", "import_driver"]

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


def connect_standalone(address: Address, *, connect_timeout: float, read_timeout: float) -> Client:
    """A client of one server. Nothing is sent before its first command.

    Args:
        address: Where, and as whom.
        connect_timeout: Seconds.
        read_timeout: Seconds for each answer.

    Raises:
        BackendUnavailableError: The driver isn't installed.
        ConfigError: The TLS options don't fit.
    """
    driver = import_driver()
    options = _timeouts(connect_timeout, read_timeout)
    options.update(_quiet_start(driver))
    options.update(db=address.db, username=address.username, password=address.password)
    if address.socket_path is not None:
        options.update(unix_socket_path=address.socket_path)
    else:
        options.update(host=address.host, port=address.port)
    if address.tls is not None:
        options.update(_tls(address))
    return driver.Redis(**options)


def _timeouts(connect_timeout: float, read_timeout: float) -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # The driver's own default, ten retries of five seconds each, suits a database. A
    # cache that doesn't answer at once is slower than doing without.
    return {
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": read_timeout,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }


def _quiet_start(driver: Any) -> dict[str, Any]:
    # Each of these would be another round trip for each new connection.
    known = signature(driver.Redis.__init__).parameters
    names = ("driver_info",) if "driver_info" in known else ("lib_name", "lib_version")
    return {"protocol": 2, **dict.fromkeys(names)}


def _tls(address: Address) -> dict[str, Any]:
    options = dict(address.tls or {})
    verify = options.pop("ssl_cert_reqs", "required")
    if verify not in {"required", "optional", "none"}:
        raise ConfigError("ssl_cert_reqs is required, optional or none")
    # The host's name is part of a certificate's meaning: without it any certificate would do.
    by_name = options.pop("ssl_check_hostname", "true").lower() not in _FALSE and verify != "none"
    return {"ssl": True, "ssl_cert_reqs": verify, "ssl_check_hostname": by_name, **options}
