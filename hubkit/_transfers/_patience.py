"""Pauses of `huggingface_hub`: where the Hub names one that is too long, there is an error instead.

It sleeps for as long as the Hub says, five times over and without a limit: an hour, or
a year. Nothing ends such a sleep, so it has to be kept from beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hubkit._clock import Clock
from hubkit._secrets import Secret, redact
from hubkit._transport import HubResponse, error_from
from hubkit._transport._pauses import literal_pause

__all__ = ["patient_for"]

_patience: ContextVar[tuple[float, Secret | None, Clock] | None] = ContextVar("hubkit patience", default=None)


@contextmanager
def patient_for(seconds: float, *, token: Secret | None, clock: Clock) -> Iterator[None]:
    """Let calls of `huggingface_hub` inside fail where the Hub asks them to wait for longer.

    Args:
        seconds: The longest pause.
        token: What no message may repeat.
        clock: To read a date in ``Retry-After``.
    """
    from huggingface_hub import get_session

    # The client is everybody's; the hook looks who asks.
    hooks: list[Any] = get_session().event_hooks["response"]
    if _refuse_long_pause not in hooks:
        hooks.append(_refuse_long_pause)
    before = _patience.set((seconds, token, clock))
    try:
        yield
    finally:
        _patience.reset(before)


def _refuse_long_pause(response: Any) -> None:
    asked = _patience.get()
    if asked is None or response.status_code < 400:
        return
    seconds, token, clock = asked
    if literal_pause(response.headers) > seconds:
        # Its body says no more, and was not read yet.
        answer = HubResponse(response.status_code, redact(str(response.url)), response.headers, b"")
        raise error_from(answer, token=token, now=clock.now())
