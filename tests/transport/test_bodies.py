"""Bodies that lie about their length, their encoding or their size: a typed error, and no wrong answer."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib

import pytest

from hubkit import DecodeError, TransportError, UnexpectedAnswerError
from hubkit._transport._exchange import BODY_CAP

BODY = json.dumps({"id": "a/b", "tags": ["ü"] * 500}).encode()
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _chunked(body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    chunks = [body[start : start + 100] for start in range(0, len(body), 100)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + framed + end


def _announced(length: object, body: bytes, *more: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in more)
    return f"{HEAD}Content-Length: {length}\r\n{lines}\r\n".encode() + body


@pytest.fixture
def asked(hostile, make_transport):
    """Asks once for an answer, after which the server hangs up."""

    def asked(answer: bytes):
        hostile.behave = lambda request, sock: sock.sendall(answer)
        return make_transport(retries=0).get("/")

    return asked


@pytest.mark.parametrize(
    "answer",
    [
        _announced(len(BODY), BODY),
        _chunked(BODY),
        f"{HEAD}\r\n".encode() + BODY,
        _announced(len(gzip.compress(BODY)), gzip.compress(BODY), "Content-Encoding: gzip"),
        _announced(len(gzip.compress(BODY)), gzip.compress(BODY), "Content-Encoding: X-GZIP"),
        _announced(len(zlib.compress(BODY)), zlib.compress(BODY), "Content-Encoding: deflate"),
        _announced(len(BODY), BODY, "Content-Encoding: identity"),
        _announced(len(BODY), BODY, "Content-Encoding: "),
    ],
)
def test_ways_to_send_a_body(asked, answer) -> None:
    """With a length, in chunks, up to the end, compressed or not: the same body."""
    assert asked(answer).body == BODY


@pytest.mark.parametrize(
    "answer",
    [
        _announced(len(BODY), BODY[:-1]),
        _announced(len(BODY), b""),
        _announced(10**15, BODY),
        _chunked(BODY, end=b""),
        _chunked(BODY, end=b"ff\r\nxx"),
        _chunked(BODY, end=b"zz\r\n"),
        _announced(len(gzip.compress(BODY)) - 5, gzip.compress(BODY)[:-5], "Content-Encoding: gzip"),
        _announced(0, b"", "Content-Encoding: gzip"),
        _announced(len(BODY), BODY, "Content-Encoding: gzip"),
        _announced(len(BODY), BODY, "Content-Encoding: deflate"),
        _announced(2 * len(gzip.compress(BODY)), 2 * gzip.compress(BODY), "Content-Encoding: gzip"),
        b"",
        b"\r\n",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
    ids=range(20),
)
def test_broken_answers(asked, answer) -> None:
    """Truncated, garbled and foreign answers are transport errors."""
    with pytest.raises(TransportError) as caught:
        asked(answer)

    assert "\n" not in str(caught.value)


def test_broken_answers_are_tried_again(hostile, make_transport, clock) -> None:
    """The next attempt may get the whole body; at most four are made."""
    short = _announced(len(BODY), BODY[:-1])
    hostile.behave = lambda request, sock: sock.sendall(
        short if len(hostile.requests) < 3 else _announced(len(BODY), BODY)
    )

    assert make_transport().get("/").body == BODY
    assert len(hostile.requests) == 3


def test_answer_longer_than_announced(hostile, transport) -> None:
    """Bytes beyond the length are neither part of this answer nor of the next one."""
    hostile.behave = lambda request, sock: _announced(2, b"{}" + hostile.reply(200, b'"smuggled"'))
    answers = [transport.get(f"/{number}").json() for number in range(5)]

    assert answers == [{}] * 5


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip;q=1", "none", "x" * 1_000]
)
def test_unknown_encodings(hostile, asked, encoding) -> None:
    """An encoding that wasn't asked for is refused, and not asked for again."""
    with pytest.raises(UnexpectedAnswerError, match="encoding"):
        asked(_announced(len(BODY), BODY, f"Content-Encoding: {encoding}"))

    assert len(hostile.requests) == 1


@pytest.mark.parametrize(
    "headers",
    [("Content-Encoding: gzip",), ("Content-Length: 500",), ("Content-Length: 5", "Content-Encoding: br")],
)
@pytest.mark.parametrize("status", ["304 Not Modified", "204 No Content"])
def test_headers_of_a_body_that_is_left_out(hostile, transport, status, headers) -> None:
    """A 304 may describe the body that it leaves out; it is an answer all the same, and the connection stays."""
    hostile.play("\r\n".join([f"HTTP/1.1 {status}", 'ETag: "1"', *headers, "", ""]).encode())
    found = [transport.get("/", etag='"1"') for _ in range(2)]

    assert [(answer.body, answer.etag) for answer in found] == [(b"", '"1"')] * 2
    assert hostile.connections == 1


def test_captive_portal(hostile, transport) -> None:
    """A login page with status 200 is called what it is."""
    hostile.play(
        hostile.reply(200, b"<html>Welcome! Please log in.</html>", content_type="text/html; charset=utf-8")
    )
    with pytest.raises(UnexpectedAnswerError, match="proxy or login portal"):
        transport.get("/").json()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"not json", b"NaN", b"\xff", b"[" * 100_000, b'{"a":' * 5_000, b"1" + b"0" * 400]
)
def test_what_is_no_json(hostile, transport, body) -> None:
    """Broken and bottomless JSON is a DecodeError that names the URL."""
    hostile.play(hostile.reply(200, body))
    with pytest.raises(DecodeError, match=f"^{hostile.endpoint}/x: "):
        transport.get("/x").json()


def test_largest_body(hostile, transport) -> None:
    """An answer of exactly the allowed size is one; a byte more is refused after one request."""
    hostile.play(hostile.reply(200, b" " * BODY_CAP))
    size = len(transport.get("/").body)
    hostile.play(hostile.reply(200, b" " * (BODY_CAP + 1)))
    with pytest.raises(UnexpectedAnswerError, match="larger than 32 MiB"):
        transport.get("/")

    assert (BODY_CAP, 2) == (size, len(hostile.requests))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory as Linux counts it")
@pytest.mark.parametrize("status", [200, 302, 500])
def test_gzip_bomb(hostile, status) -> None:
    """10 MB that would become 10 GB are refused without the memory for them, as body of any status."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    million = b"\0" * 1_000_000
    start = b"".join(compressor.compress(million) for _ in range(200))
    bomb = start + compressor.flush(zlib.Z_FULL_FLUSH) * 2
    hostile.play(hostile.reply(status, bomb, Content_Encoding="gzip", Location="/"))
    code = (
        "import resource\n"
        "from hubkit import HubConfig, UnexpectedAnswerError\n"
        "from hubkit._transport import Transport\n"
        f"transport = Transport(HubConfig(endpoint={hostile.endpoint!r}, cache='none://'), token=None)\n"
        "import requests\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    transport.get('/')\n"
        "except UnexpectedAnswerError as error:\n"
        "    print('larger' in str(error))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "True\nTrue\n", done.stderr
    assert len(hostile.requests) == 1
