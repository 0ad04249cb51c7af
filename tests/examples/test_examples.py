"""Every example runs, and the output that their README shows is what they print."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
README = EXAMPLES / "README.md"
SCRIPTS = sorted(
    path.relative_to(EXAMPLES).as_posix()
    for path in EXAMPLES.rglob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
)


def shown():
    """The README's commands whose output is always the same but for what is left out, with that output."""
    blocks = re.findall(
        r"^```console\n\$ python examples/(\S+)([^\n]*)\n(.*?)^```$",
        README.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return {name: (arguments, output) for name, arguments, output in blocks}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.redis] if "redis" in name else []) for name in shown()]
)
def test_output_in_readme(run, name, request, tmp_path):
    """What the README shows is what is printed, but for ports, folders and the like."""
    if "redis" in name:
        request.getfixturevalue("redis_binary")
    arguments, expected = shown()[name]
    # Whoever tries them out may well be logged in elsewhere.
    token = "hf_ofanotherhubsuser"
    (tmp_path / "token").write_text(token)
    environ = {"HF_TOKEN": token, "HF_HOME": str(tmp_path)}
    printed = run(name, *shlex.split(arguments), environ=environ)

    assert doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS), printed


def test_readme_names_all():
    """The README has a line and a command for each."""
    text = README.read_text(encoding="utf-8")

    assert SCRIPTS
    assert [] == [
        name for name in SCRIPTS if f"`{name}`" not in text or f"python examples/{name}" not in text
    ]


@pytest.mark.parametrize("name", SCRIPTS)
def test_help(run, name):
    """Each says how it is used, here and with a live Hub."""
    text = run(name, "--help")

    assert f"python examples/{name}" in text
    assert "--endpoint https://huggingface.co" in text


def test_fleet(run, tmp_path):
    """The fleet without hubkit runs into the limit, the other asks once, as the README says, and both are drawn."""
    printed = run("ci_fleet.py", "--pace", 0.05, "--plot", tmp_path / "fleet.png")
    counts = re.compile(r"^with.* requests, .* refused", re.MULTILINE)

    assert [
        "without hubkit: 320 requests, 220 refused",
        "with hubkit: 20 requests, 0 refused",
    ] == counts.findall(printed)
    assert counts.findall(printed) == counts.findall(README.read_text(encoding="utf-8"))
    assert "0 refused; 0 of 16 jobs failed" in printed
    assert (tmp_path / "fleet.png").read_bytes().startswith(b"\x89PNG")
    assert {"█", "░"} <= set(printed)


def test_live_hub(run, local_hub, adapters, tmp_path):
    """With an address the examples ask that Hub, and tell what it alone can."""
    local_hub.add_repo("org/one", {"config.json": b"{}", "model.safetensors": b"\x02\0\0\0\0\0\0\0{}"})
    local_hub.add_repo("org/two", {"config.json": b"{}"})
    local_hub.add_repo("hubkit-test/tiny-llama", {"README.md": b"---\nlicense: mit\n---\n"})
    live = ["--endpoint", local_hub.endpoint]
    token = {"HF_TOKEN": local_hub.add_user("org")}
    fleet = run("ci_fleet.py", *live, "org/one", "org/two", "--jobs", 2, "--pace", 0.01)
    bundle = run("offline_bundle.py", *live, "org/one", "org/two")
    upload = run(
        "upload_adapter.py", adapters / "lora-causal-lm", *live, "--repo-id", "org/up", environ=token
    )

    assert "with hubkit: 2 requests, 0 refused; 0 of 2 jobs failed" in fleet
    assert "without hubkit" not in fleet
    assert "loaded" in bundle
    assert "config.json, model.safetensors" in bundle
    assert f"Uploaded to {local_hub.endpoint}/org/up" in upload


def test_redis_of_ones_own(run, local_hub, redis_server):
    """With addresses it starts neither a Hub nor a Redis."""
    local_hub.add_model({"id": "org/mine", "private": False})
    where = ["--endpoint", local_hub.endpoint, "--redis", redis_server.url, "--model", "org/mine"]
    printed = run("shared_redis.py", *where)

    assert re.search(r"job 1 +org/mine +from the Hub\njob 2 +org/mine +from Redis\n\Z", printed), printed
    assert 1 == local_hub.total_requests


@pytest.mark.skipif(importlib.util.find_spec("transformers") is not None, reason="it is there")
def test_without_transformers(tmp_path):
    """What is missing is said in a line."""
    command = [sys.executable, str(EXAMPLES / "transformers_interop.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert 1 == done.returncode
    assert done.stderr.startswith("transformers_interop: No module named")
    assert done.stderr.endswith("pip install torch transformers\n")
