"""Ctrl-C and SIGTERM in the middle of a download, in real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import huggingface_hub
import pytest
from faulty_proxy import FaultyProxy
from packaging.version import Version

from hubkit.testing import LocalHub

pytestmark = [
    pytest.mark.fault("Ctrl-C, SIGTERM while it works or waits"),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
]

MIB = 1024 * 1024
BIG = os.urandom(MIB) * 48
FILES = {"config.json": b"{}", "model.safetensors": BIG, "other.safetensors": BIG[1:]}

# Releases before 1.18 go on with a part, so they leave it.
LEAVES_PARTS = Version(huggingface_hub.__version__) < Version("1.18")

AGAIN = """
import sys
from hubkit import HubClient
with HubClient() as hub:
    try:
        hub.download_model("alice/big", sys.argv[1])
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.stdin.readline()
        print(hub.download_model("alice/big", sys.argv[1], verify=True))
"""


@pytest.fixture
def proxy(monkeypatch):
    """A hub with a big model, behind a slow line."""
    with LocalHub() as hub:
        hub.add_repo("alice/big", FILES)
        line = FaultyProxy(int(hub.endpoint.rpartition(":")[2]))
        monkeypatch.setenv("HUBKIT_ENDPOINT", line.endpoint)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.setenv("HUBKIT_RETRIES", "0")
        yield line
        line.stop()


@pytest.fixture
def folder(tmp_path):
    """A snapshot cache of this test's own."""
    return tmp_path / "snapshots"


def spawn(*command):
    """Start a process with pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *command], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def parts(folder):
    """Unfinished files below a folder."""
    # Nowhere else: other folders come and go while files are fetched.
    return [path.name for path in folder.glob("models--*/blobs/*.incomplete")]


def wait_for_parts(proxy, folder):
    """Until the big files are on their way."""
    ends = time.monotonic() + 60
    while not (len(parts(folder)) == 2 and proxy.passed > MIB):
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize("rate", [8 * MIB, 0], ids=["flowing", "hanging"])
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_download(proxy, folder, number, code, word, rate):
    """Soon, with one line, without litter; the next try finds nothing in its way."""
    proxy.rate = 8 * MIB
    download = ("-m", "hubkit.cli", "download", "alice/big", "--to", str(folder))
    process = spawn(*download)
    wait_for_parts(proxy, folder)
    proxy.rate = rate
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    took = time.monotonic() - began

    assert (code, "", f"hubkit: {word}\n") == (process.returncode, out, err)
    assert took < 5
    assert LEAVES_PARTS or [] == parts(folder)

    proxy.rate = None
    out, err = (process := spawn(*download, "--verify")).communicate(timeout=60)

    assert (0, "") == (process.returncode, err)
    assert {name: (Path(out.strip()) / name).read_bytes() for name in FILES} == FILES
    assert [] == parts(folder)


def test_a_program_goes_on_after_ctrl_c(proxy, folder):
    """A notebook that is interrupted asks again in the same process, and doesn't wait for itself."""
    proxy.rate = 8 * MIB
    process = spawn("-c", AGAIN, str(folder))
    wait_for_parts(proxy, folder)
    process.send_signal(signal.SIGINT)

    assert "interrupted\n" == process.stdout.readline()

    proxy.rate = None
    out, err = process.communicate("\n", timeout=60)

    assert (0, "") == (process.returncode, err)
    assert {name: (Path(out.strip()) / name).read_bytes() for name in FILES} == FILES
    assert [] == parts(folder)


def test_what_a_killed_download_left_goes_away(proxy, folder):
    """After a day, and not before: until then it might be another host's."""
    proxy.rate = 8 * MIB
    process = spawn("-m", "hubkit.cli", "download", "alice/big", "--to", str(folder))
    wait_for_parts(proxy, folder)
    process.kill()
    process.communicate()
    left = sorted(folder.rglob("*.incomplete"))
    proxy.rate = None
    first = spawn(
        "-m", "hubkit.cli", "download", "alice/big", "--to", str(folder), "--include", "config.json"
    )

    assert ("", 0) == (first.communicate(timeout=60)[1], first.returncode)
    assert left == sorted(folder.rglob("*.incomplete"))

    for path in left:
        os.utime(path, (0, 0))
    second = spawn("-m", "hubkit.cli", "download", "alice/big", "--to", str(folder))

    assert ("", 0) == (second.communicate(timeout=60)[1], second.returncode)
    assert [] == parts(folder)
