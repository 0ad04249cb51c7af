"""The answers of a hub that fails as planned."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from hubkit.testing._call import error_response
from hubkit.testing._faults import Failure
from hubkit.testing._refusal import Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["failed_response", "too_many_response"]

_QUOTA_TEXT = (
    "We had to rate limit your IP. To continue using our service, create a HF account or login to your existing "
    "account, and make sure you pass a HF_TOKEN if you're using the API."
)


class _HangUp(Response):
    """No answer at all: the server takes this error for a client that went away, and closes the connection."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise ConnectionResetError(errno.ECONNRESET, "hung up as planned")


def failed_response(failure: Failure, *, plain: bool) -> Response:
    """Write the answer of a planned failure.

    Args:
        failure: The plan. A ``Content-Length`` beyond the end of the body cuts the answer short; status 0 hangs up.
        plain: Whether an error without a body of its own is text, as for files, and not JSON.

    Returns:
        The answer.
    """
    status = failure.status or 0
    if status == 0:
        return _HangUp(status=0)
    if failure.body is None:
        message = "Internal Error - We're working hard to fix this" if status >= 500 else "Planned failure"
        response = error_response(Refusal(status, message, code=failure.code), plain=plain)
    else:
        response = Response(failure.body, status, content_type=_type_of(failure.body))
        if failure.code:
            response.headers["X-Error-Code"] = failure.code
    body = response.get_data()
    response.headers.update(failure.headers)
    if response.content_length is not None and response.content_length > len(body):
        response.response = _cut_short(body)
    return response


def too_many_response() -> Response:
    """Write the answer to a request past the quota."""
    return error_response(Refusal(429, _QUOTA_TEXT), plain=False)


def _cut_short(body: bytes) -> Iterator[bytes]:
    yield body
    raise ConnectionResetError(errno.ECONNRESET, "cut short as planned")


def _type_of(body: bytes) -> str:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "text/html; charset=utf-8" if body.lstrip().startswith(b"<") else "text/plain; charset=utf-8"
    return "application/json; charset=utf-8"
