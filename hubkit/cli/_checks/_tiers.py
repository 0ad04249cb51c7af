"""Whether a cache tier keeps what it is given, and how fast: a round trip with a key that nobody needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

from hubkit._clock import Clock
from hubkit._secrets import redact
from hubkit.cache._backend import CacheBackend
from hubkit.cache._registry import open_backend
from hubkit.cli._checks._finding import Finding, Status
from hubkit.cli._checks._servers import judge_servers
from hubkit.cli._checks._stores import remedy_for
from hubkit.config import HubConfig
from hubkit.errors import CacheError, HubkitError

__all__ = ["check_tier"]

_SECONDS: Final = 60.0
"""For which the key would stay, were this process killed."""
_SIZE: Final = 4096
"""Bytes, about those of a model's answer."""
_SLOW: Final = 0.1
_NEARER: Final = "put a nearer tier before it: HUBKIT_CACHE='file:///var/cache/hubkit redis://...'"


def check_tier(url: str, config: HubConfig, clock: Clock) -> list[Finding]:
    """Findings about one tier.

    Args:
        url: Its URL.
        config: The settings.
        clock: Measures how long it takes.
    """
    try:
        backend = open_backend(url, max_bytes=config.cache_max_bytes, clock=clock)
    except HubkitError as error:
        return [_found(url, "fail", error.message, remedy_for(error.message, url))]
    try:
        if config.cache_mode == "read-only":
            found = _read(url, backend, clock)
        else:
            found = _round_trip(url, backend, clock)
        return [found, *(_servers(url, backend) if found.status != "fail" else ())]
    finally:
        _quietly(backend.close)


def _read(url: str, backend: CacheBackend, clock: Clock) -> Finding:
    began = clock.monotonic()
    try:
        backend.get(_key())
    except CacheError as error:
        return _failed(url, error, "can't be read")
    took = clock.monotonic() - began
    return _found(url, "ok", f"read in {_ms(took)}; not written, as cache_mode is read-only", seconds=took)


def _round_trip(url: str, backend: CacheBackend, clock: Clock) -> Finding:
    if url.lower().startswith("none:"):
        return _found(url, "ok", "keeps nothing, as it should")
    key, value = _key(), os.urandom(_SIZE)
    # What opening it takes is no matter of speed.
    readable = _quietly(lambda: backend.get(key))
    try:
        kept, took = _trip(backend, key, value, clock)
        if took > _SLOW:
            # A machine that is busy for a moment is no verdict on a store.
            took = min(took, *(_trip(backend, key, value, clock)[1] for _ in range(2)))
    except CacheError as error:
        return _failed(url, error, "can't be written" if readable else "can't be used")
    finally:
        _quietly(lambda: backend.delete(key))
    if not kept:
        return _found(url, "fail", "takes what it is given, and doesn't give it back", "see its server's log")
    if took > _SLOW:
        return _found(url, "warn", f"slow: written and read in {_ms(took)}", _NEARER, seconds=took)
    return _found(url, "ok", f"written and read in {_ms(took)}", seconds=took)


def _trip(backend: CacheBackend, key: str, value: bytes, clock: Clock) -> tuple[bool, float]:
    """Whether a value came back, and how many seconds that took."""
    began = clock.monotonic()
    backend.set(key, value, expires_in=_SECONDS)
    kept = backend.get(key) == value
    return kept, clock.monotonic() - began


def _servers(url: str, backend: CacheBackend) -> list[Finding]:
    """What the servers behind a tier say of their memory, where there are any."""
    ask: Callable[[], list[Mapping[str, object]]] | None = getattr(backend, "server_info", None)
    if ask is None:
        return []
    try:
        status, message, remedy = judge_servers(ask())
    except CacheError:
        # The documented user of a server may not ask it that.
        message = "its memory and eviction can't be told: its user has no +info"
        return [_found(url, "skip", message)]
    return [_found(url, status, message, remedy)]


def _failed(url: str, error: CacheError, what: str) -> Finding:
    # Which store it is about stands before it already.
    said = redact(error.message).rpartition(" can't be used: ")[2].rstrip(".")
    return _found(url, "fail", f"{what}: {said}", remedy_for(said, url))


def _quietly(action: Callable[[], object]) -> bool:
    try:
        action()
    except CacheError:
        return False
    return True


def _key() -> str:
    return f"doctor|{os.urandom(8).hex()}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _found(
    url: str, status: Status, message: str, remedy: str | None = None, *, seconds: float | None = None
) -> Finding:
    return Finding(
        check="cache",
        subject=redact(url),
        status=status,
        message=message,
        remedy=remedy,
        seconds=seconds,
    )
