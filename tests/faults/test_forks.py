"""Processes that fork after they used the cache: thousands of reads, none of another's answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fault_runs import times

from hubkit.testing._children import exit_code_of

pytestmark = [
    pytest.mark.fault("fork after use"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
    pytest.mark.timeout(300),
]

MODELS = 20
READS = times(300, 3_000)
CHILDREN = 4


@pytest.fixture(params=["file", "sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def url(request, tmp_path):
    """The URL of an empty store of each kind."""
    if request.param == "redis":
        return request.getfixturevalue("start_redis")().url
    return {"file": f"file://{tmp_path}/files", "sqlite": f"sqlite://{tmp_path}/cache.db"}[request.param]


@pytest.fixture
def client(hub, make_client, url):
    """A client that has asked for every model, and so is connected to the Hub and to its store."""
    for number in range(MODELS):
        hub.add_repo(f"alice/model-{number}", {"README.md": f"---\nlicense: mit\n---\n{number}\n".encode()})
    client = make_client(hub.endpoint, cache=url, memory_entries=0)
    client.get_many_metadata([f"alice/model-{number}" for number in range(MODELS)])
    return client


def wrong_answers(client, reads, *, ask_every=50):
    """How many of so many answers are another model's, now and then from the Hub itself."""
    wrong = 0
    for number in range(reads):
        name = f"alice/model-{number % MODELS}"
        wrong += client.require_model_metadata(name, use_cache=number % ask_every > 0).model_id != name
    return wrong


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
def test_os_fork(hub, client, busy, tell):
    """Children and parent read at the same time over connections of their own, also when threads were at work."""
    over = threading.Event()
    wrong = []

    def work():
        while not over.is_set():
            wrong.append(wrong_answers(client, 20))

    threads = [threading.Thread(target=work) for _ in range(4 if busy else 0)]
    for thread in threads:
        thread.start()
    with ThreadPoolExecutor(CHILDREN) as pool:
        children = pool.map(
            lambda _: exit_code_of(lambda: min(wrong_answers(client, READS // CHILDREN), 99)), range(CHILDREN)
        )
        here = wrong_answers(client, READS // CHILDREN)
        codes = list(children)
    over.set()
    for thread in threads:
        thread.join()
    tell("right answers", READS + 20 * len(wrong))

    assert [0] * CHILDREN == codes
    assert 0 == here + sum(wrong)


def test_fork_of_a_fork(client, tell):
    """Grandchildren too, after their parents had used what they inherited."""

    def child():
        return wrong_answers(client, 20) or exit_code_of(
            lambda: wrong_answers(client, 20) or exit_code_of(grandchild)
        )

    def grandchild():
        return wrong_answers(client, 20)

    codes = [exit_code_of(child) for _ in range(times(2, 20))]
    tell("right answers", 60 * len(codes))

    assert {0} == set(codes)
    assert 0 == wrong_answers(client, 20)


def test_closing_in_a_child(client, tell):
    """A child that closes the client it inherited leaves its parent's alone."""

    def child():
        client.close()
        return 0

    codes = [exit_code_of(child) for _ in range(times(3, 30))]
    tell("right answers", READS // 10)

    assert {0} == set(codes)
    assert 0 == wrong_answers(client, READS // 10)


# A module of its own, as spawned processes import it anew.
POOLED = """
import json, multiprocessing, os, sys
from hubkit import HubClient, HubConfig

METHOD, ENDPOINT, URL, READS, MODELS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
hub = HubClient(HubConfig(endpoint=ENDPOINT, cache=URL, progress=False, memory_entries=0))

def read(start):
    names = [f"alice/model-{(start + number) % MODELS}" for number in range(READS)]
    return sum(hub.require_model_metadata(name).model_id != name for name in names)

if __name__ == "__main__":
    read(0)
    with multiprocessing.get_context(METHOD).Pool(4) as pool:
        print(json.dumps(pool.map(read, range(8))))
    hub.close()
"""

# What gunicorn does with --preload: the application, with its client, is made and used, then the workers are forked,
# and one that dies is replaced.
PRELOADED = """
import json, os, signal, sys
from hubkit import HubClient, HubConfig

ENDPOINT, URL, READS, MODELS = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
hub = HubClient(HubConfig(endpoint=ENDPOINT, cache=URL, progress=False))

def application(number):
    name = f"alice/model-{number % MODELS}"
    return hub.require_model_metadata(name, use_cache=number % 10 > 0).model_id == name

def worker(number, pipe):
    wrong = sum(not application(number + turn) for turn in range(READS))
    os.write(pipe, f"{wrong}\\n".encode())

application(0)
receiver, sender = os.pipe()
workers = []
for number in range(8):
    child = os.fork()
    if child == 0:
        worker(number, sender)
        os._exit(0)
    workers.append(child)
    application(number)
    if number % 4 == 3:
        os.kill(child, signal.SIGKILL)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in workers]
os.close(sender)
assert codes.count(0) >= 6, codes
print(json.dumps([int(line) for line in os.fdopen(receiver).read().split()]))
"""


@pytest.mark.parametrize(
    ("program", "method"),
    [(POOLED, "fork"), (POOLED, "spawn"), (POOLED, "forkserver"), (PRELOADED, "preload")],
)
def test_pools(hub, client, url, environ, tmp_path, program, method, tell):
    """Pools of multiprocessing however they start, and preloaded servers whose workers are killed and replaced."""
    script = tmp_path / "served.py"
    script.write_text(program)
    arguments = [method, hub.endpoint, url, str(READS // 8), str(MODELS)]
    done = subprocess.run(
        # Later releases warn of every fork beside a thread: that it works is what is tested.
        [sys.executable, "-W", "ignore::DeprecationWarning", str(script), *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    wrong = json.loads(done.stdout or "null")
    tell("right answers", len(wrong or ()) * READS // 8)

    assert (0, "", {0}) == (done.returncode, done.stderr, set(wrong or [1]))
