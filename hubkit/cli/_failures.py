"""What an error means to whoever called the program: an exit code and one line. Pure."""

from __future__ import annotations

import enum
from datetime import datetime

from hubkit.errors import (
    AuthenticationError,
    ConfigError,
    GatedRepoError,
    HubkitError,
    InvalidArgumentError,
    InvalidTokenError,
    NotConnectedError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    RepoNotFoundError,
    ResponseError,
    TransportError,
)

__all__ = ["ExitCode", "describe", "exit_code_of"]


_LATER = 86_400.0


class ExitCode(enum.IntEnum):
    """How a command ended."""

    DONE = 0
    NO = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    OUT_OF_REACH = 5
    RATE_LIMITED = 6
    FAILED = 7
    INTERRUPTED = 130
    TERMINATED = 143


# The first that fits counts: a token of the wrong shape is an invalid argument too.
_CODES: tuple[tuple[tuple[type[HubkitError], ...], ExitCode], ...] = (
    ((AuthenticationError, GatedRepoError, InvalidTokenError, NotConnectedError), ExitCode.NOT_ALLOWED),
    ((ConfigError, InvalidArgumentError), ExitCode.USAGE),
    ((NotFoundError,), ExitCode.NOT_FOUND),
    ((RateLimitedError,), ExitCode.RATE_LIMITED),
    ((OfflineError, TransportError), ExitCode.OUT_OF_REACH),
)


def exit_code_of(error: Exception) -> ExitCode:
    """The exit code for an error."""
    root = _root(error)
    for kinds, code in _CODES:
        if isinstance(root, kinds):
            return code
    return ExitCode.FAILED


def describe(error: Exception, *, has_token: bool, offline: bool, now: float) -> str:
    """The error's message, and what to do next where that is known.

    Args:
        error: What was raised.
        has_token: Whether a token was sent along.
        offline: Whether the settings forbid the network.
        now: Epoch seconds.
    """
    if not isinstance(error, HubkitError):
        return f"unexpected {type(error).__name__}: {error} ('hubkit -vv' shows where)"
    advice = _advice(error, has_token, offline, now)
    said = _without_request(error)
    return f"{said}; {advice}" if advice else said


def _without_request(error: HubkitError) -> str:
    """The Hub's request id is for its support, whom nobody asks about a wrong name."""
    if not isinstance(error, NotFoundError):
        return error.message
    return error.message.removesuffix(f" [request {error.request_id}]")


def _root(error: Exception) -> Exception:
    """A login that fails since the Hub is busy is a `TransportError`, whose cause says more."""
    cause = error.__cause__
    return cause if isinstance(error, TransportError) and isinstance(cause, ResponseError) else error


def _advice(error: HubkitError, has_token: bool, offline: bool, now: float) -> str | None:
    root = _root(error)
    if isinstance(root, RateLimitedError):
        return _when(root.retry_after, now)
    if isinstance(root, NotConnectedError) or _is_refused_token(root):
        return "run 'hubkit login', or set HF_TOKEN"
    if isinstance(root, RepoNotFoundError) and not has_token:
        return "if it is private, run 'hubkit login' first, or set HF_TOKEN"
    if offline and isinstance(root, OfflineError):
        return "see --offline, HUBKIT_OFFLINE and HF_HUB_OFFLINE"
    return None


def _is_refused_token(error: Exception) -> bool:
    return isinstance(error, AuthenticationError) and error.status_code == 401


def _when(retry_after: float | None, now: float) -> str:
    if retry_after is None:
        return "try again in a few minutes"
    if retry_after >= _LATER:
        # The time of day says nothing then, and no calendar goes as far as headers do.
        return f"it asks its callers to wait {retry_after:.0f} s"
    moment = datetime.fromtimestamp(now + retry_after).astimezone()
    return f"try again in {retry_after:.0f} s, at {moment:%H:%M:%S}"
