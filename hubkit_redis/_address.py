"""What a Redis URL says: where the server is, and as whom to log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import attrs

from hubkit.errors import ConfigError

__all__ = ["Address", "parse_address"]

_PORT: Final = 6379
_TLS: Final = "rediss"
_SOCKET: Final = "redis+unix"
_SCHEMES: Final = ("redis", _TLS, _SOCKET)
_TLS_OPTIONS: Final = ("ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile")


@attrs.frozen(kw_only=True)
class Address:
    """A standalone server.

    >>> parse_address("redis://me:secret@cache.example/2")
    Address(host='cache.example', port=6379, socket_path=None, db=2, tls=None)
    """

    host: str
    """Empty for a socket."""
    port: int
    socket_path: str | None
    """The server's socket in the file system; None for a host."""
    db: int
    """Number of the database."""
    username: str | None = attrs.field(repr=False)
    password: str | None = attrs.field(repr=False)
    tls: Mapping[str, str] | None
    """The TLS options of the URL; None without TLS."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.socket_path or f'{host}:{self.port}'} db {self.db}"

    def hide_secrets(self, text: str) -> str:
        """Text without this address's password, on one line."""
        if self.password:
            text = text.replace(self.password, "***")
        return " ".join(text.split())


def parse_address(url: str) -> Address:
    """Read a Redis URL.

    Args:
        url: ``redis://[user:password@]host[:port][/db]``, the same with ``rediss``, or
            ``redis+unix://[user:password@]/path/of/socket[?db=N]``.

    Raises:
        ConfigError: It is malformed. The text doesn't repeat the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError:
        # What the standard library says of it quotes the URL.
        raise ConfigError("a Redis URL names its host and port as in redis://host:6379/0") from None
    if parts.scheme not in _SCHEMES:
        raise ConfigError(f"a Redis URL begins with one of {', '.join(f'{name}://' for name in _SCHEMES)}")
    options = _options(parts)
    is_socket = parts.scheme == _SOCKET
    path = unquote(parts.path)
    if is_socket and (not path.strip("/") or parts.hostname):
        raise ConfigError("a Redis socket is named as in redis+unix:///path/of/socket")
    number = options.pop("db", "0") if is_socket else options.pop("db", "") or path.strip("/") or "0"
    return Address(
        host="" if is_socket else parts.hostname or "localhost",
        port=port,
        socket_path=path if is_socket else None,
        db=_number(number),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=options if parts.scheme == _TLS else None,
    )


def _options(parts: SplitResult) -> dict[str, str]:
    known = ("db", *_TLS_OPTIONS) if parts.scheme == _TLS else ("db",)
    if parts.fragment:
        raise ConfigError("a Redis URL has no #; write it as %23 in a password")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options).difference(known))
    if unknown:
        raise ConfigError(
            f"{parts.scheme}:// URLs take {', '.join(known)}; not {len(unknown)} others that were given"
        )
    return options


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ConfigError("the database in a Redis URL is a number, as in redis://host:6379/0")
    return int(text)
