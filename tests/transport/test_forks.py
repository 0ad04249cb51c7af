"""A process that forks while it is connected: nobody gets another's answer."""

from __future__ import annotations

import json
import os
import threading

import pytest

from hubkit.testing._children import exit_code_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@pytest.fixture
def echo(hostile):
    """The server says who asked over which connection."""
    hostile.behave = lambda request, sock: hostile.reply(
        200, json.dumps([request.target, request.connection]).encode() + b" " * 2_000
    )
    return hostile


def test_child_has_connections_of_its_own(echo, transport) -> None:
    """A child asks over a new connection; the parent's stays open and its own."""
    parents = transport.get("/parent").json()[1]

    def child() -> int:
        answers = [transport.get(f"/child/{number}").json() for number in range(20)]
        right = [path for path, _ in answers] == [f"/child/{number}" for number in range(20)]
        return 0 if right and parents not in {connection for _, connection in answers} else 3

    codes = [exit_code_of(child) for _ in range(3)]

    assert codes == [0, 0, 0]
    assert transport.get("/parent").json() == ["/parent", parents]


def test_child_of_a_busy_parent(echo, transport) -> None:
    """Children made while other threads are in the middle of requests get their own answers, and so do those."""
    stop = threading.Event()
    wrong: list[object] = []

    def ask(name: int) -> None:
        for number in range(100_000):
            if stop.is_set():
                return
            path = f"/{name}/{number}"
            found = transport.get(path).json()[0]
            if found != path:
                wrong.append(found)

    def child() -> int:
        return (
            0 if all(transport.get(f"/c/{number}").json()[0] == f"/c/{number}" for number in range(20)) else 3
        )

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    try:
        codes = [exit_code_of(child) for _ in range(8)]
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)

    assert codes == [0] * 8
    assert wrong == []


def test_closing_in_the_child_leaves_the_parent_alone(echo, transport) -> None:
    """A child that closes what it inherited doesn't hang up for its parent."""
    parents = transport.get("/").json()[1]

    def child() -> int:
        transport.close()
        return 0

    assert exit_code_of(child) == 0
    assert transport.get("/").json()[1] == parents
