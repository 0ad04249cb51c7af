"""What an error means to whoever called the program: an exit code and one line. Pure."""

from __future__ import annotations

import enum
from datetime import datetime

from hubkit.errors import (
    AuthenticationError,
    BundleError,
    CacheError,
    ConfigError,
    DecodeError,
    DisabledRepoError,
    GatedRepoError,
    HubkitError,
    InsufficientSpaceError,
    InvalidArgumentError,
    InvalidTokenError,
    NotConnectedError,
    NotFoundError,
    OfflineError,
    RateLimitedError,
    RepoFileNotFoundError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    ServerError,
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


_CALLERS_AFFAIRS = (401, 403, 404, 409, 429)
_LOG_IN = "run 'hubkit login', or set HF_TOKEN"
_ONLINE = "to ask it, leave --offline out and HUBKIT_OFFLINE and HF_HUB_OFFLINE unset"
_DOCTOR = "'hubkit doctor' looks for the reason"
_NEXT: tuple[tuple[type[Exception], str], ...] = (
    (CacheError, "'hubkit doctor' says what is wrong with it"),
    (InsufficientSpaceError, "make room ('hf cache' deletes models), or name another folder with --to"),
    (BundleError, "if it was copied, copy it again; else make it anew with 'hubkit bundle create'"),
    (DecodeError, "'hubkit doctor' looks whether a Hub answers there"),
)

# The first that fits counts: a token of the wrong shape is an invalid argument too.
_CODES: tuple[tuple[tuple[type[HubkitError], ...], ExitCode], ...] = (
    (
        (AuthenticationError, DisabledRepoError, GatedRepoError, InvalidTokenError, NotConnectedError),
        ExitCode.NOT_ALLOWED,
    ),
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
        return _of_the_system(error)
    advice = _advice(error, has_token, offline, now)
    said = _said(error)
    return f"{said}; {advice}" if advice else said


def _of_the_system(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror} ('hubkit -vv' shows where)"
    return f"unexpected {type(error).__name__}: {error} ('hubkit -vv' shows where)"


def _said(error: HubkitError) -> str:
    """The message, less what is of no use here.

    The Hub's request id is for its support, whom nobody asks about a wrong name or a missing right.
    """
    if isinstance(error, NotConnectedError):
        return error.message.partition(": connect first")[0]
    if isinstance(error, ResponseError) and error.status_code in _CALLERS_AFFAIRS:
        return error.message.removesuffix(f" [request {error.request_id}]")
    return error.message


def _root(error: Exception) -> Exception:
    """A login that fails since the Hub is busy is a `TransportError`, whose cause says more."""
    cause = error.__cause__
    return cause if isinstance(error, TransportError) and isinstance(cause, ResponseError) else error


def _advice(error: HubkitError, has_token: bool, offline: bool, now: float) -> str | None:
    root = _root(error)
    if isinstance(root, RateLimitedError):
        return _when(root.retry_after, now)
    if _is_refused_token(root):
        return f"{_LOG_IN}; what is public can be read without a token"
    if isinstance(root, NotConnectedError):
        return _LOG_IN
    if isinstance(root, ResponseError):
        return _advice_on_answer(root, has_token)
    if isinstance(root, (OfflineError, TransportError)):
        return _ONLINE if offline else _DOCTOR
    return next((advice for kinds, advice in _NEXT if isinstance(root, kinds)), None)


def _advice_on_answer(error: ResponseError, has_token: bool) -> str | None:
    """What to do about a refusal of the Hub's."""
    if isinstance(error, RevisionNotFoundError):
        return "'hubkit repo refs' lists branches and tags"
    if isinstance(error, RepoFileNotFoundError):
        return "'hubkit repo files' lists what there is"
    if isinstance(error, RepoNotFoundError):
        also = "'hubkit whoami' shows whose token it is" if has_token else f"if it is private, {_LOG_IN}"
        return f"'hubkit search' finds models by a part of their name; {also}"
    if isinstance(error, GatedRepoError):
        return "'hubkit whoami' shows which account needs it" if has_token else f"then {_LOG_IN}"
    if isinstance(error, AuthenticationError):
        return "'hubkit whoami' shows whose token it is, and what it may do" if has_token else _LOG_IN
    if isinstance(error, ServerError):
        return "try again later; the Hub's status page may say more"
    if error.status_code == 409 and error.url.endswith("/repos/create"):
        return "--exist-ok takes what is there"
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
