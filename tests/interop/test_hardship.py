"""Threads, forks, interruptions, uploads: what goes on around the cache."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import HfApi, get_async_session, get_session, hf_hub_download, snapshot_download
from vanished_client import is_vanished_client

from hubkit import HubConfig
from hubkit.interop import cached, install, uninstall

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs fork and signals")


def _told(endpoint, token, answers):
    api = HfApi(endpoint=endpoint, token=token)
    answers.put((api.model_info("org/model").sha, api.dataset_info("org/data").sha))


@needs_posix
@pytest.mark.parametrize("cache", ["file", "sqlite", "memory"])
def test_forked_after_installation(hub, api, tmp_path, cache):
    """Children have the cache beneath theirs too, warm where their parent left it, and write what the parent then reads."""
    where = {"file": (tmp_path / "c").as_uri(), "sqlite": f"sqlite://{tmp_path}/c.db", "memory": "memory://"}
    context = multiprocessing.get_context("fork")
    with cached(HubConfig(cache=where[cache])):
        known = api.model_info("org/model").sha
        answers = context.Queue()
        children = [context.Process(target=_told, args=(hub.endpoint, api.token, answers)) for _ in range(4)]
        for child in children:
            child.start()
        found = [answers.get(timeout=60) for _ in children]
        for child in children:
            child.join(60)
        assert known == api.model_info("org/model").sha
        api.dataset_info("org/data")

    assert {known} == {sha for sha, _ in found}
    assert 1 == hub.requests["model_info"]
    assert (5 if cache == "memory" else 1) == hub.requests["dataset_info"]


def _tells_of_closing(error: Exception) -> bool:
    """Whether it is what threads see whenever huggingface_hub closes the client that they share."""
    from_its_client = "closed" in str(error) or type(error).__module__.startswith("httpx")
    return from_its_client or is_vanished_client(error)


# A client that is closed while it opens a connection forgets to close that, with hubkit or without.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_uninstalled_while_threads_ask(hub, api, config):
    """Whoever is under way gets its answer, or is told that the client was closed, as with any new factory."""
    over = threading.Event()
    failures = []

    def ask():
        while not over.is_set():
            try:
                api.model_info("org/model")
            except Exception as error:  # noqa: BLE001 - whatever it is
                if not _tells_of_closing(error):
                    failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        install(config)
        time.sleep(0.02)
        uninstall()
    over.set()
    for thread in threads:
        thread.join()
    gc.collect()

    assert [] == failures


_INTERRUPTED = """
import signal, sys, time
from huggingface_hub import HfApi
from hubkit import HubConfig
from hubkit.interop import install
install(HubConfig(cache=sys.argv[2]))
api = HfApi(endpoint=sys.argv[1], token=False)
print("ready", flush=True)
try:
    api.model_info("org/model")
except KeyboardInterrupt:
    began = time.monotonic()
    print(api.model_info("org/model").id, time.monotonic() - began < 2.0, flush=True)
"""


@needs_posix
def test_interrupted_while_it_asks(hub, tmp_path):
    """Ctrl-C in the middle of a request leaves no lease behind: the next question is asked at once."""
    hub.fail("model_info", status=None, delay=3.0)
    command = [sys.executable, "-c", _INTERRUPTED, hub.endpoint, (tmp_path / "c").as_uri()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]

    assert "org/model True\n" == said


def test_uploaded_and_read_back(hub, api, config, tmp_path):
    """Commits, LFS and preuploads pass through unchanged, and what was uploaded is read as it was."""
    folder = tmp_path / "folder"
    folder.mkdir()
    files = {
        "README.md": b"---\nlicense: mit\n---\n# x\n",
        "model.safetensors": os.urandom(300_000),
        "sub-config.json": b"{}",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    api.create_repo("alice/up")
    with cached(config):
        # What is known before must not be believed afterwards.
        assert not api.file_exists("alice/up", "model.safetensors")
        api.model_info("alice/up")
        list(api.list_repo_tree("alice/up"))
        commit = api.upload_folder(repo_id="alice/up", folder_path=folder).oid
        again = api.upload_folder(repo_id="alice/up", folder_path=folder).oid
        found = Path(
            snapshot_download("alice/up", endpoint=hub.endpoint, cache_dir=tmp_path / "hf", token=api.token)
        )
        seen = {name: (found / name).read_bytes() for name in files}

    assert files == seen
    assert commit == again == found.name
    assert {"lfs_put": 1, "commit": 1}.items() <= dict(hub.requests).items()


def test_async_clients(hub, config):
    """They are left as they are."""
    import asyncio

    async def ask():
        async with get_async_session() as client:
            url = f"{hub.endpoint}/api/models/org/model"
            return [(await client.get(url)).json()["id"] for _ in range(2)]

    with cached(config):
        assert ["org/model"] * 2 == asyncio.run(ask())

    assert 2 == hub.requests["model_info"]


def test_streams(hub, api, config):
    """A question that is asked as a stream can be read as one, asked and cached."""
    url = f"{hub.endpoint}/api/models/org/model"
    found = []
    with cached(config):
        for _ in range(2):
            with get_session().stream("GET", url) as response:
                found.append(b"".join(response.iter_bytes()))

    assert found[0] == found[1] == get_session().get(url).content


def test_answers_that_are_too_large(hub, api, config):
    """They are passed on whole, and not kept."""
    hub.add_model({"id": "org/huge", "private": False, "cardData": {"text": "x" * 9_000_000}})
    with cached(config):
        lengths = [len(api.model_info("org/huge").card_data["text"]) for _ in range(2)]

    assert [9_000_000] * 2 == lengths
    assert 2 == hub.requests["model_info"]


def test_questions_that_are_too_long(hub, api, config):
    """A question of 200 KB is asked and answered."""
    paths = [f"{'long-' * 8}{number}.json" for number in range(4_000)]
    with cached(config):
        found = [api.get_paths_info("org/model", [*paths, "config.json"]) for _ in range(2)]

    assert [["config.json"]] * 2 == [[item.path for item in each] for each in found]


_JOB = """
import sys
from huggingface_hub import hf_hub_download
from hubkit import HubConfig
from hubkit.interop import install
install(HubConfig(cache=sys.argv[2]))
for name in ("config.json", "model.safetensors"):
    path = hf_hub_download("org/moving", name, endpoint=sys.argv[1], cache_dir=sys.argv[3], token=False)
    print(path.split("snapshots/")[1].partition("/")[0], open(path, "rb").read()[:8])
"""


def test_branch_moves_in_a_fleet(hub, redis_server, tmp_path):
    """Two processes on two machines, over Redis: the second is told of the first one's commit, and gets its bytes."""
    hub.add_repo("org/moving", {"config.json": b'{"a": 1}', "model.safetensors": b"\0" * 20_000})
    said = []
    for place in ("one", "two"):
        command = [sys.executable, "-c", _JOB, hub.endpoint, redis_server.url, str(tmp_path / place)]
        environ = {**os.environ, "HF_HUB_DISABLE_XET": "1"}
        said.append(subprocess.run(command, capture_output=True, text=True, check=True, env=environ).stdout)
        hub.commit("org/moving", {"config.json": b'{"a": 2}', "model.safetensors": b"\1" * 20_000})

    assert said[0] == said[1]
    assert 2 == said[0].count(said[0][:40])


@pytest.mark.parametrize("path", ["config.json", "model.safetensors"])
def test_download_under_load(hub, api, beneath, tmp_path, path):
    """Many threads fetch one file of a branch: one HEAD."""

    def fetch(number):
        folder = tmp_path / str(number)
        where = hf_hub_download("org/model", path, endpoint=hub.endpoint, cache_dir=folder, token=api.token)
        return Path(where).stat().st_size

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fetch, range(8)))

    assert 1 == len(set(found)) == hub.requests["resolve_head"]
    assert 8 == len(found)
