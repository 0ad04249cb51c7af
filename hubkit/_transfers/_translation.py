"""From what `huggingface_hub` raises to our errors."""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from hubkit._clock import Clock
from hubkit._secrets import Secret, redact, without_frames
from hubkit._transport import HubResponse, error_from
from hubkit.errors import (
    HubkitError,
    InsufficientSpaceError,
    RepoFileNotFoundError,
    TransferError,
    TransportError,
    TransportTimeoutError,
)

__all__ = ["translated"]

T = TypeVar("T")

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# Of a mirror, or a Hub of one's own: the library goes by what is installed here, not by what is there.
_NO_XET = re.compile(r"\b404\b.*/xet-(?:read|write)-token/")


def translated(call: Callable[[], T], what: str, *, token: Secret | None, clock: Clock) -> T:
    """Run a call of `huggingface_hub`; whatever it raises leaves as one of ours.

    Args:
        call: What to run. No `functools.partial`: crash reports would print its arguments.
        what: What is being done, for the message: ``"download of org/name"``.
        token: What was sent along; no message repeats it, and nothing behind the error holds it.
        clock: To read a date in ``Retry-After``.

    Returns:
        What the call returns.

    Raises:
        ResponseError: The Hub refused.
        TransportError: The connection failed.
        InsufficientSpaceError: The disk is full.
        TransferError: Anything else.
    """
    try:
        return call()
    except HubkitError:
        raise
    except Exception as error:  # noqa: BLE001 - raised again below
        failure = _ours(_innermost(error), what, token, clock)
        cause = _presentable(error, token)
    # Not in the handler: there Python would tie the error to the one that it stands for,
    # also where that one must not be shown.
    raise failure from cause


def _presentable(error: Exception, token: Secret | None) -> Exception | None:
    """The error as the cause that a traceback prints; None when it repeats the token."""
    bare = without_frames(error)
    told = "".join(traceback.format_exception(bare))
    return None if token is not None and token.reveal() in told else bare


def _innermost(error: Exception) -> Exception:
    """What went wrong, behind errors that only say in which file it did, or that no older copy is there."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    while isinstance(error.__cause__, Exception) and (
        type(error) is RuntimeError or isinstance(error, LocalEntryNotFoundError)
    ):
        error = error.__cause__
    return error


def _ours(error: Exception, what: str, token: Secret | None, clock: Clock) -> HubkitError:
    from huggingface_hub.errors import EntryNotFoundError

    response = getattr(error, "response", None)
    # Not "if response": an answer from 400 up is false.
    if response is not None and getattr(response, "status_code", 0) >= 400:
        return error_from(_answer(response), token=token, now=clock.now())
    # On one line: what a server says may hold line ends, and would forge others in a log.
    reason = " ".join(redact(str(error).strip() or type(error).__name__, token).split())
    if _NO_XET.search(reason) is not None:
        reason = f"this Hub takes no files over Xet: set HF_HUB_DISABLE_XET=1 ({reason})"
    names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in type(error).__mro__}
    if isinstance(error, EntryNotFoundError) and not isinstance(error, FileNotFoundError):
        return RepoFileNotFoundError(f"{what}: {reason}", 404)
    if isinstance(error, TimeoutError) or names & {"httpx.TimeoutException", "httpx2.TimeoutException"}:
        return TransportTimeoutError(f"{what}: {reason}")
    if isinstance(error, ConnectionError) or names & {"httpx.TransportError", "httpx2.TransportError"}:
        return TransportError(f"{what}: {reason}")
    if getattr(error, "errno", None) in _NO_ROOM:
        return InsufficientSpaceError(f"{what} failed: {reason}")
    return TransferError(f"{what} failed: {reason}")


def _answer(response: Any) -> HubResponse:
    """The answer of the other HTTP library in our form; the body may not have been read."""
    try:
        body = bytes(response.content)
    except Exception:  # noqa: BLE001 - each version has its own error for an unread stream
        body = b""
    return HubResponse(response.status_code, redact(str(response.url)), response.headers, body)
