"""The main job of hubkit, end to end, against a Hub on this machine.

python examples/quickstart.py                                     # all of it, no network needed
python examples/quickstart.py --endpoint https://huggingface.co   # its reading half, live
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import attrs

from hubkit import HubClient, HubConfig, HubkitError, ModelMetadata
from hubkit.testing import LocalHub

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
ADAPTER = DATA / "adapters" / "lora-trainer-run-causal-lm"

R = TypeVar("R")


class Steps:
    """Runs one step after the other and prints what each cost."""

    def __init__(self, count_requests: Callable[[], int] | None) -> None:
        self._count = count_requests
        self._number = 0

    def run(self, what: str, action: Callable[[], R]) -> R:
        """Run one step."""
        self._number += 1
        before = self._count() if self._count else 0
        began = time.perf_counter()
        result = action()
        seconds = time.perf_counter() - began
        cost = f"{_counted(self._count() - before)}, " if self._count else ""
        print(f"\n{self._number:2}. {what}\n    [{cost}{_spent(seconds)}]")
        return result


def main() -> None:
    """Read the command line and go."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", help="a live Hub: runs the reading half against it")
    parser.add_argument("--model", help="the model to read about", default="openai-community/gpt2")
    parser.add_argument(
        "--folder", type=Path, help="where to put cache and downloads (default: a new folder)"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="    ! %(message)s")
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="hubkit-quickstart-"))
    if arguments.endpoint:
        config = HubConfig.load({"endpoint": arguments.endpoint, "cache": (folder / "cache").as_uri()})
        print(f"Reading from {config.endpoint}")
        read(Steps(None), config, arguments.model, "gpt2")
    else:
        run_locally(folder)
    print(
        f"\nWhere things lie: {folder}\n    cache/      metadata, one file an answer\n    downloads/  snapshots"
    )


def run_locally(folder: Path) -> None:
    """All of it, on a Hub of our own."""
    with LocalHub() as server:
        count = server.load_models(DATA / "payloads" / "models_2022_sample.jsonl.gz")
        server.add_repo("alice/tiny-llama", DATA / "bases" / "tiny-llama")
        token = server.add_user("alice")
        print(f"A Hub of our own at {server.endpoint}, with {count:,} real models of 2022")
        steps = Steps(lambda: server.total_requests)
        config = HubConfig(endpoint=server.endpoint, cache=(folder / "cache").as_uri(), retries=0)
        read(steps, config, "xlm-roberta-base", "bert")
        with HubClient(config) as hub:
            write(steps, hub, token, folder)
            server.stop()
            read_offline(steps, hub)
        with HubClient(attrs.evolve(config, offline=True)) as hub:
            found = steps.run("Offline: search what is cached", lambda: hub.search_models("bert", limit=3))
            show_models(found)


def read(steps: Steps, config: HubConfig, model_id: str, query: str) -> None:
    """Search, metadata, licence, compatibility."""
    with HubClient(config) as hub:
        found = steps.run(f"Search for {query!r}", lambda: hub.search_models(query, limit=3))
        show_models(found)
        model = steps.run(f"Metadata of {model_id}", lambda: hub.require_model_metadata(model_id))
        print(f"    {len(model.siblings)} files, task {model.pipeline_tag}, library {model.library_name}")
        steps.run("The same once more: a look into memory", lambda: hub.get_model_metadata(model_id))
        license_id = steps.run("Its licence", lambda: hub.check_license(model_id))
        print(f"    {license_id or 'its record states none, so hubkit says none'}")
        fits = steps.run(
            "Can transformers load it?", lambda: hub.check_compatibility(model_id, "transformers")
        )
        print(f"    {'yes' if fits else 'no'}")
    with HubClient(config) as another:
        steps.run(
            "A new client, as in another process: a look into the cache",
            lambda: another.get_model_metadata(model_id),
        )


def write(steps: Steps, hub: HubClient, token: str, folder: Path) -> None:
    """Connect, upload a trained adapter, download it again."""
    steps.run("Connect with a token", lambda: hub.connect({"token": token}))
    print(f"    as {hub.whoami().name}")
    metadata = {
        "repo_id": "alice/my-adapter",
        "base_model": "alice/tiny-llama",
        "description": "A LoRA adapter of a very small llama.",
        "training_config": {"learning_rate": 0.02, "epochs": 3},
        "license": "apache-2.0",
    }
    url = steps.run(
        "Upload an adapter, with a card, as one commit", lambda: hub.upload_artifact(ADAPTER, metadata)
    )
    print(f"    {url}")
    path = steps.run("Download it", lambda: hub.download_model("alice/my-adapter", folder / "downloads"))
    same = all((path / file.name).read_bytes() == file.read_bytes() for file in ADAPTER.iterdir())
    print(f"    {path}\n    {'byte for byte what was uploaded' if same else 'NOT what was uploaded'}")
    print("    its card begins:")
    for line in (path / "README.md").read_text(encoding="utf-8").splitlines()[:21]:
        print(f"      | {line}")


def read_offline(steps: Steps, hub: HubClient) -> None:
    """Go on without the Hub."""
    print("\n    -- the Hub is stopped --")
    model = steps.run("Metadata, without a Hub", lambda: hub.require_model_metadata("xlm-roberta-base"))
    print(f"    {model.model_id}, asked {model.cached_at:%H:%M:%S} UTC")


def show_models(models: list[ModelMetadata]) -> None:
    """One line a model."""
    for model in models:
        print(f"    {model.model_id:<52} {model.downloads or 0:>12,} downloads")


def _counted(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests} requests"


def _spent(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e6:,.0f} us"


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"\nquickstart: {error}") from None
