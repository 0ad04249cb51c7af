"""Upload a trained adapter with a model card that is true, and keep what people write into that card.

python examples/upload_adapter.py                               # a small adapter that lies here, to a Hub of its own
python examples/upload_adapter.py ./output/adapter              # yours, to the same
python examples/upload_adapter.py ./output/adapter --endpoint https://huggingface.co --repo-id me/my-adapter

The last needs a token that may write: HF_TOKEN, or that of ``hf auth login``.
"""

from __future__ import annotations

import argparse
import difflib
import re
import tempfile
from pathlib import Path
from typing import Any

from hubkit import HubClient, HubConfig, HubkitError
from hubkit.cards import read_adapter, render_card
from hubkit.testing import LocalHub

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
ADAPTER = DATA / "adapters" / "lora-trainer-run-causal-lm"
BASE = "acme/tiny-llama"
BASE_CARD = b"---\nlicense: apache-2.0\n---\n"
THANKS = "\n## Thanks\n\nTo all who read along. Written by hand, on the website.\n"


def main() -> None:
    """Read the command line and go."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ADAPTER, help="where PEFT saved the adapter")
    parser.add_argument("--repo-id", default="alice/my-adapter")
    parser.add_argument("--base-model", metavar="ID", help="if the adapter's files don't name it")
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub; without it one is started")
    arguments = parser.parse_args()
    base_model = arguments.base_model or (BASE if arguments.folder == ADAPTER else None)
    metadata = {"repo_id": arguments.repo_id, "base_model": base_model}
    preview(arguments.folder, arguments.repo_id, base_model)
    if arguments.endpoint:
        with HubClient(HubConfig.load({"endpoint": arguments.endpoint})) as hub:
            hub.connect()
            upload(hub, arguments.folder, metadata)
    else:
        upload_twice(arguments.folder, metadata)


def preview(folder: Path, repo_id: str, base_model: str | None) -> None:
    """Show what the files prove, and what the card will be: nothing is sent, and no network is needed."""
    facts = read_adapter(folder, base_model=base_model)
    for warning in facts.warnings:
        print(f"! {warning}")
    for name in ("method", "r", "parameters", "epochs", "base_model"):
        if name in facts.sources:
            print(f"{name:12} {getattr(facts, name):<18} {facts.sources[name]}")
    print("\nIts card:")
    show(render_card(facts, repo_id=repo_id), lines=16)


def upload(hub: HubClient, folder: Path, metadata: dict[str, Any]) -> str:
    """Upload folder and card as one commit; the card as the Hub has it now."""
    print(f"\nUploaded to {hub.upload_artifact(folder, metadata)}")
    with tempfile.TemporaryDirectory() as downloads:
        path = hub.download_model(metadata["repo_id"], downloads, allow_patterns="README.md")
        return (path / "README.md").read_text(encoding="utf-8")


def upload_twice(folder: Path, metadata: dict[str, Any]) -> None:
    """On a Hub of our own: upload, have somebody edit the card, and upload again with a description."""
    owner = metadata["repo_id"].partition("/")[0]
    with LocalHub() as server:
        server.add_repo(BASE, {"README.md": BASE_CARD})
        config = HubConfig(endpoint=server.endpoint, token=server.add_user(owner), cache="memory://")
        with HubClient(config) as hub:
            first = upload(hub, folder, metadata)
            print("There, with the base model's licence:")
            show(first, lines=9)
            server.commit(metadata["repo_id"], {"README.md": (first + THANKS).encode()})
            second = upload(hub, folder, metadata | {"description": "Tells short stories."})
    print("What has changed since the first upload:")
    for line in difflib.ndiff(plain(first), plain(second)):
        if line[0] in "+-":
            print(f"  {line}")


def show(card: str, lines: int) -> None:
    """Print how a card begins."""
    for line in plain(card)[:lines]:
        print(f"  | {line}")


def plain(card: str) -> list[str]:
    """Its lines without the comments by which hubkit knows its own sections."""
    return [line for line in re.sub(r"<!--.*?-->", "", card, flags=re.DOTALL).splitlines() if line]


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"upload_adapter: {error}") from None
