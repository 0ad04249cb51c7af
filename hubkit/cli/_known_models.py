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
_PATIENCE: Final = 0.06
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
    deadline = Deadline(_PATIENCE, clock)
    found: set[str] = set()
    for model_id in _ids(config, beginning, clock):
        found.add(model_id)
        if len(found) >= _MOST or deadline.passed():
            break
    return sorted(found)


def _ids(config: HubConfig, beginning: str, clock: Clock) -> Iterator[str]:
    from hubkit.cache._keys import PUBLIC, model_prefix, scope_of
    from hubkit.cache._registry import open_backend

    scopes = (PUBLIC, scope_of(config.endpoint, config.token, config.cache_key))
    prefixes = tuple(model_prefix(config.endpoint, scope) for scope in scopes)
    for url in config.cache:
        # A server may be slow, or far away.
        if not url.startswith(("file:", "sqlite:")):
            continue
        backend = open_backend(url, clock=clock)
        for key in backend.keys(""):
            prefix = next(filter(key.startswith, prefixes), None)
            # A key with a space is about a revision.
            model_id = "" if prefix is None else key[len(prefix) :]
            if model_id.startswith(beginning) and model_id and " " not in model_id:
                yield model_id


def _settings(ctx: click.Context) -> HubConfig:
    """With the global options that stand before the command."""
    from hubkit.config import HubConfig

    given = ctx.find_root().params
    overrides = {"endpoint": given.get("endpoint"), "cache": given.get("tiers") or None}
    return HubConfig.load({name: value for name, value in overrides.items() if value is not None})
