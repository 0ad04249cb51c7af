"""A Hub, or whoever poses as one, answers to do harm; asked by `HubClient` and by the program."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib

import pytest

from hubkit import (
    ConfigError,
    DecodeError,
    HubkitError,
    OfflineError,
    RateLimitedError,
    TransferError,
    TransportError,
    UnexpectedAnswerError,
)

TOKEN = "hf_0123456789abcdefghijABCDEFGHIJ0123"
RECORD = {"id": "org/name", "private": False, "tags": [], "siblings": []}


def sound(server, **fields):
    """The Hub's own answer about a model, perhaps with other fields."""
    return server.reply(200, json.dumps({**RECORD, **fields}).encode())


def tokens_at(server):
    """What a server was told of who asks."""
    return [request.headers.get("authorization") for request in server.requests]


# Verbs that read from the Hub, each with a token.
READS = {
    "metadata": lambda client: client.require_model_metadata("org/name"),
    "search": lambda client: client.search_models("name"),
    "whoami": lambda client: client.whoami(),
    "files": lambda client: list(client.repos.files("org/name")),
    "refs": lambda client: client.repos.refs("org/name"),
    "commits": lambda client: list(client.repos.commits("org/name")),
    "download": lambda client: client.download_model("org/name"),
    "licence": lambda client: client.check_license("org/name"),
}


@pytest.fixture
def caught(hostile, make_client):
    """What a verb raises; None when it raises nothing."""

    def caught(read, *, token=TOKEN, **settings):
        client = make_client(hostile.endpoint, token=token, retries=0, **settings)
        try:
            read(client)
        except HubkitError as error:
            return error
        return None

    return caught


@pytest.mark.threat("netrc")
@pytest.mark.parametrize("token", [TOKEN, None])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_netrc(hostile, caught, tmp_path, monkeypatch, read, token):
    """A password in ``~/.netrc`` neither replaces the token nor goes where there is none, whichever library asks."""
    (tmp_path / ".netrc").write_text("default login eve password netrc-password\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    hostile.behave = lambda request, sock: sound(hostile)
    caught(read, token=token)
    expected = None if token is None else f"Bearer {token}"

    assert {expected} == set(tokens_at(hostile)) or (token is None and not hostile.requests)


@pytest.mark.threat("redirect to another host")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_redirects(hostile, elsewhere, caught, read, status):
    """Another host is told nothing: neither the token nor that anybody asked, but where files are served from."""
    hostile.behave = lambda request, sock: hostile.reply(status, Location=elsewhere.endpoint + request.target)
    error = caught(read)

    assert isinstance(error, (UnexpectedAnswerError, OfflineError)) or error is None
    assert [] == elsewhere.requests


@pytest.mark.threat("redirect to another host")
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_files_elsewhere_get_no_token(hub, alice, hostile, elsewhere, make_client, tmp_path, method):
    """Bytes of files may lie on another host, as the Hub's do; it never gets the token."""
    commit = "0" * 40
    record = {**RECORD, "sha": commit, "siblings": [{"rfilename": "x.bin", "size": 2}]}
    facts = {"X_Repo_Commit": commit, "ETag": '"abc"', "X_Linked_Size": "2", "X_Linked_Etag": '"abc"'}

    def behave(request, sock):
        if "/resolve/" not in request.target:
            return hostile.reply(200, json.dumps(record).encode())
        if request.method == method or method == "HEAD":
            return hostile.reply(302, Location=f"{elsewhere.endpoint}/x.bin", **facts)
        return hostile.reply(200, b"ok" if request.method == "GET" else b"", **facts)

    hostile.behave = behave
    elsewhere.behave = lambda request, sock: elsewhere.reply(200, b"ok", **facts)
    client = make_client(hostile.endpoint, token=alice)
    try:
        folder = client.download_model("org/name", tmp_path / "hf")
        assert b"ok" == (folder / "x.bin").read_bytes()
    except (TransferError, TransportError):
        pass

    assert f"Bearer {alice}" in tokens_at(hostile)
    assert set(tokens_at(elsewhere)) <= {None}


LINKED = {name: READS[name] for name in ("search", "files", "commits")}


@pytest.mark.threat("Link to another origin")
@pytest.mark.parametrize("read", LINKED.values(), ids=LINKED)
@pytest.mark.parametrize("form", ["{}/x", "//{host}/x", "{}@hub/x", "{}:80/x"])
def test_links(hostile, elsewhere, caught, read, form):
    """A listing that goes on elsewhere ends with an error, or with what is cached, and nobody there hears of it."""
    target = form.format(elsewhere.endpoint, host=elsewhere.endpoint.partition("//")[2])
    hostile.behave = lambda request, sock: hostile.reply(
        200, json.dumps([RECORD]).encode(), Link=f'<{target}>; rel="next"'
    )
    error = caught(read)

    assert isinstance(error, (UnexpectedAnswerError, DecodeError)) or error is None
    assert [] == elsewhere.requests


@pytest.mark.threat("Link without end")
@pytest.mark.parametrize("read", LINKED.values(), ids=LINKED)
@pytest.mark.parametrize("body", [b"[]", b"[ ]\n"], ids=["empty", "blank"])
def test_endless_empty_pages(hostile, caught, read, body):
    """Empty pages, each with a new successor, are given up after a few requests."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, body, Link=f'<{hostile.endpoint}/api/models?cursor={len(hostile.requests)}>; rel="next"'
    )
    caught(read)

    assert len(hostile.requests) <= 6


@pytest.mark.threat("Link without end")
def test_endless_search(hostile, make_client):
    """A search that is never out of pages takes no more than what was asked for."""
    hostile.behave = lambda request, sock: hostile.reply(
        200,
        json.dumps([{**RECORD, "id": f"org/{len(hostile.requests)}"}]).encode(),
        Link=f'<{hostile.endpoint}/api/models?cursor={len(hostile.requests)}>; rel="next"',
    )
    found = make_client(hostile.endpoint).search_models(limit=7)

    assert 7 == len(found) == len(hostile.requests)


INSECURE = [
    "http://hub.example",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://0.0.0.0",
]


@pytest.mark.threat("plain http with a token")
@pytest.mark.parametrize("endpoint", INSECURE)
def test_plain_http(endpoint, make_client, monkeypatch, tmp_path):
    """A token isn't sent in the open, wherever it comes from; refused before any connection."""
    from hubkit import HubConfig

    refused = [
        lambda: make_client(endpoint, token=TOKEN),
        lambda: make_client(endpoint).connect({"token": TOKEN}),
        lambda: HubConfig.load(environ={"HF_TOKEN": TOKEN, "HF_ENDPOINT": endpoint}, start=tmp_path),
        lambda: HubConfig.load({"endpoint": endpoint}, environ={"HUBKIT_TOKEN": TOKEN}, start=tmp_path),
    ]
    for call in refused:
        with pytest.raises(ConfigError, match="unencrypted") as info:
            call()
        assert TOKEN not in str(info.value)

    assert make_client(endpoint, token=TOKEN, allow_insecure=True).config.token is not None


@pytest.mark.threat("plain http with a token")
def test_program_over_plain_http(run_hubkit):
    """The program says so in one line, whether the token is its own or of Hugging Face's login."""
    for variables in ({"HF_TOKEN": TOKEN}, {"HUBKIT_TOKEN": TOKEN}, {"HF_TOKEN_PATH": TOKEN}):
        done = run_hubkit("info", "org/name", HF_ENDPOINT="http://hub.example", **variables)

        assert 2 == done.returncode
        assert "unencrypted" in done.stderr
        assert 1 == done.stderr.count("\n")
        assert TOKEN not in done.stdout + done.stderr


NONSENSE = [
    *(
        "0",
        "-1",
        "1.5",
        "1e9",
        "inf",
        "nan",
        "soon",
        "",
        " ",
        "9" * 400,
        "+5",
        "٣",
        "0x10",
        "1,2",
        "\x00",
        "5 5",
    ),
    *("Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 99999 23:59:59 GMT"),
    *(
        "Wed, 32 Oct 2026 07:28:00 GMT",
        "999999999",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Mon, 01 Jan 0001 00:00:00 GMT",
    ),
]
QUOTAS = ['"api";r=0;t=999999999', '"api";r=0;t=-5', '"api";r=0;t=1e9', ";;;;", '"api";r=0;t=' + "9" * 400]


@pytest.mark.threat("Retry-After nonsense")
@pytest.mark.parametrize(
    "headers",
    [*({"Retry_After": text} for text in NONSENSE), *({"RateLimit": text} for text in QUOTAS)],
    ids=range(28),
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(hostile, make_client, clock, headers, status):
    """Whatever it says, at most four requests are made, all within the deadline, and the error can be shown."""
    from hubkit.cli._failures import describe

    sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    hostile.behave = lambda request, sock: hostile.reply(status, b"{}", **sent)
    start = clock.now()
    with pytest.raises(HubkitError) as info:
        make_client(hostile.endpoint).require_model_metadata("org/name")

    assert clock.now() - start <= 30
    assert len(hostile.requests) <= 4
    assert "\n" not in describe(info.value, has_token=False, offline=False, now=clock.now())


@pytest.mark.threat("Retry-After nonsense")
def test_what_it_says_is_forgotten_after_an_hour(hostile, make_client, clock):
    """Nobody is kept from asking for longer than an hour, whatever a header said."""
    hostile.behave = lambda request, sock: hostile.reply(429, b"{}", Retry_After="999999999")
    client = make_client(hostile.endpoint)
    with pytest.raises(RateLimitedError):
        client.require_model_metadata("org/name")
    hostile.behave = lambda request, sock: sound(hostile)
    clock.advance(hours=1, seconds=1)

    assert "org/name" == client.require_model_metadata("org/name").model_id


def bombs():
    """Answers that are small on their way and large, or deep, when they are understood."""
    zeros = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield (
        "gzip of zeros",
        b"".join(zeros.compress(bytes(1_000_000)) for _ in range(400)) + zeros.flush(),
        "gzip",
    )
    deep = b"[" * 20_000_000
    yield "gzip of brackets", gzip.compress(deep, 1), "gzip"
    yield "brackets", deep[:10_000_000], ""
    yield "objects", b'{"a":' * 2_000_000, ""
    yield "digits", b'{"id":"org/name","downloads":' + b"9" * 5_000_000 + b"}", ""
    yield "one long text", b'{"id":"' + b"x" * 20_000_000 + b'"}', ""
    yield (
        "many files",
        b'{"id":"org/name","siblings":[' + b",".join([b'{"rfilename":"a"}'] * 400_000) + b"]}",
        "",
    )


BOMBS = {name: (body, encoding) for name, body, encoding in bombs()}

ASK = """
import resource, sys
limit = 1 << 30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from hubkit import HubClient, HubConfig, HubkitError
from hubkit.cli import main
try:
    with HubClient(HubConfig(endpoint=sys.argv[1], cache="memory://", retries=0)) as client:
        for call in (lambda: client.require_model_metadata("org/name"), lambda: client.search_models("x")):
            try:
                call()
            except HubkitError as error:
                assert len(str(error)) < 1000
finally:
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) // 1024, file=sys.stderr)
"""


@pytest.mark.threat("bombs")
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize(
    ("bomb", "status"),
    # Of another status than 200 no more is made than the decoded bytes.
    [
        (name, status)
        for name, (_, coding) in BOMBS.items()
        for status in (200, 302, 404)
        if coding or status == 200
    ],
)
def test_bombs(hostile, bomb, status):
    """In a process with 1 GiB the answer is a model or one of our errors, within 512 MiB."""
    body, encoding = BOMBS[bomb]
    more = {"Content_Encoding": encoding} if encoding else {}
    hostile.behave = lambda request, sock: hostile.reply(status, body, Location="/x", **more)
    done = subprocess.run(
        [sys.executable, "-c", ASK, hostile.endpoint], capture_output=True, text=True, timeout=100
    )

    assert 0 == done.returncode, done.stderr[-500:]
    assert int(done.stderr.splitlines()[-1]) < 512


@pytest.mark.threat("invalid token")
def test_revoked_token_is_no_missing_model(hub, make_client):
    """Public models aren't "not found" because the token has been revoked, and nothing of the kind is remembered."""
    from hubkit import AuthenticationError

    revoked = make_client(hub.endpoint, token="hf_revoked0123456789")
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="refused"):
            revoked.get_model_metadata("alice/open")

    assert "mit" == make_client(hub.endpoint).require_model_metadata("alice/open").license


@pytest.mark.threat("answer about another repository")
@pytest.mark.parametrize(
    "answer", [{"id": "org/other"}, {"id": "org/name-2"}, {"id": "name"}, {"modelId": "x/y"}]
)
def test_answer_about_another(hostile, make_client, answer):
    """It is neither handed out nor kept."""
    hostile.behave = lambda request, sock: hostile.reply(200, json.dumps(answer).encode())
    client = make_client(hostile.endpoint, retries=0)
    with pytest.raises((OfflineError, DecodeError)):
        client.require_model_metadata("org/name")

    assert [] == client.cache.get_all_cached()
