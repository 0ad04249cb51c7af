"""Whether the Hub answers, how fast, and with which clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubkit._clock import Clock
from hubkit.cli._checks._explain import explain, proxy_for
from hubkit.cli._checks._finding import Finding, Status
from hubkit.cli._checks._skew import check_clock
from hubkit.cli._checks._transport import deadline_of, hasty_transport
from hubkit.config import HubConfig
from hubkit.errors import HubkitError, RateLimitedError, ResponseError, UnexpectedAnswerError

if TYPE_CHECKING:
    from hubkit._transport._exchange import HubResponse

__all__ = ["check_hub"]

_ASKS_FOR_A_TOKEN = (401, 403)
_WRONG_HUB = "check the endpoint: HUBKIT_ENDPOINT or HF_ENDPOINT is the Hub's base URL, without a path"


def check_hub(config: HubConfig, clock: Clock) -> list[Finding]:
    """Findings about the endpoint and the clock.

    Args:
        config: The settings.
        clock: The machine's.
    """
    if config.offline:
        return [_found(config, "skip", "not asked: offline"), _no_clock("offline")]
    # Without the token: whether that is good is another question.
    with hasty_transport(config, None, clock) as transport:
        began, started = clock.monotonic(), clock.now()
        try:
            answer = transport.get(
                "/api/models", params=[("limit", "1")], deadline=deadline_of(config, clock)
            )
            _check_listing(answer)
        except ResponseError as error:
            return [_refused(config, error, clock.monotonic() - began), _no_clock("the Hub told no time")]
        except HubkitError as error:
            what, remedy = explain(error, config)
            return [_found(config, "fail", what, remedy), _no_clock("the Hub wasn't reached")]
        took = clock.monotonic() - began
    return [_answered(config, took), check_clock(answer.headers, started, clock.now())]


def _check_listing(answer: HubResponse) -> None:
    """Whether it is what a Hub says.

    Raises:
        UnexpectedAnswerError: It isn't.
    """
    if not isinstance(answer.json(), list):
        raise UnexpectedAnswerError(f"{answer.url}: not as a Hub answers")


def _answered(config: HubConfig, took: float) -> Finding:
    proxy = proxy_for(config.endpoint)
    way = f" through the proxy {proxy}" if proxy else ""
    return _found(config, "ok", f"answers in {took * 1000:.0f} ms{way}", seconds=took)


def _refused(config: HubConfig, error: ResponseError, took: float) -> Finding:
    if error.status_code in _ASKS_FOR_A_TOKEN:
        return _found(config, "ok", f"answers in {took * 1000:.0f} ms, and asks for a token", seconds=took)
    if isinstance(error, RateLimitedError):
        when = "in a few minutes" if error.retry_after is None else f"in {error.retry_after:.0f} s"
        return _found(
            config,
            "warn",
            "answers that too many requests came from here (429)",
            f"come back {when}; a token has a quota of its own, and a shared cache (docs/redis.md) asks less",
            seconds=took,
        )
    if error.status_code >= 500:
        return _found(
            config,
            "fail",
            f"answers {error.status_code}: the Hub itself fails",
            "try again later; with stale_if_error=7d cached models go on meanwhile",
            seconds=took,
        )
    return _found(config, "fail", f"answers {error.status_code}", _WRONG_HUB, seconds=took)


def _found(
    config: HubConfig,
    status: Status,
    message: str,
    remedy: str | None = None,
    *,
    seconds: float | None = None,
) -> Finding:
    return Finding(
        check="endpoint",
        subject=config.endpoint,
        status=status,
        message=message,
        remedy=remedy,
        seconds=seconds,
    )


def _no_clock(reason: str) -> Finding:
    return Finding(check="clock", status="skip", message=f"not compared: {reason}")
