"""The services of a client, put together for one token."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from hubkit._clock import Clock
from hubkit._metadata import MetadataStore
from hubkit._model_cache import ModelCache, policy_of
from hubkit._transport import Transport
from hubkit.cache._answers import Answers
from hubkit.cache._backend import CacheBackend, flaw_of
from hubkit.cache._cooldown import FleetCooldown, machine_name
from hubkit.cache._decoded import DecodedAnswers
from hubkit.cache._flight import SingleFlight
from hubkit.cache._keys import scope_of
from hubkit.cache._registry import open_backend
from hubkit.cache._tiers import Tiers
from hubkit.config import HubConfig
from hubkit.errors import InvalidArgumentError
from hubkit.models import ModelMetadata

if TYPE_CHECKING:
    from hubkit._metadata import SearchStore
    from hubkit._reports import Reports
    from hubkit._repositories import Repositories
    from hubkit._transfers import Downloads, Uploads

__all__ = ["Rooms", "given_or_loaded", "open_tiers"]


def given_or_loaded(config: HubConfig | None) -> HubConfig:
    """The settings that a caller gives, or, without any, those that there are.

    Raises:
        InvalidArgumentError: What is given is something else: a URL, a mapping.
        ConfigError: One that there is can't be right.
    """
    if config is None:
        return HubConfig.load()
    if not isinstance(config, HubConfig):
        raise InvalidArgumentError(
            f"config must be a HubConfig, such as HubConfig(cache='redis://host/0'), not {type(config).__name__}"
        )
    return config


def open_tiers(config: HubConfig, clock: Clock, backends: Sequence[CacheBackend] | None = None) -> Tiers:
    """The stores that the settings name, or those given. Nothing is opened before it is needed.

    Raises:
        ConfigError: A URL can't be right.
        BackendUnavailableError: What one needs isn't installed.
        InvalidArgumentError: What was given is no backend.
    """
    if backends is None:
        backends = [open_backend(url, max_bytes=config.cache_max_bytes, clock=clock) for url in config.cache]
    else:
        _check_backends(backends)
    key = config.cache_key
    return Tiers(
        backends,
        share_private=config.share_private,
        read_only=config.cache_mode == "read-only",
        signing_key=None if key is None else key.reveal().encode("utf-8", "surrogatepass"),
        clock=clock,
    )


def _check_backends(backends: Sequence[CacheBackend]) -> None:
    if not isinstance(backends, Sequence):
        raise InvalidArgumentError(f"backends must be a list of CacheBackends, not {type(backends).__name__}")
    for index, backend in enumerate(backends):
        flaw = flaw_of(backend)
        if flaw is not None:
            raise InvalidArgumentError(f"backends[{index}] is no cache backend: {flaw}")


@attrs.frozen(kw_only=True)
class Rooms:
    """Everything that depends on whose token it is; replaced whole when that changes."""

    config: HubConfig
    clock: Clock
    tiers: Tiers
    transport: Transport
    answers: Answers
    metadata: MetadataStore
    cache: ModelCache
    connected: bool = False
    """Whether the Hub has confirmed the token."""

    @classmethod
    def furnish(cls, config: HubConfig, tiers: Tiers, clock: Clock) -> Rooms:
        """Put the services together.

        Args:
            config: Settings, the token included.
            tiers: The stores, which outlive a change of the token.
            clock: Where the time comes from.
        """
        scope = scope_of(config.endpoint, config.token, config.cache_key)
        cooldown = FleetCooldown(
            tiers, endpoint=config.endpoint, scope=scope, machine=machine_name(), clock=clock
        )
        transport = Transport(config, token=config.token, clock=clock, cooldown=cooldown)
        memory: DecodedAnswers[ModelMetadata] = DecodedAnswers(
            max_entries=config.memory_entries, max_seconds=config.memory_seconds, clock=clock
        )
        answers = Answers(
            tiers,
            endpoint=config.endpoint,
            scope=scope,
            policy=policy_of(config),
            clock=clock,
            memory=memory,
        )
        flights: SingleFlight[ModelMetadata] = SingleFlight(
            tiers,
            endpoint=config.endpoint,
            shareable=answers.is_public,
            clock=clock,
            cache_key=config.cache_key,
        )
        return cls(
            config=config,
            clock=clock,
            tiers=tiers,
            transport=transport,
            answers=answers,
            metadata=MetadataStore(
                answers, transport, flights=flights, max_workers=config.max_workers, clock=clock
            ),
            cache=ModelCache._over(answers, tiers, clock, progress=config.progress),
        )

    # Made, and imported, when somebody asks: most programs only read metadata.

    @cached_property
    def searches(self) -> SearchStore:
        """Searches, and what is left of them without the Hub."""
        from hubkit._metadata import SearchStore

        return SearchStore(self.answers, self.transport, clock=self.clock)

    @property
    def reports(self) -> Reports:
        """Reports on licences and compatibility."""
        from hubkit._reports import Reports

        return Reports(self.metadata, self.transport)

    @property
    def downloads(self) -> Downloads:
        """Files from the Hub."""
        from hubkit._transfers import Downloads
        from hubkit.cache._access import AccessNotes

        notes = AccessNotes(
            self.tiers,
            endpoint=self.config.endpoint,
            scope=scope_of(self.config.endpoint, self.config.token, self.config.cache_key),
            clock=self.clock,
        )
        return Downloads(
            self.transport,
            self.metadata,
            notes,
            max_workers=self.config.max_workers,
            progress=self.config.progress,
            clock=self.clock,
        )

    @property
    def uploads(self) -> Uploads:
        """Adapters to the Hub."""
        from hubkit._transfers import Uploads

        return Uploads(
            self.transport, self.metadata, self.repositories, progress=self.config.progress, clock=self.clock
        )

    @property
    def repositories(self) -> Repositories:
        """Repositories as such."""
        from hubkit._repositories import Repositories

        return Repositories(self.transport, changed=self.metadata.drop)
