"""Progress bars count the bytes that move, each once."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
import time

import pytest
from huggingface_hub import hf_hub_download
from tqdm import tqdm

from hubkit._transfers._progress import Meter, meter
from hubkit._transfers._workers import Stop, StoppedError, run_all

MIB = 1024 * 1024
BIG = bytes(25 * MIB)


@pytest.fixture
def bar():
    """A bar that nobody sees."""
    with tqdm(total=len(BIG), file=io.StringIO()) as bar:
        yield bar


def fetch(hub, folder, meter):
    """One file, as hubkit fetches it."""
    return hf_hub_download(
        "alice/big",
        "model.safetensors",
        endpoint=hub.endpoint,
        cache_dir=folder,
        token=False,
        tqdm_class=meter.for_files(),
    )


def test_every_byte_is_counted(hub, bar, tmp_path):
    """What has come is what the bar says."""
    hub.add_repo("alice/big", {"model.safetensors": BIG})
    fetch(hub, tmp_path, Meter(bar, Stop()))

    assert len(BIG) == bar.n


def test_line_and_disk_are_not_added_up(bar):
    """Releases that count what is received and what is written apart tell of each byte twice."""
    file_bar = Meter(bar, Stop()).for_files()(total=10, initial=3, desc="x", position=1)
    file_bar.update(7)
    file_bar.update_transfer(7)
    file_bar.set_transfer_postfix_str("1 MB/s", refresh=False)
    file_bar.close()

    assert 10 == bar.n


def test_bytes_that_come_twice_are_counted_once(hub, bar, tmp_path, caplog):
    """A connection that breaks costs no progress that isn't true."""
    commit = hub.add_repo("alice/big", {"model.safetensors": BIG})
    half = {"Content-Length": str(len(BIG)), "X-Repo-Commit": commit}
    hub.fail("resolve_get", status=200, body=BIG[: 15 * MIB], headers=half)
    with contextlib.suppress(Exception):
        # Some releases give up.
        fetch(hub, tmp_path, Meter(bar, Stop()))

    assert bar.n in (10 * MIB, 15 * MIB, len(BIG))


def test_a_stop_ends_a_download(hub, bar, tmp_path):
    """Nobody waits for it: it ends at the next bytes, and leaves nothing."""
    hub.add_repo("alice/big", {"model.safetensors": BIG})
    stop = Stop()
    shown = Meter(bar, stop)
    stop.set()
    with pytest.raises(StoppedError):
        fetch(hub, tmp_path, shown)

    assert not [path for path in tmp_path.rglob("*") if path.name == "model.safetensors"]


def test_no_bar_without_a_terminal(capsys):
    """Logs of a build hold no bars."""
    with meter("Fetching", 100, Stop(), wanted=True) as shown:
        shown.advance(100)

    assert ("", "") == capsys.readouterr()


def test_the_first_failure_is_raised_when_the_others_are_over():
    """What has begun is finished; what hasn't is left."""
    began = threading.Event()
    done = []

    def fail():
        began.wait(60)
        raise ValueError("first")

    def work():
        began.set()
        done.append("work")

    def late():
        time.sleep(0.01)
        done.append("late")

    with pytest.raises(ValueError, match="first"):
        run_all([fail, work, *[late] * 1000], Stop(), max_workers=2)

    assert "work" in done
    assert len(done) < 1000


def test_no_jobs():
    """Nothing to do is done at once."""
    assert run_all([], Stop(), max_workers=1) is None


def test_downloads_leave_no_thread(hub, client, tmp_path):
    """However many downloads there were, no thread of theirs goes on."""
    client.download_model("alice/base", tmp_path / "first")
    before = set(threading.enumerate())
    for number in range(3):
        client.download_model("alice/base", tmp_path / str(number))

    assert [] == [thread.name for thread in set(threading.enumerate()) - before if "tqdm" in thread.name]


NO_STDERR = {"none": "sys.stderr = None", "closed": "sys.stderr.close()"}


@pytest.mark.parametrize("end", NO_STDERR.values(), ids=NO_STDERR)
def test_without_standard_error(hub, alice, adapters, tmp_path, end):
    """A program that has none, as a service may, downloads and uploads all the same, with settings that want a bar."""
    for repo_id in ("alice/small", "hubkit-test/tiny-llama"):
        hub.add_repo(repo_id, {"config.json": b"{}"})
    code = f"""
import sys
from hubkit import HubClient, HubConfig
{end}
with HubClient(HubConfig(endpoint={hub.endpoint!r}, token={alice!r}, cache="memory://", progress=True)) as client:
    print((client.download_model("alice/small", {str(tmp_path)!r}, verify=True) / "config.json").read_text())
    print(client.upload_artifact({str(adapters / "lora-causal-lm")!r}, {{"repo_id": "alice/new", "license": "mit"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)

    assert (0, ["{}", f"{hub.endpoint}/alice/new"]) == (done.returncode, done.stdout.splitlines())
