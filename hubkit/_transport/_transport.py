"""Requests to the Hub that come back as an answer or as one of our errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import attrs

from hubkit._clock import SYSTEM_CLOCK, Clock, Deadline
from hubkit._secrets import Secret
from hubkit._transport._exchange import Exchange, HubResponse, Params
from hubkit._transport._links import next_page, resolve_on_origin
from hubkit._transport._notices import Notices
from hubkit._transport._outage import Outage, is_absence
from hubkit._transport._pauses import RETRIED_STATUSES, backoff, spent_quota
from hubkit._transport._refusals import error_from
from hubkit.config import HubConfig
from hubkit.errors import (
    OfflineError,
    RateLimitedError,
    ResponseError,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
)

__all__ = ["Cooldown", "Transport"]

log = logging.getLogger("hubkit")

_SHORTEST_NAMED_PAUSE = 1.0
_MAX_REDIRECTS = 5
_MAX_EMPTY_PAGES = 3


@attrs.define
class _Way:
    """Where a question has come to; another attempt goes on there instead of being sent round again."""

    url: str
    params: Params
    redirects: int = 0
    requests: int = 0


class Cooldown(Protocol):
    """Who knows when the Hub will answer again, after a quota was used up."""

    def begin(self, seconds: float, /) -> None:
        """The Hub said that it will answer again in so many seconds."""
        ...

    def remaining(self) -> float:
        """Seconds until it will; 0 when nobody was told to wait."""
        ...


class Transport:
    """The way to one Hub, with one token or none.

    Thread-safe. Reads are retried within their deadline, unless the Hub was away a moment
    ago; writes are sent once, since nobody knows what became of one whose answer was lost.

    Args:
        config: Endpoint, timeouts, deadline, retries.
        token: Whose requests these are; None: anonymous.
        clock: Where the time comes from.
        cooldown: Asked before each read, and told when a quota is used up.
    """

    def __init__(
        self,
        config: HubConfig,
        *,
        token: Secret | None,
        clock: Clock = SYSTEM_CLOCK,
        cooldown: Cooldown | None = None,
    ) -> None:
        self.endpoint: str = config.endpoint
        self.token: Secret | None = token
        self.offline: bool = config.offline
        self._deadline = config.deadline
        self._retries = config.retries
        self._most_requests = max(config.retries, _MAX_REDIRECTS) + 1
        self._clock = clock
        self._cooldown = cooldown
        self._outage = Outage(clock)
        self._notices = Notices(token)
        self._exchange = Exchange(
            token=token,
            pool_size=max(10, config.max_workers),
            connect_timeout=config.connect_timeout,
            read_timeout=config.read_timeout,
        )

    def get(
        self,
        path: str,
        *,
        params: Params = (),
        etag: str | None = None,
        deadline: Deadline | None = None,
        patient: bool = True,
    ) -> HubResponse:
        """Read one resource; 304 is an answer when ``etag`` was sent along.

        Args:
            path: Beginning with ``/``, on this Hub.
            params: Query.
            etag: Of the answer at hand, verbatim.
            deadline: By when; a new one of the configured length if left out.
            patient: Whether to wait for a quota that is used up or a Hub that is silent; False
                when the caller has an older answer to go on with.

        Raises:
            OfflineError: The network is forbidden.
            TransportError: The Hub can't be reached, or what answers isn't a Hub.
            ResponseError: It answered with an error.
        """
        headers = {"If-None-Match": etag} if etag else {}
        return self._read(
            "GET", self.endpoint + path, params, headers, deadline or self.new_deadline(), patient=patient
        )

    def pages(
        self, path: str, *, params: Params = (), max_pages: int = 1000, patient: bool = True
    ) -> Iterator[HubResponse]:
        """Read a listing page by page, each with a deadline of its own.

        Args:
            path: As for `get`.
            params: Query.
            max_pages: Pages after which it is given up.
            patient: As for `get`, of the first page: a listing that was begun has to be ended.

        Raises:
            TransportError: As `get`; an `UnexpectedAnswerError` also for a listing that leads nowhere: another
                origin, a circle, empty pages without end, or more than ``max_pages``.
            ResponseError: As `get`.
        """
        url: str | None = self.endpoint + path
        seen: set[str] = set()
        empty, before = 0, b""
        while url is not None:
            if url in seen or empty > _MAX_EMPTY_PAGES or len(seen) >= max_pages:
                raise UnexpectedAnswerError(f"{self.endpoint}{path}: the listing doesn't end")
            seen.add(url)
            is_begun = len(seen) > 1
            page = self._read("GET", url, params, {}, self.new_deadline(), patient=patient or is_begun)
            yield page
            # One that repeats the last says as little as an empty one.
            says_more = page.body.strip(b"[] \t\r\n") and page.body != before
            empty, before = 0 if says_more else empty + 1, page.body
            # The next page's URL brings the whole query along.
            params = ()
            url = next_page(
                page.headers.get("Link"), current=page.url, endpoint=self.endpoint, token=self.token
            )

    def write(self, method: str, path: str, *, json: Any = None) -> HubResponse:
        """Send a change, once.

        Raises:
            OfflineError: The network is forbidden.
            TransportError: The Hub can't be reached; whether it did it is unknown.
            UnexpectedAnswerError: What answered did not do it: a redirect, or a page for people.
            ResponseError: It refused.
        """
        self._check_online(path)
        url = self.endpoint + path
        response = self._checked(self._exchange.send(method, url, deadline=self.new_deadline(), json=json))
        if response.status >= 300:
            raise UnexpectedAnswerError(f"{url}: redirected, and not done; was the repository renamed?")
        if "html" in response.headers.get("Content-Type", "").lower():
            raise UnexpectedAnswerError(
                f"{url} answered with a web page: is a proxy or login portal in between?"
            )
        return response

    def new_deadline(self) -> Deadline:
        """A deadline of the configured length, from now."""
        return Deadline(self._deadline, self._clock)

    def close(self) -> None:
        """Give back the connections."""
        self._exchange.close()

    def _read(
        self,
        method: str,
        url: str,
        params: Params,
        headers: Mapping[str, str],
        deadline: Deadline,
        *,
        patient: bool = True,
    ) -> HubResponse:
        self._check_online(url)
        if not patient:
            self._outage.check(url)
        insists = not self._outage.lasts()
        way = _Way(url, params)
        attempt = 0
        while True:
            attempt += 1
            self._wait_for_quota(way.url, deadline if patient else None)
            try:
                response = self._follow(method, way, headers, deadline)
            except (TransportError, ResponseError) as error:
                given_up = is_absence(error) and not insists
                impatient = isinstance(error, RateLimitedError) and not patient
                pause = self._pause_before_retry(error, attempt, deadline)
                if pause is None or given_up or impatient or way.requests >= self._most_requests:
                    self._outage.failed(error)
                    raise
                log.info("attempt %d failed, next in %.1f s: %s", attempt, pause, error)
                self._clock.sleep(pause)
            else:
                self._outage.ended()
                return response

    def _follow(self, method: str, way: _Way, headers: Mapping[str, str], deadline: Deadline) -> HubResponse:
        while True:
            way.requests += 1
            response = self._exchange.send(
                method, way.url, deadline=deadline, params=way.params, headers=headers
            )
            if response.status not in (301, 302, 303, 307, 308):
                return self._checked(response)
            way.url = resolve_on_origin(
                response.headers.get("Location", ""),
                current=response.url,
                endpoint=self.endpoint,
                token=self.token,
            )
            # A renamed repository's Location leaves the query out, an asset's has its own.
            way.params = way.params if "?" not in way.url else ()
            way.redirects += 1
            if way.redirects > _MAX_REDIRECTS or way.requests >= self._most_requests:
                raise UnexpectedAnswerError(f"{way.url}: too many redirects")

    def _wait_for_quota(self, url: str, deadline: Deadline | None) -> None:
        """Wait while a quota is known to be used up, if that is possible in time; never ask meanwhile."""
        left = self._cooldown.remaining() if self._cooldown else 0.0
        if left <= 0:
            return
        if deadline is None or left >= deadline.remaining():
            text = f"{url}: not asked, since the quota is used up for another {left:.0f} s"
            raise RateLimitedError(text, 429, url, None, None, left)
        log.info("the quota is used up: next request in %.1f s", left)
        self._clock.sleep(left)

    def _check_online(self, what: str) -> None:
        if self.offline:
            raise OfflineError(
                f"{what.removeprefix(self.endpoint)}: hubkit is offline and doesn't ask the Hub"
            )

    def _checked(self, response: HubResponse) -> HubResponse:
        self._mind_quota(spent_quota(response.headers))
        self._notices.heed(response.headers)
        if response.status < 400:
            return response
        error = error_from(response, token=self.token, now=self._clock.now())
        if isinstance(error, RateLimitedError):
            self._mind_quota(error.retry_after)
        raise error

    def _mind_quota(self, seconds: float | None) -> None:
        if seconds is not None and self._cooldown is not None:
            self._cooldown.begin(seconds)

    def _pause_before_retry(self, error: Exception, attempt: int, deadline: Deadline) -> float | None:
        """Seconds to wait; None when trying again is pointless or would come too late."""
        if attempt > self._retries or not _is_passing(error):
            return None
        asked_for = error.retry_after if isinstance(error, (RateLimitedError, ServerError)) else None
        # "Retry-After: 0" would make a storm: less than a second isn't taken at its word.
        if asked_for is not None and asked_for >= _SHORTEST_NAMED_PAUSE:
            pause = asked_for
        else:
            import random

            pause = backoff(attempt, random.random())  # noqa: S311
        return pause if pause < deadline.remaining() else None


def _is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed in a moment."""
    if isinstance(error, ResponseError):
        return error.status_code in RETRIED_STATUSES
    return not isinstance(error, UnexpectedAnswerError)
