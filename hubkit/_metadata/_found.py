"""`FoundModels`: what a search found, and who said so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hubkit.models import ModelMetadata

__all__ = ["FoundModels"]


class FoundModels(list[ModelMetadata]):
    """A list of models that knows whether the Hub was asked.

    Args:
        models: What was found.
        from_cache: Whether the Hub couldn't be asked, and this is what is cached.

    >>> found = FoundModels([ModelMetadata("org/name", cached_at="2026-01-01T00:00:00Z")], from_cache=True)
    >>> found.from_cache, f"{found.told_at:%Y-%m-%d}", found == list(found)
    (True, '2026-01-01', True)

    .. versionadded:: 0.1
    """

    def __init__(self, models: Iterable[ModelMetadata] = (), *, from_cache: bool = False) -> None:
        super().__init__(models)
        self.from_cache = from_cache
        """Whether it is this machine's answer rather than the Hub's: it may know of fewer models."""

    @property
    def told_at(self) -> datetime | None:
        """When the Hub told the oldest of it; None when nothing was found. Each model's is its ``cached_at``."""
        return min((model.cached_at for model in self), default=None)
