"""The backend of a third party keeps the contract, and is found by its URL."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubkit import CacheUnavailableError
from hubkit.testing import BackendContract, LocalHub

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[2] / "examples" / "custom_backend"
sys.path.insert(0, str(FOLDER))
from team_folder import TeamFolder  # noqa: E402


class TestTeamFolder(BackendContract):
    # Each of its uses takes a lock and writes a file.
    sequences = 5

    @pytest.fixture
    def open_backend(self, tmp_path):
        """Opens one and the same store for all of a test."""
        return lambda: TeamFolder(f"team://{tmp_path}/cache")


@pytest.fixture
def installed(tmp_path):
    """A folder for the path in which it is installed, as pip would."""
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = tmp_path / "site"
    info = site / "hubkit_team_folder-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "team_folder.py").write_bytes((FOLDER / "team_folder.py").read_bytes())
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    groups = project["entry-points"].items()
    lines = (
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in group.items())
        for name, group in groups
    )
    (info / "entry_points.txt").write_text("".join(lines))
    return site


def test_opened_by_url(installed, tmp_path):
    """Installed, its URL is one like all others: a team asks once, and alice's private model stays hers."""
    with LocalHub() as hub:
        hub.add_model({"id": "org/model", "private": False})
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        answers = []
        for model, token in [("org/model", ""), ("org/model", ""), ("alice/secret", hub.add_user("alice"))]:
            settings = {
                "HF_ENDPOINT": hub.endpoint,
                "HF_TOKEN": token,
                "HUBKIT_CACHE": f"team://{tmp_path}/scratch",
                "PYTHONPATH": str(installed),
            }
            command = [sys.executable, "-m", "hubkit.cli", "info", "--json", model]
            done = subprocess.run(
                command, env=os.environ | settings, capture_output=True, text=True, check=True
            )
            answers.append(json.loads(done.stdout)["from_cache"])
        requests = hub.requests["model_info"]
    files = b"".join(path.read_bytes() for path in (tmp_path / "scratch").iterdir())

    assert [False, True, False] == answers
    assert 2 == requests
    assert (True, False) == (b"org/model" in files, b"secret" in files)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"1 2", b"\xff \xff\n", b"9" * 5000 + b" 1\nk", b"1e999 1\nkv"]
)
def test_foreign_file(tmp_path, content):
    """A file in one of its places that it didn't write is nothing."""
    backend = TeamFolder(f"team://{tmp_path}")
    backend.path("key").write_bytes(content)

    assert backend.get("key") is None
    assert [] == list(backend.keys())


def test_folder_out_of_reach(tmp_path):
    """Where there can be no folder it says so, by the one error that a backend may raise."""
    (tmp_path / "file").write_bytes(b"")
    backend = TeamFolder(f"team://{tmp_path}/file/folder")
    uses = [
        lambda: backend.get("k"),
        lambda: backend.set("k", b"", expires_in=1),
        lambda: backend.lease("k", 1),
    ]
    for use in uses:
        with pytest.raises(CacheUnavailableError, match="folder"):
            use()


def test_under_80_lines():
    """It is as short as it says: lines of code, without comments, docstrings and blank ones."""
    source = (FOLDER / "team_folder.py").read_text(encoding="utf-8")
    code = ast.unparse(_without_docstrings(ast.parse(source)))

    assert len([line for line in code.splitlines() if line.strip()]) < 80


def _without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return tree
