"""``hubkit cache warm``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from hubkit.cli._failures import ExitCode
from hubkit.cli._names import names_in
from hubkit.cli._progress import bar_of
from hubkit.cli._session import Session, end_with, json_option, pass_session
from hubkit.cli._tiers import check_writable
from hubkit.errors import (
    AuthenticationError,
    HubkitError,
    OfflineError,
    RateLimitedError,
    TransportError,
)

if TYPE_CHECKING:
    from hubkit._client import HubClient
    from hubkit.models import ModelMetadata

__all__ = ["warm"]

_AT_ONCE = 50
"""Models of one call: enough to keep all workers busy, few enough for the bar to move."""

_HINDRANCES = (RateLimitedError, AuthenticationError, TransportError, OfflineError)
"""Failures that the next model would meet as well."""


@click.command()
@click.argument("file")
@json_option
@pass_session
def warm(session: Session, file: str, as_json: bool) -> None:
    """Ask for the models that FILE lists, unless they are cached.

    One model id a line; what follows a '#' is a comment. '-' is standard input. Exit code 1 when
    the Hub has no such model for some. What was got before a failure is cached all the same.
    """
    check_writable(session)
    names = names_in(file)
    warming = _Warming(session, session.clock.now())
    with session.hub() as hub:
        warming.run(hub, names)
    if warming.failure is not None:
        session.out.note(f"hubkit: {warming.summary()}, {len(warming.left)} left")
        raise _without_partial(warming.failure)
    if as_json:
        session.out.json(
            {
                "models": len(names),
                "cached": warming.cached,
                "asked": warming.asked,
                "missing": warming.missing,
            }
        )
    else:
        session.out.line(f"{len(names)} {'model' if len(names) == 1 else 'models'}: {warming.summary()}")
    for name in warming.missing:
        session.out.note(f"{name}: no such model, or not for this token", kind="warning")
    if warming.missing:
        end_with(ExitCode.NO)


class _Warming:
    """One walk over a list of models.

    Args:
        session: The run.
        started: Epoch seconds; answers dated later were asked for now.
    """

    def __init__(self, session: Session, started: float) -> None:
        self.cached = self.asked = 0
        self.missing: list[str] = []
        self.left: list[str] = []
        """Those about which nothing could be learnt."""
        self.failure: HubkitError | None = None
        """Why; the one that concerns all if there is such."""
        self._session = session
        self._started = started

    def run(self, hub: HubClient, names: Sequence[str]) -> None:
        """Ask for all of them, a few at a time; after a hindrance, only look what is cached."""
        with bar_of(self._session, "models", total=len(names)) as bar:
            for batch in _batches(names):
                known = {} if isinstance(self.failure, _HINDRANCES) else self._ask(hub, batch)
                for name in batch:
                    self._sort(name, known, hub)
                bar.update(len(batch))

    def summary(self) -> str:
        """The counts, for people."""
        return f"{self.cached} cached, {self.asked} asked, {len(self.missing)} missing"

    def _ask(self, hub: HubClient, batch: Sequence[str]) -> Mapping[str, ModelMetadata | None]:
        """What is learnt about some models; None of those that there are not."""
        log = self._session.log_handler
        before = log.survived
        try:
            known: Mapping[str, ModelMetadata | None] = hub.get_many_metadata(batch)
        except RateLimitedError as error:
            self.failure = error
            return error.partial
        except HubkitError as error:
            if self.failure is None or isinstance(error, _HINDRANCES):
                self.failure = error
            return {}
        # A Hub out of reach raises nothing: what isn't known then may exist all the same.
        hindrance = log.survived
        if hindrance is not before and isinstance(hindrance, _HINDRANCES) and None in known.values():
            self.failure = hindrance
            return {name: model for name, model in known.items() if model is not None}
        return known

    def _sort(self, name: str, known: Mapping[str, ModelMetadata | None], hub: HubClient) -> None:
        model = known[name] if name in known else hub.recall_metadata(name)
        if model is not None:
            is_new = model.cached_at.timestamp() >= self._started
            self.asked += is_new
            self.cached += not is_new
        elif name in known:
            self.missing.append(name)
        else:
            self.left.append(name)


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _without_partial(error: HubkitError) -> HubkitError:
    """The error without the attribute that its text names: what it holds is counted already."""
    if not isinstance(error, RateLimitedError):
        return error
    text = error.message.removesuffix(f"; {len(error.partial)} models are in .partial")
    return RateLimitedError(
        text, error.status_code, error.url, error.request_id, error.server_message, error.retry_after
    )
