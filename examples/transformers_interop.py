"""Load a model with transformers, with hubkit's cache beneath it: the second time asks the Hub nothing.

python examples/transformers_interop.py                              # a tiny model, from a Hub of its own
python examples/transformers_interop.py --endpoint https://huggingface.co --model sshleifer/tiny-gpt2

Needs torch and transformers. Programs that nobody can edit are started with ``hubkit run -- python train.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hubkit import HubConfig, HubkitError
from hubkit.interop import cached
from hubkit.testing import LocalHub

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
MODEL = "acme/tiny-llama"


def main() -> None:
    """Read the command line and go."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub; without it one is started")
    parser.add_argument("--model", default=MODEL)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hubkit-") as folder, LocalHub() as hub:
        hub.add_repo(MODEL, DATA / "bases" / "tiny-llama")
        # huggingface_hub reads them when it is imported, which `load` does.
        os.environ |= {"HF_ENDPOINT": arguments.endpoint or hub.endpoint, "HF_HOME": folder}
        if not arguments.endpoint:
            # A Hub of our own doesn't know yours.
            os.environ["HF_TOKEN"] = ""
        count = None if arguments.endpoint else lambda: hub.total_requests
        show("first, with all files", arguments.model, count)
        show("again, without hubkit", arguments.model, count)
        with cached(HubConfig.load({"cache": Path(folder, "hubkit").as_uri()})):
            show("with hubkit", arguments.model, count)
            show("again, with hubkit", arguments.model, count)
            if not arguments.endpoint:
                hub.stop()
                show("the Hub is stopped", arguments.model, count)


def show(what: str, model: str, count: Callable[[], int] | None) -> None:
    """Load the model, and print what that cost."""
    before, began = count() if count else 0, time.perf_counter()
    parameters = load(model)
    requests = f"{count() - before:4} requests" if count else ""
    print(f"{what:24}{requests}{time.perf_counter() - began:7.1f} s   {parameters:,} parameters")


def load(model: str) -> int:
    """What any program does that is built on transformers; how many parameters there are."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokens = AutoTokenizer.from_pretrained(model)("The fox", return_tensors="pt")
    loaded = AutoModelForCausalLM.from_pretrained(model)
    loaded(**tokens)
    return int(loaded.num_parameters())


if __name__ == "__main__":
    try:
        main()
    except ImportError as error:
        raise SystemExit(f"transformers_interop: {error}: pip install torch transformers") from None
    except HubkitError as error:
        raise SystemExit(f"transformers_interop: {error}") from None
