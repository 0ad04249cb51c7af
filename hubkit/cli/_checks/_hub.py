"""Whether the Hub answers, how fast, with which clock, and whether it takes the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from hubkit._clock import Clock, Deadline
from hubkit._secrets import Secret, redact
from hubkit.cli._checks._explain import explain, proxy_for
from hubkit.cli._checks._finding import Finding, Status
from hubkit.cli._checks._skew import check_clock
from hubkit.config import DEFAULT_ENDPOINT, HubConfig
from hubkit.errors import (
    AuthenticationError,
    HubkitError,
    InvalidTokenError,
    RateLimitedError,
    ResponseError,
)
from hubkit.models import Identity

if TYPE_CHECKING:
    from hubkit._credentials import FoundToken
    from hubkit._transport import Transport

__all__ = ["PATIENCE", "check_hub"]

PATIENCE = 2.0
"""Seconds for all answers together, beyond the time to connect."""

_ASKS_FOR_A_TOKEN = (401, 403)


def check_hub(config: HubConfig, origin: str | None, clock: Clock) -> list[Finding]:
    """Findings about the endpoint, the clock and the token.

    Args:
        config: The settings.
        origin: Which variable or file has the token of the settings.
        clock: The machine's.
    """
    deadline = Deadline(config.connect_timeout + PATIENCE, clock)
    endpoint, date = _endpoint(config, clock, deadline)
    token = _token(config, origin, clock, deadline, reachable=endpoint.status in ("ok", "warn"))
    return [endpoint, date, token]


def _endpoint(config: HubConfig, clock: Clock, deadline: Deadline) -> tuple[Finding, Finding]:
    if config.offline:
        return _skipped("endpoint", "not asked: offline", config.endpoint), _skipped(
            "clock", "not compared: offline"
        )
    # Without the token: whether that is good is another question.
    transport = _transport(config, None, clock)
    began, started = clock.monotonic(), clock.now()
    unknown = _skipped("clock", "not compared: the Hub told no time")
    try:
        answer = transport.get("/api/models", params=[("limit", "1")], deadline=deadline)
        is_hub = isinstance(answer.json(), list)
    except ResponseError as error:
        return _refused(config, error, clock.monotonic() - began), unknown
    except HubkitError as error:
        what, remedy = explain(error, config)
        return _found(config, "fail", what, remedy), unknown
    finally:
        transport.close()
    took = clock.monotonic() - began
    if not is_hub:
        return _found(config, "fail", "answers, but not as a Hub does", _WRONG_HUB), unknown
    through = proxy_for(config.endpoint)
    way = f" through the proxy {through}" if through else ""
    speed = f"answers in {took * 1000:.0f} ms{way}"
    return _found(config, "ok", speed, seconds=took), check_clock(answer.headers, started, clock.now())


_WRONG_HUB = "check the endpoint: HUBKIT_ENDPOINT or HF_ENDPOINT is the Hub's base URL, without a path"


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
            "wait, and see status.huggingface.co; cached models go on with stale_if_error=7d",
            seconds=took,
        )
    return _found(config, "fail", f"answers {error.status_code}", _WRONG_HUB, seconds=took)


def _token(
    config: HubConfig, origin: str | None, clock: Clock, deadline: Deadline, *, reachable: bool
) -> Finding:
    from hubkit._credentials import check_hub_token, find_token

    try:
        found = find_token(config)
    except Exception as error:  # noqa: BLE001 - whoever keeps tokens raises what it likes
        said = redact(str(error), config.token)
        return Finding(
            check="token",
            status="fail",
            message=f"can't be looked up: {said}",
            remedy="set HF_TOKEN, or run 'hubkit login'",
        )
    if found is None:
        return Finding(
            check="token",
            status="ok",
            message="none: public models only ('hubkit login' or HF_TOKEN adds one)",
        )
    place = origin if found.source == "settings" and origin else f"the {found.source}"
    try:
        if config.endpoint == DEFAULT_ENDPOINT:
            check_hub_token(found.token)
    except InvalidTokenError:
        return _refused_token(
            config, place, f"the one in {place} has the wrong shape: the Hub's begin with 'hf_'"
        )
    if not reachable:
        return _skipped("token", f"there is one in {place}; not checked, as the Hub wasn't reached")
    return _asked(config, found, place, clock, deadline)


def _asked(config: HubConfig, found: FoundToken, place: str, clock: Clock, deadline: Deadline) -> Finding:
    transport = _transport(config, found.token, clock)
    try:
        identity = Identity.from_hub(transport.get("/api/whoami-v2", deadline=deadline).json())
    except AuthenticationError:
        return _refused_token(
            config, place, f"the Hub refuses the one in {place}: it is wrong, expired or revoked"
        )
    except HubkitError as error:
        said = redact(error.message, found.token)
        return Finding(
            check="token",
            status="warn",
            message=f"there is one in {place}; the Hub didn't say whose: {said}",
            remedy="try again in a moment",
        )
    finally:
        transport.close()
    role = f", may {identity.token_role}" if identity.token_role in ("read", "write") else ""
    return Finding(check="token", status="ok", message=f"of {identity.name}, from {place}{role}")


def _refused_token(config: HubConfig, place: str, message: str) -> Finding:
    kept = {"the keystore": "run 'hubkit login'", "the hf token file": "run 'hf auth login'"}
    remedy = kept.get(place, f"make a new one at {config.endpoint}/settings/tokens, and put it into {place}")
    return Finding(check="token", status="fail", message=message, remedy=remedy)


def _transport(config: HubConfig, token: Secret | None, clock: Clock) -> Transport:
    # What the first request would import is no matter of the Hub's speed.
    import hubkit._transport._bounded  # noqa: F401
    from hubkit._transport import Transport

    hasty = attrs.evolve(config, token=None, retries=0, read_timeout=min(config.read_timeout, PATIENCE))
    return Transport(hasty, token=token, clock=clock)


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


def _skipped(check: str, message: str, subject: str | None = None) -> Finding:
    return Finding(check=check, subject=subject, status="skip", message=message)
