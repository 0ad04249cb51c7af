"""The HTTP library that huggingface_hub uses: httpx below version 2, httpx2 from there on.

Both have the same classes under the same names; neither is imported before
huggingface_hub has done so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from hubkit._secrets import Secret
from hubkit.interop._questions import Question
from hubkit.interop._reply import Reply

__all__ = [
    "XET_HASH",
    "Client",
    "Http",
    "Request",
    "Response",
    "Send",
    "body_of",
    "credentials_of",
    "reply_of",
    "uses_xet",
]

Client = Any
Request = Any
Response = Any
Send = Callable[..., Response]
"""A client's ``send``: a request, and how to treat it, to a response."""

_BEARER = "bearer "

XET_HASH = "x-xet-hash"
"""The header by which huggingface_hub fetches a file from Xet."""


@attrs.frozen
class Http:
    """One of the two libraries."""

    library: Any

    @classmethod
    def of(cls, client: Client) -> Http | None:
        """The library that a client belongs to; None when it is something else."""
        for kind in type(client).__mro__:
            name = kind.__module__.partition(".")[0]
            if name in ("httpx", "httpx2"):
                return cls(sys.modules[name])
        return None

    def respond(self, reply: Reply, request: Request, url: str) -> Response:
        """A response as if the Hub had sent it.

        Args:
            reply: What it says.
            request: What it answers.
            url: Where the file is to be fetched from, or what was asked.
        """
        response = self.library.Response(
            reply.status,
            # As bytes: text would have to be ASCII, which names of files need not be.
            headers=[
                (name.encode(), value.encode())
                for name, value in reply.headers
                if name != "content-length" or not reply.body
            ],
            content=reply.body,
            request=self.about(request, url),
        )
        response.elapsed = timedelta(0)
        return response

    def about(self, request: Request, url: str, **headers: str) -> Request:
        """The same request to another address, and with more headers."""
        if str(request.url) == url and not headers:
            return request
        merged = self.library.Headers(request.headers)
        merged.update(headers)
        return self.library.Request(
            request.method, url, headers=merged, content=body_of(request, self), extensions=request.extensions
        )

    def unreachable(self, message: str, request: Request) -> Exception:
        """The error that says that there is no network."""
        error: Exception = self.library.ConnectError(message, request=request)
        return error


def body_of(request: Request, http: Http) -> bytes:
    """What a request sends, as far as it is at hand: what is streamed from a file is not read for us."""
    try:
        content: bytes = request.content
    except http.library.RequestNotRead:
        return b""
    return content


def credentials_of(request: Request) -> Secret | None:
    """What shows who sends a request: a token, or whatever else the Hub may know its readers by."""
    headers = request.headers
    value: str = headers.get("authorization") or ""
    cookies: str = headers.get("cookie") or ""
    if not value and not cookies:
        return None
    is_token = value.lower().startswith(_BEARER) and not cookies
    return Secret(value[len(_BEARER) :].strip() if is_token else f"{value}\n{cookies}")


def reply_of(response: Response, question: Question) -> Reply:
    """What may be kept of a response that was read."""
    body = b"" if question.method == "HEAD" else response.content
    pairs = list(response.headers.multi_items())
    if body:
        # It is decoded by now, and its headers speak of how it travelled.
        pairs = [pair for pair in pairs if pair[0].lower() != "content-length"]
    return Reply.kept_of(response.status_code, pairs, body, url=question.url)


def uses_xet() -> bool:
    """Whether huggingface_hub fetches files from Xet where it can."""
    from huggingface_hub.utils._runtime import is_xet_available

    return bool(is_xet_available())
