"""Whose token it is, as the Hub says."""

from __future__ import annotations

from hubkit._clock import Deadline
from hubkit._transport import Transport
from hubkit.errors import AuthenticationError, DecodeError, OfflineError, ResponseError, TransportError
from hubkit.models import Identity

__all__ = ["full_name", "identity_of", "verified_identity"]

_WHOAMI = "/api/whoami-v2"


def identity_of(transport: Transport, deadline: Deadline | None = None) -> Identity:
    """Whose token a transport sends along.

    Args:
        transport: Sends it.
        deadline: By when the Hub has to have answered; the settings' own if left out.

    Raises:
        AuthenticationError: The Hub refused it.
        TransportError: The Hub can't be reached.
        DecodeError: Its answer names nobody.
    """
    answer = transport.get(_WHOAMI, deadline=deadline).json()
    if not isinstance(answer, dict):
        raise DecodeError(f"{_WHOAMI}: expected a JSON object")
    return Identity.from_hub(answer)


def full_name(transport: Transport, repo_id: str) -> str:
    """A repository's id with its owner; a bare name is the token's own account's.

    Raises:
        AuthenticationError: The Hub refused the token.
        TransportError: The Hub can't be reached.
        DecodeError: Its answer names nobody.
    """
    return repo_id if "/" in repo_id else f"{identity_of(transport).name}/{repo_id}"


def verified_identity(transport: Transport) -> Identity:
    """The same for somebody who logs in: failures to find out are failures to connect.

    Raises:
        AuthenticationError: The Hub refused the token.
        TransportError: Whose it is can't be found out just now.
    """
    try:
        return identity_of(transport)
    except (AuthenticationError, TransportError):
        raise
    except (ResponseError, OfflineError, DecodeError) as error:
        raise TransportError(f"could not connect: {error}") from error
