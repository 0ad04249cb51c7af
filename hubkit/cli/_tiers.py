"""What the commands that change the cache check, and how they name its tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubkit._secrets import redact
from hubkit.cli._session import Session
from hubkit.errors import CacheUnavailableError, ConfigError

if TYPE_CHECKING:
    from hubkit._client import HubClient

__all__ = ["check_obeyed", "check_writable", "tier_names"]


def check_writable(session: Session) -> None:
    """Whether this machine may change the cache.

    Raises:
        ConfigError: It may not.
    """
    if session.settings.cache_mode == "read-only":
        raise ConfigError("cache_mode is read-only: this machine may not change the cache")


def check_obeyed(hub: HubClient, consequence: str) -> None:
    """Whether every tier did what it was told: the cache itself goes on without one that can't.

    Args:
        hub: Whose tiers.
        consequence: What that means, as the end of a sentence.

    Raises:
        CacheUnavailableError: One didn't.
    """
    # A full store, or a replica, answers and yet refuses to be written.
    if not all(tier.reachable and tier.errors == 0 for tier in hub.cache.stats().tiers):
        raise CacheUnavailableError(f"a tier can't be used, {consequence}")


def tier_names(session: Session) -> list[str]:
    """The tiers' URLs; a password in one is masked."""
    return [redact(url) for url in session.config.cache]
