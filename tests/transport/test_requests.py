"""What is sent: the token and no other, no cookies, over connections that stay open."""

from __future__ import annotations

import json
import threading

import pytest

import hubkit
from hubkit import OfflineError
from hubkit._clock import SYSTEM_CLOCK

TOKEN = "hf_abcdefghijklmnop"


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    """A ~/.netrc that knows a password for the server."""
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login mallory password wrong\ndefault login eve password wrong\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text(path.read_text())


def test_one_connection_for_many_requests(hostile, transport) -> None:
    """Requests one after the other share a connection, whatever their outcome."""
    hostile.behave = lambda request, sock: hostile.reply(
        404 if request.target.endswith("3") else 200, b"{}" * 100
    )
    for number in range(30):
        if number % 10 == 3:
            with pytest.raises(hubkit.NotFoundError):
                transport.get(f"/{number}")
        else:
            transport.get(f"/{number}")

    assert (30, 1) == (len(hostile.requests), hostile.connections)


def test_connection_survives_answers_without_body(hostile, transport) -> None:
    """204, 304 and redirects leave the connection in order."""
    hostile.play(
        hostile.reply(304, length=False, ETag='"1"'),
        hostile.reply(307, b"moved", Location="/b"),
        hostile.reply(200, b"{}"),
        hostile.reply(204, length=False),
        hostile.reply(200, b"{}"),
    )
    statuses = [transport.get("/a", etag='"1"').status, transport.get("/a").status]
    transport.write("DELETE", "/a")

    assert [*statuses, transport.get("/c").status] == [304, 200, 200]
    assert hostile.connections == 1


def test_connection_that_the_server_closed(hostile, transport) -> None:
    """A server that hangs up while nobody asks costs a connection, no error, and nothing sent twice."""
    hostile.behave = lambda request, sock: sock.sendall(hostile.reply(200, b"{}"))
    for number in range(5):
        transport.write("POST", "/", json=number)
        # Its goodbye has to arrive: a change that crosses it is lost, and not sent again.
        SYSTEM_CLOCK.sleep(0.05)

    assert (5, 5) == (len(hostile.requests), hostile.connections)


def test_token_is_sent(hostile, make_transport) -> None:
    """The token goes along as a bearer token, with reads and writes."""
    transport = make_transport(TOKEN)
    transport.get("/a")
    transport.write("POST", "/b", json={"a": 1})

    assert [request.headers["authorization"] for request in hostile.requests] == [f"Bearer {TOKEN}"] * 2
    assert json.loads(hostile.requests[1].body) == {"a": 1}


@pytest.mark.parametrize(("token", "sent"), [(TOKEN, f"Bearer {TOKEN}"), (None, None)])
def test_netrc_is_left_alone(hostile, make_transport, netrc, token, sent) -> None:
    """Neither replaces a password from ~/.netrc the token, nor is one sent when there is none."""
    make_transport(token).get("/a")
    hostile.play(hostile.reply(307, Location="/c"), hostile.reply(200, b"{}"))
    hostile.requests.clear()
    make_transport(token).get("/b")

    assert [request.headers.get("authorization") for request in hostile.requests] == [sent] * 2


def test_no_cookies(hostile, transport) -> None:
    """What one answer sets, no later request carries."""
    hostile.play(hostile.reply(200, b"{}", Set_Cookie="id=1; Path=/"))
    transport.get("/a")
    transport.get("/b")

    assert [request.headers.get("cookie") for request in hostile.requests] == [None, None]


def test_user_agent_and_encoding(hostile, transport) -> None:
    """The Hub sees who asks, and is asked for nothing but gzip."""
    transport.get("/")
    headers = hostile.requests[0].headers

    assert headers["user-agent"].startswith(f"hubkit/{hubkit.__version__}; python/3.")
    assert headers["accept-encoding"] == "gzip"


def test_query_and_etag(hostile, transport) -> None:
    """Repeated parameters keep their order; the etag goes verbatim; without one nothing goes."""
    transport.get("/api/models", params=[("filter", "a b"), ("filter", "ü&")], etag='W/"3a-x"')
    transport.get("/api/models")

    assert hostile.requests[0].target == "/api/models?filter=a+b&filter=%C3%BC%26"
    assert hostile.requests[0].headers["if-none-match"] == 'W/"3a-x"'
    assert "if-none-match" not in hostile.requests[1].headers


def test_offline_asks_nobody(hostile, make_transport) -> None:
    """Offline not one connection is made, and the error names what was not asked."""
    transport = make_transport(offline=True)
    for work in (
        lambda: transport.get("/api/x"),
        lambda: transport.write("POST", "/api/x"),
        lambda: list(transport.pages("/api/x")),
    ):
        with pytest.raises(OfflineError, match=r"^/api/x: "):
            work()

    assert hostile.connections == 0


def test_eight_threads_get_their_own_answers(hostile, make_transport) -> None:
    """Threads that share a transport get the answers to their own questions."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, json.dumps(request.target).encode() + b" " * 5_000
    )
    transport = make_transport()
    wrong: list[object] = []
    start = threading.Barrier(8)

    def work(seed: int) -> None:
        start.wait(10)
        for step in range(40):
            path = f"/{seed}/{step}"
            try:
                found = transport.get(path).json()
            except Exception as error:  # noqa: BLE001 - told by the assertion
                found = error
            if found != path:
                wrong.append((path, found))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert len(hostile.requests) == 320
    assert hostile.connections <= 16


def test_closed_transport_opens_again(hostile, transport) -> None:
    """After closing, the next request opens a connection of its own; closing twice is fine."""
    transport.get("/")
    transport.close()
    transport.close()

    assert transport.get("/").status == 200
    assert hostile.connections == 2
