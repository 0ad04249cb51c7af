"""What a Redis URL says: where the servers are, and as whom to log in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote

import attrs

from hubkit.errors import ConfigError

__all__ = ["Address", "Kind", "Node", "parse_address"]

Kind: TypeAlias = Literal["standalone", "socket", "sentinel", "cluster"]

_KINDS: Final[Mapping[str, Kind]] = {
    "redis": "standalone",
    "rediss": "standalone",
    "redis+unix": "socket",
    "redis+sentinel": "sentinel",
    "rediss+sentinel": "sentinel",
    "redis+cluster": "cluster",
    "rediss+cluster": "cluster",
}
_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_TLS_OPTIONS: Final = ("ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile")
_LOGIN_TOO: Final = "sentinel_auth"
_TRUTH: Final[Mapping[str, bool]] = {"": False, "no": False, "false": False, "yes": True, "true": True}

# By hand, as the standard library knows one host in a URL, and no list of them.
_URL: Final = re.compile(r"([^:/?#]+)://(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?\Z", re.DOTALL)
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]:@]*)(?::([0-9]{1,5}))?\Z")


class Node(NamedTuple):
    """Where one server listens."""

    host: str
    """Empty for a socket."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen(kw_only=True)
class Address:
    """One server, or several that are one store.

    >>> parse_address("redis://me:secret@cache.example/2")
    Address(kind='standalone', nodes=(Node(host='cache.example', port=6379),), socket_path=None, service=None, db=2, tls=None, sentinel_auth=False)
    """

    kind: Kind
    nodes: tuple[Node, ...]
    """The server; the sentinels; or some of the cluster's servers."""
    socket_path: str | None
    """The server's socket in the file system; None for hosts."""
    service: str | None
    """What the sentinels call the primary; None without sentinels."""
    db: int
    """Number of the database."""
    username: str | None = attrs.field(repr=False)
    password: str | None = attrs.field(repr=False)
    tls: Mapping[str, str] | None
    """The TLS options of the URL; None without TLS."""
    sentinel_auth: bool
    """Whether the sentinels want the same login as the servers."""

    def __str__(self) -> str:
        places = self.socket_path or ",".join(map(str, self.nodes))
        if self.kind == "cluster":
            return f"{places} cluster"
        service = "" if self.service is None else f" service {self.service}"
        return f"{places}{service} db {self.db}"

    def hide_secrets(self, text: str) -> str:
        """Text without this address's password, on one line."""
        if self.password:
            text = text.replace(self.password, "***")
        return " ".join(text.split())


def parse_address(url: str) -> Address:
    """Read a Redis URL.

    Args:
        url: ``redis://[user:password@]host[:port][/db]``, ``redis+unix://[user:password@]/path/of/socket[?db=N]``,
            ``redis+sentinel://[user:password@]host[:port],.../service[/db]`` or
            ``redis+cluster://[user:password@]host[:port],...``. With ``rediss`` in place of ``redis`` over TLS.

    Raises:
        ConfigError: It is malformed. The text doesn't repeat the URL, which may hold a password.
    """
    match = _URL.match(url)
    kind = None if match is None else _KINDS.get(match[1].lower())
    if match is None or kind is None:
        raise ConfigError(f"a Redis URL begins with one of {', '.join(f'{name}://' for name in _KINDS)}")
    scheme, login, hosts, path, query, fragment = match.groups()
    if fragment:
        raise ConfigError("a Redis URL has no #; write it as %23 in a password")
    is_tls = scheme.lower().startswith("rediss")
    options = _options(scheme, kind, query or "", is_tls)
    username, password = _login(login)
    service, db = _place(kind, path, options)
    login_too = options.pop(_LOGIN_TOO, "").lower()
    if login_too not in _TRUTH:
        raise ConfigError(f"{_LOGIN_TOO} is yes or no")
    return Address(
        kind=kind,
        nodes=_nodes(kind, hosts),
        socket_path=_socket_path(path) if kind == "socket" else None,
        service=service,
        db=db,
        username=username,
        password=password,
        tls=options if is_tls else None,
        sentinel_auth=_TRUTH[login_too],
    )


def _login(text: str | None) -> tuple[str | None, str | None]:
    username, _, password = (text or "").partition(":")
    return unquote(username) or None, unquote(password) or None


def _options(scheme: str, kind: Kind, query: str, is_tls: bool) -> dict[str, str]:
    own = {"sentinel": (_LOGIN_TOO,), "cluster": ()}.get(kind, ("db",))
    known = (*own, *(_TLS_OPTIONS if is_tls else ()))
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = set(options).difference(known)
    if unknown:
        takes = ", ".join(known) or "no options"
        raise ConfigError(
            f"the URL has an option that {scheme}:// doesn't take: it takes {takes}{_meant(unknown, known)}"
        )
    return options


def _meant(unknown: Iterable[str], known: Sequence[str]) -> str:
    """What misspelt options should be. They aren't shown themselves: part of a password may be one."""
    from difflib import get_close_matches

    near = {match for name in unknown for match in get_close_matches(name, (*known, *_TLS_OPTIONS), n=1)}
    misspelt = sorted(near.intersection(known))
    if misspelt:
        return f" (did you mean {' and '.join(misspelt)}?)"
    return " (options of TLS are for rediss:// and its kin)" if near else ""


def _nodes(kind: Kind, hosts: str) -> tuple[Node, ...]:
    if kind == "socket":
        if hosts:
            raise ConfigError("a Redis socket is named as in redis+unix:///path/of/socket")
        return (Node("", 0),)
    parts = hosts.split(",")
    if kind == "standalone" and len(parts) > 1:
        raise ConfigError("a redis:// URL names one host; several are redis+sentinel:// or redis+cluster://")
    default = _SENTINEL_PORT if kind == "sentinel" else _PORT
    return tuple(dict.fromkeys(_node(part.strip(), default, kind) for part in parts))


def _node(text: str, default: int, kind: Kind) -> Node:
    match = _HOST.match(text)
    if match is None or int(match[2] or 0) > 65535 or (kind != "standalone" and not match[1]):
        raise ConfigError("a Redis URL names hosts and ports as in redis://host:6379/0")
    return Node(match[1].strip("[]") or "localhost", int(match[2] or default))


def _place(kind: Kind, path: str, options: dict[str, str]) -> tuple[str | None, int]:
    """The service, and the number of the database."""
    if kind == "socket":
        return None, _number(options.pop("db", "0"))
    inside = path.strip("/")
    if kind == "sentinel":
        service, _, db = inside.partition("/")
        if not service:
            raise ConfigError("which service? Write redis+sentinel://host:26379/service/0")
        return unquote(service), _number(db or "0")
    db = options.pop("db", "") or unquote(inside) or "0"
    if kind == "cluster" and db != "0":
        raise ConfigError("a Redis Cluster has one database: write redis+cluster://host:6379,host:6379")
    return None, _number(db)


def _socket_path(path: str) -> str:
    if not path.strip("/"):
        raise ConfigError("a Redis socket is named as in redis+unix:///path/of/socket")
    return unquote(path)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ConfigError("the database in a Redis URL is a number, as in redis://host:6379/0")
    return int(text)
