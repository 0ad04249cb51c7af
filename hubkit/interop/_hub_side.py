"""The Hub's side of a conversation: asked with its quotas and a recent outage in mind."""

from __future__ import annotations

from typing import Final

from hubkit._clock import Clock, Deadline
from hubkit._transport._pauses import retry_after, spent_quota
from hubkit.errors import RateLimitedError, ServerError, TransportError, TransportTimeoutError
from hubkit.interop._caller import Caller
from hubkit.interop._http import Http, Request, Response, Send
from hubkit.interop._questions import Question

__all__ = ["HubSide"]

# When a refusal names no time.
_QUOTA_PAUSE: Final = 5.0


class HubSide:
    """Asks the Hub, and remembers what came of it.

    Args:
        send: Sends a request to the Hub.
        http: The library that requests and responses are of.
        caller: Who asks.
        deadline: Seconds to wait for a quota.
        clock: Where the time comes from.
    """

    def __init__(self, send: Send, http: Http, caller: Caller, *, deadline: float, clock: Clock) -> None:
        self._send = send
        self._http = http
        self._caller = caller
        self._deadline = deadline
        self._clock = clock
        self.response: Response | None = None
        """Its last response."""
        self.failure: Exception | None = None
        """Of the client's library: why there is none."""

    def ask(self, question: Question, request: Request, *, patient: bool) -> Response:
        """The Hub's response, which may be a refusal.

        Args:
            question: What is asked.
            request: That asks it.
            patient: Whether to wait for a quota that is used up or a Hub that is silent; False when
                the caller has something to say instead.

        Raises:
            TransportError: It can't be reached, or couldn't a moment ago.
            RateLimitedError: The quota is used up for longer than the caller waits.
            ServerError: It failed.
        """
        cooldown = self._caller.cooldown(question.kind)
        if not patient:
            self._caller.outage.check(question.url)
        deadline = Deadline(self._deadline if patient else 0.0, self._clock)
        pause = cooldown.remaining()
        while True:
            if pause:
                if pause > deadline.remaining():
                    raise RateLimitedError(
                        f"the quota of {question.endpoint} is used up for another {pause:.0f} s",
                        429,
                        retry_after=pause,
                    )
                self._clock.sleep(pause)
            self.response = response = self._heard(question, request)
            pause = self._spent(response)
            if pause:
                cooldown.begin(pause)
            if response.status_code != 429:
                self._check(response, question)
                return response

    def _heard(self, question: Question, request: Request) -> Response:
        """The Hub's response to one request."""
        outage, library = self._caller.outage, self._http.library
        try:
            response = self._send(request)
        except library.TransportError as error:
            self.failure = error
            kind = TransportTimeoutError if isinstance(error, library.TimeoutException) else TransportError
            failure = kind(f"{question.url}: {type(error).__name__}: {error}")
            outage.failed(failure)
            raise failure from error
        return response

    def _check(self, response: Response, question: Question) -> None:
        status = response.status_code
        if status < 500:
            self._caller.outage.ended()
            return
        refusal = ServerError(f"{status} from {question.url}: the Hub failed", status)
        self._caller.outage.failed(refusal)
        raise refusal

    def _spent(self, response: Response) -> float:
        """Seconds until a quota begins anew; 0 while there is some left."""
        if response.status_code == 429:
            return retry_after(response.headers, now=self._clock.now()) or _QUOTA_PAUSE
        return spent_quota(response.headers) or 0.0
