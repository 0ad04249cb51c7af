"""transformers and peft under the cache: counted requests, and a Hub that is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubkit.testing import LocalHub

# With the hub gone huggingface_hub alone tries lists for half a minute each.
pytestmark = pytest.mark.timeout(900)

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
BASE, ADAPTER = "org/tiny-llama", "org/lora"

LOADS = ("AutoConfig", "AutoTokenizer", "AutoModelForCausalLM", "PeftModel")
READS = ("HfApi.model_info", "HfApi.list_repo_files", "HfApi.file_exists", "HfApi.list_models")


class Job:
    """What a process did: the requests and the outcome of each step."""

    def __init__(self, hub, prefix, environ):
        self.requests, self.outcomes, self.seconds = {}, {}, {}
        command = [*prefix, sys.executable, str(HERE / "loads.py"), BASE, ADAPTER]
        process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            while line := process.stdout.readline():
                name = json.loads(line)
                before, began = hub.total_requests, time.monotonic()
                process.stdin.write("\n")
                process.stdin.flush()
                self.outcomes[name] = json.loads(process.stdout.readline())
                self.seconds[name] = time.monotonic() - began
                self.requests[name] = hub.total_requests - before
            self.errors = process.stderr.read()
        assert process.returncode == 0, self.errors


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """The same four jobs, without hubkit and with it: cold, warm, with the hub gone, and told to be offline."""
    found = {}
    for kind, prefix in {"bare": [], "hubkit": [sys.executable, "-m", "hubkit.cli", "run", "--"]}.items():
        folder = tmp_path_factory.mktemp(kind)
        with LocalHub() as hub:
            hub.add_repo(BASE, DATA / "bases" / "tiny-llama")
            hub.add_repo(ADAPTER, DATA / "adapters" / "lora-causal-lm")
            environ = {
                **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(folder / "hf"),
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_XET": "1",
                "HUBKIT_CACHE": (folder / "cache").as_uri(),
            }
            found[kind, "cold"] = Job(hub, prefix, environ)
            found[kind, "warm"] = Job(hub, prefix, environ)
            hub.stop()
            found[kind, "gone"] = Job(hub, prefix, environ)
            found[kind, "offline"] = Job(hub, prefix, {**environ, "HF_HUB_OFFLINE": "1"})
    return found


@pytest.fixture(scope="module", autouse=True)
def _table(jobs, request):
    """Shows both side by side under ``pytest -s``."""
    lines = [f"{'':24}{'requests: first':>18}{'second':>10}   {'hub gone':30}HF_HUB_OFFLINE=1"]
    for name in (*LOADS, *READS):
        for kind in ("bare", "hubkit"):
            cold, warm, gone, offline = (jobs[kind, state] for state in ("cold", "warm", "gone", "offline"))
            label = name if kind == "bare" else ""
            without = f"{gone.outcomes[name]} ({gone.seconds[name]:.1f} s)"
            lines.append(
                f"{label:24}{kind + ' ' + str(cold.requests[name]):>18}{warm.requests[name]:>10}   "
                f"{without:30}{offline.outcomes[name]}"
            )
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("step", [*LOADS, *READS])
def test_second_time_asks_nothing(jobs, step):
    """Another process, the same steps: no request reaches the hub."""
    assert ("fine", "fine") == (jobs["hubkit", "cold"].outcomes[step], jobs["hubkit", "warm"].outcomes[step])
    assert 0 == jobs["hubkit", "warm"].requests[step]


@pytest.mark.parametrize("step", [*LOADS, *READS])
def test_without_hubkit_each_asks_again(jobs, step):
    """What would be asked without it: else the test above could not fail."""
    assert 0 < jobs["bare", "warm"].requests[step]


@pytest.mark.parametrize("state", ["gone", "offline"])
@pytest.mark.parametrize("step", [*LOADS, *READS])
def test_without_a_hub(jobs, step, state):
    """With the hub gone, and told to be offline, all steps go on."""
    assert "fine" == jobs["hubkit", state].outcomes[step]


@pytest.mark.parametrize("state", ["gone", "offline"])
@pytest.mark.parametrize("step", READS)
def test_without_hubkit_reads_fail(jobs, step, state):
    """And this is what they do without it."""
    assert "fine" != jobs["bare", state].outcomes[step]


def test_first_time_asks_less(jobs):
    """Even the first process is asked to repeat itself less."""
    bare, ours = (sum(jobs[kind, "cold"].requests.values()) for kind in ("bare", "hubkit"))

    assert ours < bare
