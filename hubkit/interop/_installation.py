"""Putting the cache beneath huggingface_hub, and taking it away again."""

from __future__ import annotations

import logging
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import attrs

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit._rooms import given_or_loaded, open_tiers
from hubkit.cache._tiers import Tiers
from hubkit.config import HubConfig
from hubkit.errors import ConfigError, InvalidArgumentError
from hubkit.interop._cached_send import CachedSend
from hubkit.interop._caller import Callers
from hubkit.interop._http import Client, Http

log = logging.getLogger("hubkit")

__all__ = ["HTTP_MODULE", "cached", "cached_in", "install", "uninstall"]

HTTP_MODULE = "huggingface_hub.utils._http"
"""Where huggingface_hub keeps its client, in all versions that hubkit works with."""

Factory = Callable[[], Client]

_changing = threading.RLock()
_installed: _Installation | None = None


def install(config: HubConfig | None = None, *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Let huggingface_hub, and whatever is built on it, read through hubkit's cache.

    From then on `HfApi` reads, and the HEAD requests of `hf_hub_download`, `transformers`,
    `datasets` and others, are answered from the tiers while they are fresh, shared with
    all who share these, and there without a network. Twice is once; the second call goes
    before a client factory that was set meanwhile by a ``set_client_factory`` which a
    program had imported before the first.

    Args:
        config: Settings; ``HubConfig.load()`` if left out. Tokens and the Hub's address are
            those of each request.
        clock: Where the time comes from.

    Raises:
        ConfigError: A setting can't be right.
        InvalidArgumentError: ``config`` is no `HubConfig`, or it is installed with other settings.

    .. versionadded:: 0.1
    """
    _install(config, clock, None)


def uninstall() -> None:
    """Let huggingface_hub ask the Hub itself again, through what its factory was before. Twice is once.

    .. versionadded:: 0.1
    """
    global _installed
    with _changing:
        if _installed is not None:
            _installed.undo()
            _installed = None


@contextmanager
def cached(config: HubConfig | None = None, *, clock: Clock = SYSTEM_CLOCK) -> Iterator[None]:
    """`install` for the length of a ``with`` block; within another, or after `install`, it changes nothing.

    Args:
        config: As for `install`.
        clock: Where the time comes from.

    Raises:
        ConfigError: A setting can't be right.
        InvalidArgumentError: It is installed with other settings.

    >>> from huggingface_hub import HfApi
    >>> from hubkit import HubConfig
    >>> from hubkit.testing import LocalHub
    >>> with LocalHub() as hub, cached(HubConfig(cache="memory://")):
    ...     hub.add_model({"id": "org/name", "private": False})
    ...     names = [HfApi(endpoint=hub.endpoint, token=False).model_info("org/name").id for _ in range(3)]
    ...     hub.total_requests
    1

    .. versionadded:: 0.1
    """
    with cached_in(None, config, clock):
        yield


@contextmanager
def cached_in(tiers: Tiers | None, config: HubConfig | None, clock: Clock) -> Iterator[None]:
    """`cached` over stores that somebody has opened; over those of the settings without any."""
    with _changing:
        outermost = _installed is None
        _install(config, clock, tiers)
    try:
        yield
    finally:
        if outermost:
            uninstall()


def _install(config: HubConfig | None, clock: Clock, tiers: Tiers | None) -> None:
    global _installed
    with _changing:
        wanted = given_or_loaded(config)
        if _installed is None:
            _installed = _Installation(wanted, clock, open_tiers(wanted, clock) if tiers is None else tiers)
        elif config is not None and not _installed.is_for(config):
            raise InvalidArgumentError(
                "config differs from the one that is installed: call uninstall() first"
            )
        else:
            _installed.take_place()


class _Installation:
    """The cache in its place; the factory of clients that stood there goes on making them.

    Args:
        config: Settings.
        clock: Where the time comes from.
        tiers: The stores.
    """

    def __init__(self, config: HubConfig, clock: Clock, tiers: Tiers) -> None:
        self.config = config
        self._clock = clock
        self._tiers = tiers
        self._callers = Callers(self._tiers, config, clock)
        self._clients: weakref.WeakSet[Client] = weakref.WeakSet()
        hub: Any = import_module(HTTP_MODULE)
        if not hasattr(hub, "set_client_factory"):
            raise ConfigError("hubkit.interop needs huggingface_hub 1.2 or newer")
        self._hub = hub
        self._set_factory: Callable[[Factory], None] = hub.set_client_factory
        # No public name tells what it is.
        self._factory: Factory = hub._GLOBAL_CLIENT_FACTORY
        self._give_out(self._take_factory, instead_of=self._set_factory)
        self._set_factory(self._make_client)

    def is_for(self, config: HubConfig) -> bool:
        """Whether these are its settings; the token is each request's own."""
        return attrs.evolve(config, token=None) == attrs.evolve(self.config, token=None)

    def undo(self) -> None:
        """Put back what was there, or what a program has set since."""
        self._give_out(self._set_factory, instead_of=self._take_factory)
        self._set_factory(self._factory)
        for client in list(self._clients):
            # A program may keep a client of its own for ever.
            if isinstance(client.send, CachedSend):
                client.send = client.send.original
        self._tiers.close()

    def _give_out(
        self, function: Callable[[Factory], None], *, instead_of: Callable[[Factory], None]
    ) -> None:
        """Put one ``set_client_factory`` in the place of another, under each name that programs may import."""
        for name in (HTTP_MODULE, "huggingface_hub.utils", "huggingface_hub"):
            names = vars(sys.modules[name])
            if names.get("set_client_factory") == instead_of:
                names["set_client_factory"] = function

    def take_place(self) -> None:
        """Go before a factory that was set behind our back, by a function that a program had imported earlier."""
        if self._make_client != self._hub._GLOBAL_CLIENT_FACTORY:
            self._take_factory(self._hub._GLOBAL_CLIENT_FACTORY)

    def _take_factory(self, client_factory: Factory) -> None:
        """In the place of ``set_client_factory``: a program's own proxies and certificates go beneath the cache."""
        self._factory = client_factory
        self._set_factory(self._make_client)

    def _make_client(self) -> Client:
        client = self._factory()
        http = Http.of(client)
        if http is None:
            log.warning(
                "not cached: what the client factory gave is no client of httpx: %s", type(client).__name__
            )
        elif not isinstance(client.send, CachedSend):
            client.send = CachedSend(
                client,
                http,
                self._callers,
                self.config,
                self._clock,
                reaches_others=self._tiers.reaches_others,
            )
            self._clients.add(client)
        return client
