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
from hubkit.config import DEFAULT_ENDPOINT, HubConfig
from hubkit.errors import InvalidArgumentError
from hubkit.models import ModelMetadata

__all__ = ["ModelCache", "policy_of"]


class ModelCache:
    """Metadata that was asked before, for use when nobody can be asked.

    Args:
        where: A folder, a cache URL, or a backend; the platform's cache folder if left out.
        clock: Where the time comes from.

    >>> cache = ModelCache("memory://")
    >>> cache.set(ModelMetadata("org/name", license="mit"))
    >>> cache.get("org/name").license
    'mit'

    Any text is a model id here. A `HubClient`'s ``cache`` is one of these over the
    client's own tiers, and reads what that client's token may read.
    """

    def __init__(
        self, where: str | Path | CacheBackend | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        tiers = Tiers([_opened(where, clock)], clock=clock)
        # Ages are the caller's business here: `get` says how old an answer may be.
        lasting = Policy(ttl=RETENTION)
        memory: DecodedAnswers[ModelMetadata] = DecodedAnswers(max_entries=0, max_seconds=0.0, clock=clock)
        self._clock = clock
        self._tiers = tiers
        self._answers = Answers(
            tiers, endpoint=DEFAULT_ENDPOINT, scope=ANONYMOUS, policy=lasting, clock=clock, memory=memory
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
        stored = self._answers.find_model(model_id)
        model = None if stored is None else stored.model
        return None if model is None or self._is_expired(model, ttl_hours) else model

    def set(self, metadata: ModelMetadata) -> None:
        """Keep metadata, dated by its ``cached_at``, over what was there."""
        self._answers.store_model(metadata.model_id, metadata, etag=None)

    def remove(self, model_id: str) -> bool:
        """Forget a model, at every revision; whether it was known."""
        return self._answers.drop_model(model_id)

    def clear(self) -> int:
        """Forget everything in the store, whoever's it is; how many entries there were."""
        return self._answers.clear()

    def get_all_cached(self) -> list[ModelMetadata]:
        """Every model that this caller may read about, expired ones too."""
        return [model for model, _ in self._answers.models()]

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


def _opened(where: str | Path | CacheBackend | None, clock: Clock) -> CacheBackend:
    if where is None:
        return open_backend(HubConfig().cache[0], clock=clock)
    if isinstance(where, str) and "://" in where:
        return open_backend(where, clock=clock)
    if isinstance(where, (str, Path)):
        return FilesystemCache(where, clock=clock)
    if isinstance(where, CacheBackend):
        return where
    raise InvalidArgumentError(
        f"where must be a folder, a cache URL or a backend, not {type(where).__name__}"
    )
