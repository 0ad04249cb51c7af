"""From a URL to a backend: the built-in ones, and those that other packages bring."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._backend import CacheBackend, flaw_of
from hubkit.errors import BackendUnavailableError, ConfigError

__all__ = ["ENTRY_POINTS", "Plugin", "find_plugin", "local_path", "open_backend"]

ENTRY_POINTS: Final = "hubkit.cache_backends"
"""The entry-point group: a name is a URL scheme, an object ``callable(url) -> CacheBackend``."""

# A letter alone is a Windows drive.
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)\Z", re.DOTALL)
_DRIVE: Final = re.compile(r"/?[A-Za-z]:[/\\]")
_REDIS: Final = re.compile(r"rediss?(\+[a-z]+)?\Z")


class Plugin(Protocol):
    """What is asked of an entry point."""

    @property
    def name(self) -> str:
        """The scheme."""
        ...

    @property
    def value(self) -> str:
        """Where the object is: ``package.module:name``."""
        ...

    @property
    def dist(self) -> Any:
        """The distribution that brings it."""
        ...

    def load(self) -> Any:
        """Import the object."""
        ...


def open_backend(url: str, *, max_bytes: int | None = None, clock: Clock = SYSTEM_CLOCK) -> CacheBackend:
    """The backend that a URL names. Nothing is opened or connected yet.

    ``memory://``, ``none://``, ``file:///dir``, ``sqlite:///file.db``, and the schemes that
    installed packages add, such as ``redis://host/0``. In ``file`` and ``sqlite`` URLs
    ``~`` counts as the home folder right after the two slashes only (``file://~/dir``),
    and ``%``, ``?`` and ``#`` are written ``%25``, ``%3F`` and ``%23``.

    Args:
        url: Which one.
        max_bytes: Its bound where it has one; None for its own default.
        clock: Where the time comes from.

    Raises:
        ConfigError: It is no URL, its scheme is unknown or claimed by two packages, or it is malformed;
            or what a package opens has not all that a backend has.
        BackendUnavailableError: It needs a package that isn't installed; the text names the extra.

    >>> open_backend("none://")
    NullCache()

    .. versionadded:: 0.1
    """
    match = _URL.match(url) if isinstance(url, str) else None
    if match is None:
        raise ConfigError(_not_a_url(url))
    scheme, rest = match[1].lower(), match[2]
    builtin = _BUILTIN.get(scheme)
    if builtin is not None:
        return builtin(scheme, rest, max_bytes, clock)
    opened = _load(scheme)(url)
    flaw = flaw_of(opened)
    if flaw is not None:
        raise ConfigError(f"{scheme}:// opens no cache backend: {flaw}")
    backend: CacheBackend = opened
    return backend


def local_path(url: str) -> str | None:
    """Where on this machine's disk a cache lies; None for one that doesn't.

    Raises:
        ConfigError: The URL is malformed.

    >>> local_path("file:///var/cache/hubkit"), local_path("memory://")
    ('/var/cache/hubkit', None)
    """
    match = _URL.match(url)
    scheme = "" if match is None else match[1].lower()
    return None if match is None or scheme not in {"file", "sqlite"} else _path(scheme, match[2])


def find_plugin(scheme: str, plugins: Iterable[Plugin]) -> Plugin | None:
    """The one plugin for a scheme.

    Args:
        scheme: The scheme, in lower case.
        plugins: Every plugin there is.

    Returns:
        None when there is none.

    Raises:
        ConfigError: Two packages bring different ones: which is right is not ours to guess.
    """
    # The same package may be met twice, when two entries of the path lead to it.
    owners = {plugin.value: plugin for plugin in plugins if plugin.name.lower() == scheme}
    if len(owners) > 1:
        names = " and ".join(sorted({_distribution(plugin) for plugin in owners.values()}))
        raise ConfigError(f"two packages open {scheme}:// caches: {names}; uninstall one")
    return next(iter(owners.values()), None)


def _load(scheme: str) -> Callable[[str], Any]:
    # Reading the list of installed packages takes milliseconds: only foreign schemes pay them.
    from importlib.metadata import entry_points

    plugins = entry_points(group=ENTRY_POINTS)
    plugin = find_plugin(scheme, plugins)
    if plugin is not None:
        opener: Callable[[str], Any] = plugin.load()
        return opener
    if _REDIS.match(scheme):
        raise BackendUnavailableError(f'{scheme}:// caches need: pip install "hubkit[redis]"')
    raise ConfigError(_unknown(scheme, {*_BUILTIN, *(plugin.name for plugin in plugins)}))


def _unknown(scheme: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(scheme, sorted(known), n=1)
    hint = f"; did you mean {near[0]}://?" if near else "."
    return f"no installed package opens {scheme}:// caches{hint} Known: {', '.join(sorted(known))}"


def _not_a_url(url: object) -> str:
    if not isinstance(url, str):
        return f"a cache is named by a URL, as text, not by a {type(url).__name__}: a path's is path.as_uri()"
    # Never the text itself beyond what is plainly a path: it may hold a password.
    if _DRIVE.match(url):
        return f"a cache is named by a URL: file:///{_quoted(url)}"
    if url.startswith("~/"):
        return f"a cache is named by a URL: file://{_quoted(url)}"
    if url.startswith(("/", "./", "../")) or url in {".", ".."}:
        return f"a cache is named by a URL: file://{_quoted(os.path.abspath(url))}"
    if url in _BUILTIN:
        return f"a cache is named by a URL: {url}://"
    return "a cache is named by a URL, such as memory://, file:///dir, sqlite:///file.db or redis://host/0"


def _distribution(plugin: Plugin) -> str:
    return str(getattr(plugin.dist, "name", None) or plugin.value)


def _quoted(path: str) -> str:
    return re.sub(r"[%?#]", lambda found: f"%{ord(found[0]):02X}", path.replace("\\", "/"))


def _unquoted(text: str) -> str:
    # By bytes, since a file name needn't be valid UTF-8. `urllib.parse` would do it
    # as well, but is slow to import.
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), os.fsencode(text))
    return os.fsdecode(raw)


def _path(scheme: str, rest: str) -> str:
    """The path in a ``file`` or ``sqlite`` URL."""
    if "?" in rest or "#" in rest:
        raise ConfigError(f"{scheme}:// URLs take no options; write ? as %3F and # as %23 in a path")
    host, slash, tail = rest.partition("/")
    path = _unquoted(slash + tail)
    if "\0" in path or not path.strip("/"):
        raise ConfigError(f"which path? Write {scheme}:///absolute/path or {scheme}://~/path")
    if host == "~":
        return os.path.expanduser("~") + path
    if host not in {"", "localhost"}:
        raise ConfigError(
            f"{scheme}:// URLs name no host; write {scheme}:///absolute/path or {scheme}://~/path"
        )
    if os.name == "nt" and _DRIVE.match(path):
        return path[1:]
    # Four slashes, as SQLAlchemy writes absolute paths, mean the same.
    return "/" + path.lstrip("/")


def _without_rest(scheme: str, rest: str) -> None:
    if rest.strip("/"):
        raise ConfigError(f"nothing comes after {scheme}://")


def _open_memory(scheme: str, rest: str, max_bytes: int | None, clock: Clock) -> CacheBackend:
    from hubkit.cache.memory import DEFAULT_MAX_BYTES, MemoryCache

    _without_rest(scheme, rest)
    return MemoryCache(max_bytes=DEFAULT_MAX_BYTES if max_bytes is None else max_bytes, clock=clock)


def _open_nothing(scheme: str, rest: str, max_bytes: int | None, clock: Clock) -> CacheBackend:
    from hubkit.cache._null import NullCache

    _without_rest(scheme, rest)
    return NullCache()


def _open_folder(scheme: str, rest: str, max_bytes: int | None, clock: Clock) -> CacheBackend:
    from hubkit.cache._limits import DEFAULT_MAX_BYTES
    from hubkit.cache.filesystem import FilesystemCache

    bound = DEFAULT_MAX_BYTES if max_bytes is None else max_bytes
    return FilesystemCache(_path(scheme, rest), max_bytes=bound, clock=clock)


def _open_sqlite(scheme: str, rest: str, max_bytes: int | None, clock: Clock) -> CacheBackend:
    from hubkit.cache._limits import DEFAULT_MAX_BYTES
    from hubkit.cache.sqlite import SQLiteCache

    bound = DEFAULT_MAX_BYTES if max_bytes is None else max_bytes
    return SQLiteCache(_path(scheme, rest), max_bytes=bound, clock=clock)


_BUILTIN: Final[dict[str, Callable[[str, str, int | None, Clock], CacheBackend]]] = {
    "file": _open_folder,
    "memory": _open_memory,
    "none": _open_nothing,
    "sqlite": _open_sqlite,
}
