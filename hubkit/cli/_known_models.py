"""The argument MODEL, which a shell completes from what is cached on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from hubkit._clock import SYSTEM_CLOCK, Clock, Deadline

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from hubkit.config import HubConfig

    _Text = click.ParamType[str]
else:
    # Older releases of click don't take the type of its values.
    _Text = click.ParamType

__all__ = ["MODEL", "known_models"]

_MOST: Final = 100
"""Suggestions; nobody reads more."""
_PATIENCE: Final = 0.08
"""Seconds for the look into the cache: somebody is waiting at the keyboard."""


class _ModelId(_Text):
    """Any text here: what is no id is told by the command."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Ids that begin like this. Nothing is asked of anybody, and nothing that fails is told."""
        from click.shell_completion import CompletionItem

        try:
            found = known_models(_settings(ctx), incomplete)
        except Exception:  # noqa: BLE001 - a shell that waits for words has no use for an error
            return []
        return [CompletionItem(model_id) for model_id in found]


MODEL: Final = _ModelId()


def known_models(config: HubConfig, beginning: str, *, clock: Clock = SYSTEM_CLOCK) -> list[str]:
    """Ids of cached models, sorted: those that the settings' token may read about, in stores of this machine.

    Args:
        config: The settings.
        beginning: How the ids begin.
        clock: Measures how long it takes: what isn't found by then is left out.
    """
    from hubkit.cache._keys import PUBLIC, model_prefix, scope_of

    deadline: Deadline | None = None
    scopes = (PUBLIC, scope_of(config.endpoint, config.token, config.cache_key))
    prefixes = tuple(model_prefix(config.endpoint, scope) for scope in scopes)
    found: set[str] = set()
    for key in _keys(config, clock):
        # From the first key on: what is imported before it takes its time but once.
        deadline = deadline or Deadline(_PATIENCE, clock)
        if deadline.passed() or len(found) >= _MOST:
            break
        prefix = next(filter(key.startswith, prefixes), None)
        model_id = "" if prefix is None else key[len(prefix) :]
        # A key with a space is about a revision.
        if model_id and model_id.startswith(beginning) and " " not in model_id:
            found.add(model_id)
    return sorted(found)


def _keys(config: HubConfig, clock: Clock) -> Iterator[str]:
    from hubkit.cache._registry import open_backend

    for url in config.cache:
        # A server may be slow, or far away.
        if url.startswith(("file:", "sqlite:")):
            yield from open_backend(url, clock=clock).keys("")


def _settings(ctx: click.Context) -> HubConfig:
    """With the global options that stand before the command."""
    from hubkit.config import HubConfig

    given = ctx.find_root().params
    overrides = {"endpoint": given.get("endpoint"), "cache": given.get("tiers") or None}
    return HubConfig.load({name: value for name, value in overrides.items() if value is not None})
