"""A local hub behind what stands before the live one: redirects, Xet's headers, gzip, a CDN on another origin.

Its answers about files have the shape of those that were recorded: small files are a relative 307
to an address with the commit in it, large ones a 302 to signed addresses elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from contextlib import contextmanager
from urllib.parse import quote

import urllib3

from hubkit.testing._http_server import HttpServer

__all__ = ["LiveHub", "live_hub"]

_FILE = re.compile(r"/(?P<repo>.+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)\Z")
_CACHED = re.compile(
    r"/api/resolve-cache/(?P<type>models|datasets|spaces)/(?P<repo>.+)/(?P<revision>[0-9a-f]{40})/(?P<path>.+)\Z"
)
_REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 304: "Not Modified", 307: "Temporary Redirect"}
_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


class LiveHub:
    """The front.

    Args:
        hub: The `LocalHub` behind it.
        prefix: The path below which it lies, as a mirror's may.
    """

    def __init__(self, hub, prefix):
        self.seen = []
        """Method, path and status of each request."""
        self.headers = {}
        """Further headers of each answer."""
        self._hub = hub
        self._prefix = prefix
        self._pool = urllib3.PoolManager(retries=False)
        self._server = HttpServer(self, "127.0.0.1", 0, 16)
        self._port = self._server.start()

    @property
    def endpoint(self):
        """Its address."""
        return f"http://127.0.0.1:{self._port}{self._prefix}"

    def stop(self):
        """Stop listening."""
        self._server.stop()
        self._pool.clear()

    def __call__(self, environ, start_response):
        """Answer a request."""
        target = environ["REQUEST_URI"].removeprefix(self._prefix)
        path = target.partition("?")[0]
        if path.startswith("/cdn/"):
            status, headers, body = self._from_cdn(environ, path)
        elif match := _CACHED.match(path):
            status, headers, body = self._from_cache(environ, match)
        else:
            status, headers, body = self._passed_on(environ, target)
            match = _FILE.match(path)
            if match and status in (200, 206):
                status, headers, body = self._redirected(match, headers)
        self.seen.append((environ["REQUEST_METHOD"], path, status))
        headers = {**headers, **self.headers}
        start_response(f"{status} {_REASONS.get(status, 'Other')}", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _passed_on(self, environ, target):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        # The hub writes links with the address that it was asked at.
        headers = {"Host": environ["HTTP_HOST"], "Accept-Encoding": "identity"}
        # As in a browser, a session may stand in a cookie.
        if cookie := environ.get("HTTP_COOKIE"):
            headers["Authorization"] = f"Bearer {cookie.removeprefix('token=')}"
        for name in ("AUTHORIZATION", "RANGE", "IF_NONE_MATCH", "USER_AGENT"):
            if value := environ.get(f"HTTP_{name}"):
                headers[name.replace("_", "-")] = value
        if kind := environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = kind
        answer = self._pool.request(
            environ["REQUEST_METHOD"],
            f"{self._hub.endpoint}{target}",
            headers=headers,
            body=environ["wsgi.input"].read(length) if length else None,
            redirect=False,
        )
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in _OF_THE_CONNECTION}
        if "Link" in kept:
            kept["Link"] = kept["Link"].replace(f"http://{environ['HTTP_HOST']}", self.endpoint)
        body = answer.data
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and target.startswith("/api/") and body:
            body = gzip.compress(body)
            kept |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
        return answer.status, kept, body

    def _redirected(self, match, headers):
        """Where the file is."""
        commit_hash, repo, path = headers["X-Repo-Commit"], match["repo"], match["path"]
        shown = {
            "X-Repo-Commit": commit_hash,
            "Accept-Ranges": "bytes",
            "Content-Disposition": 'inline; filename="' + "ü".encode().decode("latin-1") + '";',
        }
        where = f"{repo}/resolve/{commit_hash}/{path}"
        if etag := headers.get("X-Linked-Etag"):
            digest = hashlib.sha256(etag.encode()).hexdigest()
            token = f"{self.endpoint}/api/models/{repo}/xet-read-token/{commit_hash}"
            shown |= {
                "Location": f"http://localhost:{self._port}{self._prefix}/cdn/{where}?Signature=s3cret",
                "X-Linked-Etag": etag,
                "X-Linked-Size": headers["X-Linked-Size"],
                "X-Xet-Hash": digest,
                "Link": f'<{token}>; rel="xet-auth", <https://cas.example/{digest}>; rel="xet-reconstruction-info"',
                "Content-Length": "1008",
            }
            return 302, shown, b" " * 1008
        kind, name = repo.split("/", 1) if repo.count("/") == 2 else ("models", repo)
        query = f"{quote(match.group(0), safe='')}=&etag={quote(headers['ETag'])}"
        shown |= {
            "Location": f"{self._prefix}/api/resolve-cache/{kind}/{name}/{commit_hash}/{path}?{query}",
            "Content-Length": "320",
            "Content-Type": "text/plain; charset=utf-8",
        }
        return 307, shown, b" " * 320

    def _from_cache(self, environ, match):
        kind = "" if match["type"] == "models" else f"/{match['type']}"
        return self._passed_on(environ, f"{kind}/{match['repo']}/resolve/{match['revision']}/{match['path']}")

    def _from_cdn(self, environ, path):
        if "HTTP_AUTHORIZATION" in environ:
            return 400, {"Content-Length": "0"}, b""
        status, headers, body = self._passed_on(environ, path.removeprefix("/cdn"))
        return status, {key: value for key, value in headers.items() if not key.startswith("X-")}, body


@contextmanager
def live_hub(hub, prefix=""):
    """A front for the length of a block."""
    front = LiveHub(hub, prefix)
    try:
        yield front
    finally:
        front.stop()
