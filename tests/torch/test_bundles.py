"""A bundle on a machine whose sockets are refused: transformers loads the model from it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubkit.testing import LocalHub

pytestmark = pytest.mark.timeout(300)

DATA = Path(__file__).parent.parent / "data"
MODEL = "org/tiny-llama"

LOADS = """
import socket, sys

def refused(self, address):
    print("connect", address)
    raise ConnectionRefusedError("this machine has no network")

socket.socket.connect = socket.socket.connect_ex = refused

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

tokens = AutoTokenizer.from_pretrained(sys.argv[1])("a fox", return_tensors="pt")
model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
print(AutoConfig.from_pretrained(sys.argv[1]).model_type, model(**tokens).logits.shape[-1] > 0)
"""


@pytest.mark.parametrize("offline", [False, True], ids=["unaware", "HF_HUB_OFFLINE"])
def test_loaded_where_sockets_are_refused(tmp_path, offline):
    """Packed beside a hub, loaded in another folder: the model loads, and nothing as much as tries to connect."""
    (tmp_path / "models.txt").write_text(f"{MODEL}\n")
    with LocalHub() as hub:
        hub.add_repo(MODEL, DATA / "bases" / "tiny-llama")

        def run(site, *command, **environ):
            variables = {
                **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(tmp_path / site / "hf"),
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_XET": "1",
                "HUBKIT_CACHE": (tmp_path / site / "cache").as_uri(),
            }
            done = subprocess.run(
                [sys.executable, *command],
                env=variables | environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert 0 == done.returncode, done.stderr
            return done.stdout

        bundle = ("-m", "hubkit.cli", "bundle")
        listed = ("--models", str(tmp_path / "models.txt"))
        run("here", *bundle, "create", *listed, "--with-files", str(tmp_path / "x.tar"))
        hub.stop()
        run("there", *bundle, "load", str(tmp_path / "x.tar"))
        switch = {"HF_HUB_OFFLINE": "1"} if offline else {}
        program = ("-m", "hubkit.cli", "run", "--", sys.executable, "-c", LOADS, MODEL)

        assert "llama True\n" == run("there", *program, **switch)
