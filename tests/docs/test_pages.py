"""Everything that the documentation shows in Python, or types at a prompt, is so."""

from __future__ import annotations

import contextlib
from pathlib import Path

import attrs
import pytest
from doc_pages import Reader, blocks_of
from lock_models import model_files

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
RUN = {"pycon", "python", "console"}


@attrs.frozen
class Scene:
    """What is there when somebody begins to read: a hub, an empty folder, the data of the tests."""

    server: LocalHub
    folder: Path
    adapter: Path
    payloads: Path
    until: contextlib.ExitStack


def nothing(scene):
    """No more than there always is."""
    return Reader({})


def tour(scene):
    """Real records, and somebody who may upload."""
    scene.server.load_models(scene.payloads / "models_2022_sample.jsonl.gz")
    names = {"server": scene.server, "token": scene.server.add_user("alice"), "adapter": scene.adapter}
    return Reader(names)


def connector(scene):
    """A model, an adapter of it, and somebody who may upload."""
    card = {"license": "apache-2.0", "pipeline_tag": "text-generation"}
    names = {"server": scene.server, "token": scene.server.add_user("alice"), "adapter": str(scene.adapter)}
    files = [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]
    tags = ["text-generation", "transformers", "license:apache-2.0"]
    record = {"id": "acme/foxes", "private": False, "cardData": card, "siblings": files, "downloads": 7}
    scene.server.add_model(
        {**record, "tags": tags, "library_name": "transformers", "pipeline_tag": "text-generation"}
    )
    return Reader(names)


def cards(scene):
    """A trained adapter."""
    return Reader({"adapter": scene.adapter})


def downloads(scene):
    """A model of two files."""
    scene.server.add_repo("alice/model", {"config.json": b"{}", "model.safetensors": b"right" * 1000})
    return Reader({"server": scene.server})


def hub(scene):
    """A hub that has nothing yet."""
    return Reader({"server": scene.server})


def one_model(scene):
    """A model."""
    scene.server.add_repo("org/model", {"config.json": b"{}"})
    return Reader({"server": scene.server})


def lock(scene):
    """Two models, one of which moves while the page is read; the page's own list."""
    server = scene.server
    server.add_repo("acme/foxes", model_files(license="apache-2.0"))
    server.add_repo("acme/foxes-lora", model_files(license="mit", base_model="acme/foxes"))
    with HubClient(
        HubConfig(token=server.add_user("acme"), endpoint=server.endpoint, cache="none://")
    ) as owner:
        owner.repos.create_tag("acme/foxes-lora", "v1")
    wishes = next(block.text for block in blocks_of(PAGES["lock.md"]) if block.language == "toml")
    (scene.folder / "models.toml").write_text(wishes)
    pushed = {
        "somebody has pushed to acme/foxes": lambda: server.commit("acme/foxes", {"config.json": b"[]"})
    }
    return Reader({}, pushed)


def reports(scene):
    """An adapter whose licence isn't its base model's, and a model that says nothing."""
    shared = {"private": False, "tags": ["license:llama2"], "gated": "auto"}
    weights = {"parameters": {"BF16": 1_000_000}, "total": 1_000_000}
    base = [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]
    scene.server.add_model({"id": "acme/foxes", "siblings": base, "safetensors": weights, **shared})
    card = {"license": "mit", "base_model": "acme/foxes"}
    adapter = [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.bin"}]
    record = {"id": "me/foxes-lora", "private": False, "cardData": card, "library_name": "peft"}
    scene.server.add_model({**record, "siblings": adapter})
    scene.server.add_model({"id": "acme/no-card", "private": False})
    return Reader({"hub": scene.until.enter_context(HubClient())})


SCENES = {
    "backends.md": nothing,
    "README.md": tour,
    "bundles.md": one_model,
    "card-checks.md": nothing,
    "cards.md": cards,
    "configuration.md": nothing,
    "connector.md": connector,
    "downloads.md": downloads,
    "errors.md": nothing,
    "interop.md": one_model,
    "licenses-and-compatibility.md": reports,
    "lock.md": lock,
    "migrate.md": one_model,
    "quickstart.md": tour,
    "testing.md": hub,
}


@pytest.fixture
def scene(adapters, payloads, monkeypatch, tmp_path):
    """A hub that the settings lead to, and an empty folder to work in."""
    with LocalHub() as server, contextlib.ExitStack() as until:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HUBKIT_CACHE", (tmp_path / "cache").as_uri())
        monkeypatch.setenv("HUBKIT_RETRIES", "0")
        monkeypatch.chdir(tmp_path)
        yield Scene(server, tmp_path, adapters / "lora-causal-lm", payloads, until)


@pytest.mark.parametrize("page", sorted(SCENES))
def test_samples(page, scene):
    """A reader who types a page in sees what it shows."""
    reader = SCENES[page](scene).read(PAGES[page])

    assert [] == reader.problems
    assert reader.ran > 0


def test_every_page_is_typed_in():
    """No page shows something that nobody has tried."""
    shown = {name for name, path in PAGES.items() if RUN & {block.language for block in blocks_of(path)}}

    assert set(SCENES) == shown
