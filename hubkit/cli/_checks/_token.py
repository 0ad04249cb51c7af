"""Whether there is a token, where it is from, and whether the Hub takes it. It is never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubkit._clock import Clock
from hubkit._secrets import redact
from hubkit.cli._checks._finding import Finding, Status
from hubkit.cli._checks._transport import deadline_of, hasty_transport
from hubkit.config import DEFAULT_ENDPOINT, HubConfig
from hubkit.errors import (
    AuthenticationError,
    HubkitError,
    InvalidTokenError,
    ResponseError,
)

if TYPE_CHECKING:
    from hubkit._credentials import FoundToken

__all__ = ["check_token"]

_KEPT = {"keystore": "run 'hubkit login'", "hf token file": "run 'hf auth login'"}


def check_token(config: HubConfig, origin: str | None, clock: Clock) -> list[Finding]:
    """A finding about the token.

    Args:
        config: The settings.
        origin: Which variable or file has the token of the settings, where that is known.
        clock: The machine's.
    """
    from hubkit._credentials import check_hub_token, find_token

    try:
        found = find_token(config)
    except Exception as error:  # noqa: BLE001 - whoever keeps tokens raises what it likes
        said = redact(str(error), config.token)
        return [_found("fail", f"can't be looked up: {said}", "set HF_TOKEN, or run 'hubkit login'")]
    if found is None:
        return [_found("ok", "none: public models only ('hubkit login' or HF_TOKEN adds one)")]
    place = origin if origin and found.source == "settings" else f"the {found.source}"
    remedy = _KEPT.get(
        found.source, f"make a new one at {config.endpoint}/settings/tokens, and put it into {place}"
    )
    try:
        if config.endpoint == DEFAULT_ENDPOINT:
            check_hub_token(found.token)
    except InvalidTokenError:
        said = f"the one in {place} has the wrong shape: the Hub's begin with 'hf_'"
        return [_found("fail", said, remedy)]
    if config.offline:
        return [_found("skip", f"there is one in {place}; not checked: offline")]
    return [_asked(config, found, place, remedy, clock)]


def _asked(config: HubConfig, found: FoundToken, place: str, remedy: str, clock: Clock) -> Finding:
    from hubkit._account import identity_of

    try:
        with hasty_transport(config, found.token, clock) as transport:
            identity = identity_of(transport, deadline_of(config, clock))
    except AuthenticationError:
        return _found("fail", f"the Hub refuses the one in {place}: it is wrong, expired or revoked", remedy)
    except ResponseError as error:
        said = f"there is one in {place}; the Hub answered {error.status_code}, and not whose it is"
        return _found("warn", said, "try again later")
    except HubkitError:
        # Why is a finding about the endpoint.
        return _found("skip", f"there is one in {place}; not checked: the Hub wasn't reached")
    role = f", may {identity.token_role}" if identity.token_role in ("read", "write") else ""
    # A hostile Hub may well echo what it was sent.
    return _found("ok", redact(f"of {identity.name}, from {place}{role}", found.token))


def _found(status: Status, message: str, remedy: str | None = None) -> Finding:
    return Finding(check="token", status=status, message=message, remedy=remedy)
