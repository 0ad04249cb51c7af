"""Who asks: a token's replies, flights and quotas at one Hub."""

from __future__ import annotations

import attrs

from hubkit._clock import Clock
from hubkit._model_cache import policy_of
from hubkit._secrets import Secret
from hubkit._transport._outage import Outage
from hubkit.cache._cooldown import FleetCooldown, machine_name
from hubkit.cache._flight import SingleFlight
from hubkit.cache._keys import scope_of
from hubkit.cache._tally import Tally
from hubkit.cache._tiers import Tiers
from hubkit.config import HubConfig
from hubkit.interop._questions import Kind, RepoName
from hubkit.interop._reply import Reply
from hubkit.interop._shelf import Shelf

__all__ = ["Answer", "Caller", "Callers"]

# More tokens than a process will ever use at once; then all begin anew.
_MOST = 256


@attrs.frozen
class Answer:
    """A reply, and whether all who wait for it may read it from the cache."""

    reply: Reply
    shared: bool


@attrs.frozen(kw_only=True)
class Caller:
    """One token, or none, at one Hub."""

    shelf: Shelf
    flights: SingleFlight[Answer]
    api: FleetCooldown
    """The quota of the API."""
    resolvers: FleetCooldown
    """The quota of files."""
    outage: Outage
    """Whether the Hub was away a moment ago."""
    tally: Tally
    """What became of this process's questions."""

    def cooldown(self, kind: Kind) -> FleetCooldown:
        """The quota that a question counts towards."""
        return self.resolvers if kind is Kind.FILE else self.api


class Callers:
    """The callers of this process, made when they first ask.

    Args:
        tiers: What they share.
        config: Settings; token and endpoint are each request's own.
        clock: Where the time comes from.
    """

    def __init__(self, tiers: Tiers, config: HubConfig, clock: Clock) -> None:
        self._tiers = tiers
        self._config = config
        self._clock = clock
        self._made: dict[tuple[str, str], Caller] = {}

    def of(self, endpoint: str, token: Secret | None) -> Caller:
        """The caller with that token."""
        scope = scope_of(endpoint, token, self._config.cache_key)
        caller = self._made.get((endpoint, scope))
        if caller is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            # Of two threads that make one at once both take the same.
            caller = self._made.setdefault((endpoint, scope), self._make(endpoint, scope))
        return caller

    def drop(self, repo: RepoName, by: Secret | None) -> None:
        """Forget all about a repository, whoever of this process asked: a write has changed it."""
        # Told without a token that there is nothing, in another process perhaps.
        shelves = [self.of(repo.endpoint, token).shelf for token in (by, None)]
        others = [
            caller.shelf for (endpoint, _), caller in list(self._made.items()) if endpoint == repo.endpoint
        ]
        for shelf in dict.fromkeys([*shelves, *others]):
            shelf.drop(repo)

    def _make(self, endpoint: str, scope: str) -> Caller:
        tiers, clock = self._tiers, self._clock
        flights: SingleFlight[Answer] = SingleFlight(
            tiers,
            endpoint=endpoint,
            shareable=lambda answer: answer.shared,
            clock=clock,
            cache_key=self._config.cache_key,
        )

        def cooldown(bucket: str) -> FleetCooldown:
            return FleetCooldown(
                tiers, endpoint=endpoint, scope=scope, machine=machine_name(), clock=clock, bucket=bucket
            )

        return Caller(
            shelf=Shelf(tiers, endpoint=endpoint, scope=scope, policy=policy_of(self._config), clock=clock),
            flights=flights,
            api=cooldown("api"),
            resolvers=cooldown("resolvers"),
            outage=Outage(clock),
            tally=tiers.tally,
        )
