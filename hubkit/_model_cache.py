"""`ModelCache`: cached metadata by model id, without a network."""

from __future__ import annotations

from pathlib import Path

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.cache._answers import Answers
from hubkit.cache._backend import CacheBackend
from hubkit.cache._decoded import DecodedAnswers
from hubkit.cache._freshness import RETENTION, Policy
from hubkit.cache._keys import ANONYMOUS
from hubkit.cache._registry import open_backend
from hubkit.cache._tiers import Tiers, TierStats
from hubkit.cache.filesystem import FilesystemCache
from hubkit.config import HubConfig
from hubkit.errors import InvalidArgumentError
from hubkit.models import ModelMetadata

__all__ = ["ModelCache", "policy_of"]


class ModelCache:
    """Metadata that was asked before, for use when nobody can be asked.

    Args:
        where: A folder, a cache URL, or a backend; where the settings say if left out.
        endpoint: The Hub that the entries are about; the settings' if left out, so that a
            `HubClient` with the same settings finds the same entries.
        clock: Where the time comes from.

    >>> cache = ModelCache("memory://")
    >>> cache.set(ModelMetadata("org/name", license="mit"))
    >>> cache.get("org/name").license
    'mit'

    Any text is a model id here. A `HubClient`'s ``cache`` is one of these over the
    client's own tiers, and reads what that client's token may read.
    """

    def __init__(
        self,
        where: str | Path | CacheBackend | None = None,
        *,
        endpoint: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        settings = HubConfig.load() if where is None or endpoint is None else HubConfig(endpoint=endpoint)
        places = settings.cache if where is None else [where]
        tiers = Tiers([_opened(place, clock) for place in places], clock=clock)
        # Ages are the caller's business here: `get` says how old an answer may be.
        lasting = Policy(ttl=RETENTION)
        memory: DecodedAnswers[ModelMetadata] = DecodedAnswers(max_entries=0, max_seconds=0.0, clock=clock)
        self._clock = clock
        self._tiers = tiers
        self._answers = Answers(
            tiers,
            endpoint=settings.endpoint if endpoint is None else endpoint,
            scope=ANONYMOUS,
            policy=lasting,
            clock=clock,
            memory=memory,
        )

    @classmethod
    def _over(cls, answers: Answers, tiers: Tiers, clock: Clock) -> ModelCache:
        cache = cls.__new__(cls)
        cache._answers, cache._tiers, cache._clock = answers, tiers, clock
        return cache

    def get(self, model_id: str, ttl_hours: float = 24) -> ModelMetadata | None:
        """The metadata of a model, if it is cached and not older than that.

        Args:
            model_id: Any text.
            ttl_hours: Age up to which it will do, in hours.
        """
        stored = self._answers.find_model(_text(model_id))
        model = None if stored is None else stored.model
        return None if model is None or self._is_expired(model, ttl_hours) else model

    def set(self, metadata: ModelMetadata) -> None:
        """Keep metadata, dated by its ``cached_at``, over what was there."""
        if not isinstance(metadata, ModelMetadata):
            raise InvalidArgumentError(f"metadata must be a ModelMetadata, not {type(metadata).__name__}")
        self._answers.store_model(metadata.model_id, metadata, etag=None)

    def remove(self, model_id: str) -> bool:
        """Forget a model, at every revision; whether it was known."""
        return self._answers.drop_model(_text(model_id))

    def clear(self) -> int:
        """Forget everything in the store, whoever's it is; how many entries there were."""
        return self._answers.clear()

    def get_all_cached(self) -> list[ModelMetadata]:
        """Every model that this caller may read about, expired ones too."""
        return [stored.model for stored in self._answers.models() if stored.model is not None]

    def stats(self) -> list[TierStats]:
        """What each tier has done for this client and how full it is, nearest first."""
        return self._tiers.stats()

    def close(self) -> None:
        """Give back files and connections."""
        self._tiers.close()

    def _is_expired(self, model: ModelMetadata, ttl_hours: float) -> bool:
        from datetime import datetime, timezone

        return model.is_expired(ttl_hours, now=datetime.fromtimestamp(self._clock.now(), timezone.utc))


def policy_of(config: HubConfig) -> Policy:
    """The freshness policy that the settings ask for."""
    return Policy(
        ttl=config.ttl,
        stale_while_revalidate=config.stale_while_revalidate,
        stale_if_error=config.stale_if_error,
        negative_ttl=config.negative_ttl,
    )


def _text(model_id: object) -> str:
    if not isinstance(model_id, str):
        raise InvalidArgumentError(f"model_id must be text, not {type(model_id).__name__}")
    return model_id


def _opened(where: str | Path | CacheBackend, clock: Clock) -> CacheBackend:
    if isinstance(where, str) and "://" in where:
        return open_backend(where, clock=clock)
    if isinstance(where, (str, Path)):
        return FilesystemCache(where, clock=clock)
    if isinstance(where, CacheBackend):
        return where
    raise InvalidArgumentError(
        f"where must be a folder, a cache URL or a backend, not {type(where).__name__}"
    )
