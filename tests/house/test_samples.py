"""Samples in docstrings, the README and examples do what they say."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from lock_models import model_files

import hubkit
import hubkit_redis
from hubkit import HubClient, HubConfig
from hubkit.cli._app import app
from hubkit.testing import LocalHub

ROOT = Path(__file__).parents[2]


def modules():
    """Every module of both packages."""
    for package in (hubkit, hubkit_redis):
        yield package.__name__
        yield from (info.name for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."))


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_docstrings(name, tmp_path, monkeypatch):
    """Each sample of a docstring gives what it shows."""
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

    assert 0 == doctest.testmod(importlib.import_module(name), optionflags=flags).failed


def test_readme_tour(adapters, payloads, monkeypatch, tmp_path, capsys):
    """The tour of the README is true."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = text.partition("<!-- tour begins -->")[2].partition("<!-- tour ends -->")[0]
    source = re.sub(r"^```.*$", "", tour, flags=re.MULTILINE)
    with LocalHub() as server:
        server.load_models(payloads / "models_2022_sample.jsonl.gz")
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HUBKIT_CACHE", f"file://{tmp_path}/cache")
        monkeypatch.setenv("HUBKIT_RETRIES", "0")
        monkeypatch.chdir(tmp_path)
        names = {"server": server, "token": server.add_user("alice"), "adapter": adapters / "lora-causal-lm"}
        test = doctest.DocTestParser().get_doctest(source, names, "README.md", "README.md", 0)
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)

    assert result.attempted > 10
    assert 0 == result.failed, capsys.readouterr().out


def test_downloads_page(monkeypatch, tmp_path, capsys):
    """What the page about downloads shows is so."""
    text = (ROOT / "docs" / "downloads.md").read_text(encoding="utf-8")
    samples = text.partition("<!-- samples begin -->")[2].partition("<!-- samples end -->")[0]
    source = "\n".join(re.findall(r"^```python\n(.*?)^```$", samples, flags=re.MULTILINE | re.DOTALL))
    files = {"config.json": b"{}", "model.safetensors": b"right" * 1000}
    with LocalHub() as server:
        server.add_repo("alice/model", files)
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HUBKIT_CACHE", f"file://{tmp_path}/cache")
        monkeypatch.setenv("HUBKIT_RETRIES", "0")
        monkeypatch.chdir(tmp_path)
        test = doctest.DocTestParser().get_doctest(
            source, {"server": server}, "downloads.md", "downloads.md", 0
        )
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)

    assert result.attempted > 10
    assert 0 == result.failed, capsys.readouterr().out


def test_card_samples(adapters, capsys):
    """What the documentation of cards shows is what happens."""
    text = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    source = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    names = {"adapter": adapters / "lora-causal-lm"}
    test = doctest.DocTestParser().get_doctest(source, names, "cards.md", "cards.md", 0)
    result = doctest.DocTestRunner().run(test)

    assert result.attempted > 10
    assert 0 == result.failed, capsys.readouterr().out


def test_report_samples(tmp_path, capsys):
    """The samples of the page on licences and compatibility are true."""
    text = (ROOT / "docs" / "licenses-and-compatibility.md").read_text(encoding="utf-8")
    parts = re.findall(r"<!-- samples begin -->(.*?)<!-- samples end -->", text, flags=re.DOTALL)
    source = re.sub(r"^```.*$", "", "\n".join(parts), flags=re.MULTILINE)
    card = {"license": "mit", "base_model": "acme/foxes"}
    adapter = [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.bin"}]
    weights = {"parameters": {"BF16": 1_000_000}, "total": 1_000_000}
    base = [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]
    with (
        LocalHub() as server,
        HubClient(HubConfig(endpoint=server.endpoint, cache=tmp_path.as_uri())) as client,
    ):
        shared = {"private": False, "tags": ["license:llama2"]}
        server.add_model(
            {"id": "acme/foxes", "gated": "auto", "siblings": base, "safetensors": weights, **shared}
        )
        record = {"id": "me/foxes-lora", "private": False, "cardData": card, "library_name": "peft"}
        server.add_model({**record, "siblings": adapter})
        server.add_model({"id": "acme/no-card", "private": False})
        test = doctest.DocTestParser().get_doctest(source, {"hub": client}, "reports", "reports", 0)
        result = doctest.DocTestRunner().run(test)

    assert result.attempted > 8
    assert 0 == result.failed, capsys.readouterr().out


def test_lock_page(monkeypatch, tmp_path, capsys):
    """The list of the page about locks is locked, and its commands and samples show what they say."""
    text = (ROOT / "docs" / "lock.md").read_text(encoding="utf-8")
    samples = text.partition("<!-- samples begin -->")[2].partition("<!-- samples end -->")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", samples, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "models.toml").write_text(next(block for kind, block in blocks if kind == "toml"))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    ran = 0
    with LocalHub() as server:
        server.add_repo("acme/foxes", model_files(license="apache-2.0"))
        server.add_repo("acme/foxes-lora", model_files(license="mit", base_model="acme/foxes"))
        token = server.add_user("acme")
        with HubClient(HubConfig(endpoint=server.endpoint, token=token, cache="memory://")) as owner:
            owner.repos.create_tag("acme/foxes-lora", "v1")
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HUBKIT_CACHE", f"file://{tmp_path}/cache")
        monkeypatch.setenv("HUBKIT_RETRIES", "0")
        monkeypatch.chdir(tmp_path)
        for command, expected in re.findall(
            r"^\$ hubkit (.*)\n((?:(?!\$ ).*\n)*)",
            "".join(block for kind, block in blocks if kind == "console"),
            flags=re.MULTILINE,
        ):
            ran += 1
            if "somebody has pushed" in command:
                server.commit("acme/foxes", {"config.json": b"[]"})
            result = CliRunner().invoke(app, shlex.split(command, comments=True))
            assert doctest.OutputChecker().check_output(expected, result.output, flags), result.output
        source = "\n".join(block for kind, block in blocks if kind == "python")
        test = doctest.DocTestParser().get_doctest(source, {}, "lock.md", "lock.md", 0)
        result = doctest.DocTestRunner(optionflags=flags).run(test)

    assert (5, True) == (ran, result.attempted > 5)
    assert 0 == result.failed, capsys.readouterr().out


def test_interop_guide(monkeypatch, tmp_path, capsys):
    """The samples of the guide to what lies beneath huggingface_hub are true."""
    text = (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")
    source = "\n".join(re.findall(r"^```pycon\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    monkeypatch.setenv("HUBKIT_CACHE", f"file://{tmp_path}/cache")
    with LocalHub() as server:
        server.add_repo("org/model", {"config.json": b"{}"})
        test = doctest.DocTestParser().get_doctest(source, {"server": server}, "interop.md", "interop.md", 0)
        flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
        result = doctest.DocTestRunner(optionflags=flags).run(test)

    assert result.attempted > 8
    assert 0 == result.failed, capsys.readouterr().out


def test_quickstart(tmp_path):
    """The README's first command, without the installation."""
    command = [sys.executable, str(ROOT / "examples" / "quickstart.py"), "--folder", str(tmp_path / "q")]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ}
    )

    assert "" == result.stderr
    assert 0 == result.returncode
    assert "byte for byte what was uploaded" in result.stdout
    assert 3 <= result.stdout.count("[0 requests")
    assert (tmp_path / "q" / "cache").is_dir()


def test_quickstart_without_a_hub(tmp_path):
    """Its reading half says in one line that there is no Hub."""
    command = [sys.executable, str(ROOT / "examples" / "quickstart.py"), "--endpoint", "http://127.0.0.1:9"]
    environment = {**os.environ, "HUBKIT_RETRIES": "0"}
    result = subprocess.run(
        [*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False, env=environment
    )

    assert 1 == result.returncode
    assert "quickstart: openai-community/gpt2 is not cached" in result.stderr
    assert "Traceback" not in result.stderr
