"""One request and its answer: bounded in time and size, and never more than one."""

from __future__ import annotations

import os
import traceback
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from hubkit._clock import Deadline
from hubkit._lazy import load_json
from hubkit._secrets import Secret, without_frames
from hubkit.errors import DecodeError, TransportError, TransportTimeoutError, UnexpectedAnswerError

if TYPE_CHECKING:
    import requests

__all__ = ["BODY_CAP", "Exchange", "HubResponse", "Params"]

Params = Sequence[tuple[str, str]]

BODY_CAP = 32 * 1024 * 1024
"""Decoded bytes of an answer. The largest known model record (10,414 files with sizes) has 3 MB."""

_CHUNK = 64 * 1024
_GZIP_OR_ZLIB = 47


@attrs.frozen
class HubResponse:
    """An answer of the Hub, read whole."""

    status: int
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Looked up without regard to case."""
    body: bytes = attrs.field(repr=False)

    @property
    def etag(self) -> str | None:
        """The header verbatim."""
        return self.headers.get("ETag")

    def json(self) -> Any:
        """The decoded body.

        Raises:
            UnexpectedAnswerError: It is a page for people: a proxy or a login portal stands in between.
            DecodeError: It isn't JSON.
        """
        if "html" in self.headers.get("Content-Type", "").lower():
            raise UnexpectedAnswerError(
                f"{self.url} answered with a web page: is a proxy or login portal in between?"
            )
        try:
            return load_json(self.body)
        except DecodeError as error:
            raise DecodeError(f"{self.url}: {error}") from error


class Exchange:
    """A connection pool for one Hub and one token.

    Thread-safe; after a fork the child gets connections of its own.

    Args:
        token: Sent as a bearer token, whatever ``~/.netrc`` says; None sends none.
        pool_size: Connections kept open.
        connect_timeout: Seconds.
        read_timeout: Seconds between two packets.
    """

    def __init__(
        self, *, token: Secret | None, pool_size: int, connect_timeout: float, read_timeout: float
    ) -> None:
        self._token = token
        self._pool_size = pool_size
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._pid = 0
        self._session: requests.Session | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        deadline: Deadline,
        params: Params = (),
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> HubResponse:
        """Send one request; redirects are answers here.

        Raises:
            TransportTimeoutError: A timeout or the deadline passed.
            UnexpectedAnswerError: The answer is too large or has an encoding not asked for.
            TransportError: The connection failed.
        """
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        from hubkit._transport._bounded import reads_within

        if deadline.passed():
            raise _too_slow(url, deadline)
        left = deadline.remaining()
        try:
            with (
                reads_within(deadline, self._read_timeout),
                self._open().request(
                    method,
                    url,
                    params=list(params) or None,
                    json=json,
                    headers=dict(headers or {}),
                    auth=_Bearer(self._token),
                    timeout=(min(self._connect_timeout, left), min(self._read_timeout, left)),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                return HubResponse(response.status_code, url, response.headers, _read(response, deadline))
        except TransportError:
            raise
        except (RequestException, HTTPError, OSError, ValueError, zlib.error) as error:
            # Neither its text nor its frames: they may repeat headers or a proxy's password.
            raise _translated(error, url, deadline) from self._presentable(error)

    def close(self) -> None:
        """Give back the connections; the next request opens new ones."""
        session, self._session = self._session, None
        if session is not None and self._pid == os.getpid():
            session.close()

    def _presentable(self, error: BaseException) -> BaseException | None:
        """The error as the cause that a traceback prints; None when it repeats the token."""
        bare = without_frames(error)
        told = "".join(traceback.format_exception(bare))
        return None if self._token is not None and self._token.reveal() in told else bare

    def _open(self) -> requests.Session:
        session = self._session
        if session is None or self._pid != os.getpid():
            # A connection shared with the parent would hand out the parent's answers.
            session = _new_session(self._pool_size)
            self._session, self._pid = session, os.getpid()
        return session


class _Bearer:
    """Sets the token itself: with no auth given, requests would take one from ``~/.netrc``."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


def _new_session(pool_size: int) -> requests.Session:
    from http.cookiejar import DefaultCookiePolicy

    import requests

    from hubkit._transport._bounded import BoundedAdapter

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:
            """Nowhere: to prepare for the next request, it would read a redirect's body without bounds."""
            return None

    session = Session()
    session.headers["User-Agent"] = _user_agent(requests.__version__)
    session.headers["Accept-Encoding"] = "gzip"
    # A cookie would tie one caller's request to another's.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(pool_connections=2, pool_maxsize=pool_size))
    return session


def _user_agent(requests_version: str) -> str:
    import platform

    from hubkit._version import __version__

    return f"hubkit/{__version__}; python/{platform.python_version()}; requests/{requests_version}"


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    """The decoded body, bounded: whoever sends more, or slower, is cut off."""
    bodyless = response.request.method == "HEAD" or response.status_code in (204, 304)
    unzip = None if bodyless else _decoder(response)
    parts: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        piece = unzip.decompress(chunk, BODY_CAP + 1 - size) if unzip else chunk
        size += len(piece)
        parts.append(piece)
        if size > BODY_CAP:
            raise UnexpectedAnswerError(f"{response.url}: the answer is larger than {BODY_CAP // 2**20} MiB")
        if deadline.passed():
            raise _too_slow(response.url, deadline)
    if bodyless:
        # Its headers describe the body that it leaves out.
        return b""
    _check_length(response)
    if unzip and (not unzip.eof or unzip.unused_data):
        raise TransportError(f"{response.url}: the compressed answer is not whole")
    return b"".join(parts)


def _decoder(response: requests.Response) -> Any:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    if encoding not in ("identity", ""):
        raise UnexpectedAnswerError(f"{response.url}: the answer has an encoding that was not asked for")
    return None


def _check_length(response: requests.Response) -> None:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and response.raw.tell() != int(announced):
        raise TransportError(f"{response.url}: the answer broke off")


def _too_slow(url: str, deadline: Deadline) -> TransportTimeoutError:
    return TransportTimeoutError(f"{url}: not done within the deadline of {deadline.seconds:g} s")


def _translated(error: BaseException, url: str, deadline: Deadline) -> TransportError:
    from requests import Timeout
    from urllib3.exceptions import TimeoutError as PoolTimeout

    if not isinstance(error, (Timeout, TimeoutError, PoolTimeout)):
        return TransportError(f"{url}: {_reason(error)}")
    if deadline.passed():
        return _too_slow(url, deadline)
    return TransportTimeoutError(f"{url}: no answer in time ({type(error).__name__})")


def _reason(error: BaseException) -> str:
    """What went wrong, from the innermost cause: "connection refused" says more than its wrappers."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            break
        if isinstance(seen, OSError) and seen.strerror and seen.errno:
            return str(seen.strerror).lower()
        inner = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        seen = (
            inner
            if isinstance(inner, BaseException)
            else next((arg for arg in seen.args if isinstance(arg, BaseException)), None)
        )
    return f"the connection failed ({type(error).__name__})"
