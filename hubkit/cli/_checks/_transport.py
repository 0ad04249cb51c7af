"""A way to the Hub for a question that has to be answered soon, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from hubkit._clock import Clock, Deadline
from hubkit._secrets import Secret
from hubkit.config import HubConfig

if TYPE_CHECKING:
    from hubkit._transport import Transport

__all__ = ["PATIENCE", "deadline_of", "hasty_transport"]

PATIENCE = 2.0
"""Seconds for an answer, beyond the time to connect."""


def deadline_of(config: HubConfig, clock: Clock) -> Deadline:
    """By when the Hub has to have answered."""
    return Deadline(config.connect_timeout + PATIENCE, clock)


@contextmanager
def hasty_transport(config: HubConfig, token: Secret | None, clock: Clock) -> Iterator[Transport]:
    """A transport that tries once, closed at the end.

    Args:
        config: The settings.
        token: Sent along; None asks anonymously.
        clock: The machine's.
    """
    # What the first request would import is no matter of the Hub's speed.
    import hubkit._transport._bounded  # noqa: F401
    from hubkit._transport import Transport

    hasty = attrs.evolve(config, token=None, retries=0, read_timeout=min(config.read_timeout, PATIENCE))
    transport = Transport(hasty, token=token, clock=clock)
    try:
        yield transport
    finally:
        transport.close()
