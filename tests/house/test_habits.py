"""What the project says of itself outside of its code is so."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from hubkit import __version__

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = re.compile(r"py3(10|11|12|13)(-redis)?(-hub_(oldest|newest))?\Z")


def environments(text: str) -> set[str]:
    """The environments of tox that a text names."""
    named = re.findall(r"tox -e ([a-z0-9_,-]+)", text)
    return {name for names in named for name in names.split(",") if name}


@pytest.fixture
def tox():
    """What tox knows."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    return {section.removeprefix("testenv:") for section in parser.sections()}


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md", "SECURITY.md"])
def test_environments_exist(page, tox):
    """Every environment that people are told to run is there."""
    named = environments((ROOT / page).read_text(encoding="utf-8"))

    assert set() == {name for name in named - tox if not PYTHONS.match(name)}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows(workflow, tox):
    """Workflows run environments that are there, may do no more than read, and stop by themselves."""
    text = workflow.read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)
    matrices = re.findall(r'env: "([^"]+)"', text) + re.findall(r"env: \[([^\]]+)\]", text)
    named = {name.strip() for names in matrices for name in names.split(",")} | environments(text)

    assert {"contents": "read"} == jobs["permissions"]
    assert set() == {name for name in named - tox if not PYTHONS.match(name)}


def test_oldest_versions():
    """What is tried as the oldest is what is promised."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    promised = setup["options"]["install_requires"] + "".join(
        extras[name] for name in ("redis", "keyring", "testing", "plots", "preview")
    )
    lines = (ROOT / "tests" / "minimum.txt").read_text(encoding="utf-8").splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    wanted = [Requirement(line) for line in promised.splitlines() if line]
    floors = {
        each.name: Version(bound.version)
        for each in wanted
        if each.marker is None or each.marker.evaluate({"python_version": "3.11"})
        for bound in each.specifier
        if bound.operator == ">="
    }

    assert floors == {name: Version(tried[name]) for name in floors}


def test_citation():
    """Who cites hubkit cites this version."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    assert __version__ == citation["version"]
