"""Carry models to a machine without a network: what the Hub says of them, and their files.

python examples/offline_bundle.py                                   # with a Hub of its own
python examples/offline_bundle.py --endpoint https://huggingface.co prajjwal1/bert-tiny

Each side is a process with folders of its own. On the side without a network Python itself refuses all
connections, as a firewall would.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hubkit import HubClient, HubConfig, HubkitError
from hubkit.testing import LocalHub

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
MODELS = {f"acme/{name}": DATA / "bases" / name for name in ("tiny-bert", "tiny-llama", "tiny-t5")}


def main() -> None:
    """Read the command line, and go to either side."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=list(MODELS), help="models that the Hub has")
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub; without it one is started")
    parser.add_argument("--load", metavar="BUNDLE", type=Path, help="be the side without a network")
    arguments = parser.parse_args()
    if arguments.load:
        sys.addaudithook(refuse_connections)
        use_without_network(arguments.load, arguments.models)
        return
    with tempfile.TemporaryDirectory(prefix="hubkit-") as folder, LocalHub() as hub:
        for model, files in MODELS.items():
            hub.add_repo(model, files)
        # A Hub of our own doesn't know your token.
        settings = {"HF_ENDPOINT": arguments.endpoint or hub.endpoint}
        if not arguments.endpoint:
            settings["HF_TOKEN"] = ""
        carry(arguments.models, Path(folder), settings)


def carry(models: list[str], folder: Path, settings: dict[str, str]) -> None:
    """Make a bundle in one place, and use it in another that shares nothing with the first."""
    (folder / "models.txt").write_text("\n".join(models))
    bundle = folder / "models.tar"
    print("Where there is a network:", flush=True)
    hubkit = [sys.executable, "-m", "hubkit.cli", "bundle", "create", "--models", str(folder / "models.txt")]
    run(folder / "here", settings, *hubkit, "--with-files", str(bundle))
    print("\nWhere there is none:", flush=True)
    run(folder / "there", settings, sys.executable, __file__, "--load", str(bundle), *models)


def run(site: Path, settings: dict[str, str], *command: str) -> None:
    """Run a command with cache and files at that site."""
    places = {"HUBKIT_CACHE": (site / "cache").as_uri(), "HF_HOME": str(site / "huggingface")}
    if subprocess.run(command, env=os.environ | places | settings, check=False).returncode:
        raise SystemExit(1)


def refuse_connections(event: str, _: tuple[object, ...]) -> None:
    """Let no socket lead anywhere."""
    if event in {"socket.connect", "socket.getaddrinfo"}:
        print("  (somebody tried to connect)")
        raise ConnectionRefusedError("this machine has no network")


def use_without_network(bundle: Path, models: list[str]) -> None:
    """Load the bundle, then search, look and open files as if the Hub were there."""
    with HubClient(HubConfig.load({"offline": True})) as hub:
        loaded = hub.cache.import_bundle(bundle)
        print(f"  loaded {loaded.new_answers} answers and {loaded.new_files} files")
        for model in hub.search_models(models[0].partition("/")[0]):
            print(f"  found {model.model_id}")
        for name in models:
            model = hub.require_model_metadata(name)
            path = hub.download_model(name)
            files = sorted(file.name for file in path.iterdir())
            print(f"  {name}: {model.parameters or 0:,} parameters, {', '.join(files)}")


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"offline_bundle: {error}") from None
