"""From what `huggingface_hub` raises to our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hubkit._clock import Clock
from hubkit._secrets import Secret, redact
from hubkit._transport import HubResponse, error_from
from hubkit.errors import (
    HubkitError,
    RepoFileNotFoundError,
    TransferError,
    TransportError,
    TransportTimeoutError,
)

__all__ = ["translated"]


@contextmanager
def translated(what: str, *, token: Secret | None, clock: Clock) -> Iterator[None]:
    """Run a call of `huggingface_hub`; whatever it raises leaves as one of ours.

    Args:
        what: What is being done, for the message: ``"download of org/name"``.
        token: What was sent along; no message repeats it.
        clock: To read a date in ``Retry-After``.

    Raises:
        ResponseError: The Hub refused.
        TransportError: The connection failed.
        TransferError: Anything else, a full disk for example.
    """
    try:
        yield
    except HubkitError:
        raise
    except Exception as error:
        raise _ours(_innermost(error), what, token, clock) from error


def _innermost(error: Exception) -> Exception:
    """What went wrong, behind the plain RuntimeErrors that say in which file it did."""
    while type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _ours(error: Exception, what: str, token: Secret | None, clock: Clock) -> HubkitError:
    from huggingface_hub.errors import EntryNotFoundError

    response = getattr(error, "response", None)
    # Not "if response": an answer from 400 up is false.
    if response is not None and getattr(response, "status_code", 0) >= 400:
        return error_from(_answer(response), token=token, now=clock.now())
    reason = redact(str(error).strip() or type(error).__name__, token)
    names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in type(error).__mro__}
    if isinstance(error, EntryNotFoundError) and not isinstance(error, FileNotFoundError):
        return RepoFileNotFoundError(f"{what}: {reason}", 404)
    if isinstance(error, TimeoutError) or names & {"httpx.TimeoutException", "httpx2.TimeoutException"}:
        return TransportTimeoutError(f"{what}: {reason}")
    if isinstance(error, ConnectionError) or names & {"httpx.TransportError", "httpx2.TransportError"}:
        return TransportError(f"{what}: {reason}")
    return TransferError(f"{what} failed: {reason}")


def _answer(response: Any) -> HubResponse:
    """The answer of the other HTTP library in our form; the body may not have been read."""
    try:
        body = bytes(response.content)
    except Exception:  # noqa: BLE001 - each version has its own error for an unread stream
        body = b""
    return HubResponse(response.status_code, redact(str(response.url)), response.headers, body)
