"""Names of hosts: looked up no longer than the deadline allows, and not at all where there is no name."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from hubkit import TransportError
from hubkit._clock import SYSTEM_CLOCK

# A network of its own, in which a resolver listens and never answers.
WITH_SILENT_RESOLVER = """
ip link set lo up
echo nameserver 127.0.0.1 > "$0"
mount --bind "$0" /etc/resolv.conf
exec "$@"
"""
ASK = """
import socket, time
from hubkit import HubConfig, TransportTimeoutError
from hubkit._transport import Transport

resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
transport = Transport(HubConfig(endpoint="https://hub.example", cache="none://", deadline=0.5), token=None)
began = time.monotonic()
try:
    transport.get("/")
except TransportTimeoutError as error:
    print(resolver.recv(512) != b"", round(time.monotonic() - began, 1), error)
"""


@pytest.fixture
def apart(tmp_path):
    """What to put before a command, for it to have no resolver that answers."""
    alone = ["unshare", "--net", "--mount"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody here can have a network of his own")
    return [*alone, "sh", "-ec", WITH_SILENT_RESOLVER, str(tmp_path / "resolv.conf")]


def test_silent_resolver(apart) -> None:
    """A resolver that doesn't answer is waited for until the deadline, and the program can end then."""
    began = time.monotonic()
    done = subprocess.run([*apart, sys.executable, "-c", ASK], capture_output=True, text=True, timeout=60)
    seconds = time.monotonic() - began

    assert done.stdout.startswith("True 0.5 https://hub.example/: not done within the deadline"), done.stderr
    assert seconds < 5.0


def test_name_of_this_machine(hostile, make_transport) -> None:
    """A name that is found leads to its server."""
    hostile.play(hostile.reply(200, b"5"))
    transport = make_transport(clock=SYSTEM_CLOCK, endpoint=f"http://localhost:{hostile.port}")

    assert transport.get("/").json() == 5


def test_refusal_behind_a_name(make_transport) -> None:
    """What goes wrong behind a name is told as it is without one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://localhost:{taken.getsockname()[1]}"
        with pytest.raises(TransportError) as caught:
            make_transport(endpoint=endpoint, retries=0).get("/")

    assert f"{endpoint}/: connection refused" == str(caught.value)
