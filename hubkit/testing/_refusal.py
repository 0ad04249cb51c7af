"""The one exception of the local hub: a request that is answered with an error."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Refusal"]


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A handler's way to say no.

    The dispatcher turns it into an answer of the Hub's shape; it never reaches a client as a traceback.

    Args:
        status: HTTP status of the answer.
        message: Text of the body and of ``X-Error-Message``.
        code: ``X-Error-Code``; left out when None, as the Hub does for most errors.
        headers: Further headers of the answer.
        body: Fields that the JSON body carries beside ``error``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.body = dict(body or {})
