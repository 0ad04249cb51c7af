"""What is on the machine is used when somebody chose it, and not because it is there."""

from __future__ import annotations

import json
import sys

import pytest

TOKEN = "hf_0123456789abcdefghijABCDEFGHIJ0123"

PLUGIN = """
import os
open(os.path.join(os.path.dirname(__file__), "imported"), "a").write("x")
from hubkit.cache import MemoryCache
def open_it(url):
    return MemoryCache()
"""
KEYSTORE = """
import os
from keyring.backend import KeyringBackend
class {name}(KeyringBackend):
    priority = {priority}
    place = os.path.join(os.path.dirname(__file__), "kept")
    def get_password(self, service, username):
        return open(self.place).read() if os.path.exists(self.place) else None
    def set_password(self, service, username, password):
        open(self.place, "w").write(password)
    def delete_password(self, service, username):
        os.unlink(self.place)
"""


@pytest.fixture
def installed(tmp_path):
    """A folder for PYTHONPATH in which a package claims the scheme ``jack``, and some others."""
    folder = tmp_path / "site"
    (folder / "jack-1.0.dist-info").mkdir(parents=True)
    (folder / "jack.py").write_text(PLUGIN)
    (folder / "jack-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: jack\nVersion: 1.0\n"
    )
    schemes = ["jack", "file", "sqlite", "memory", "none", "https"]
    lines = ["[hubkit.cache_backends]", *(f"{scheme} = jack:open_it" for scheme in schemes)]
    (folder / "jack-1.0.dist-info" / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.threat("plugins only when named")
@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["--help"], False),
        (["cache", "stats"], False),
        (["--cache", "memory://", "cache", "stats"], False),
        (["--cache", "sqlite:///nowhere/x.db", "cache", "stats"], False),
        (["--cache", "none://", "search", "x"], False),
        (["--cache", "jak://x", "cache", "stats"], False),
        (["--cache", "redis://127.0.0.1:1", "cache", "stats"], False),
        (["run", "--", sys.executable, "-c", "import hubkit, huggingface_hub"], False),
        (["--cache", "jack://x", "cache", "stats"], True),
    ],
    ids=str,
)
def test_plugins(installed, run_hubkit, arguments, loaded):
    """A package's code runs when its scheme is named, and no package takes over a scheme of ours."""
    done = run_hubkit(*arguments, PYTHONPATH=str(installed))

    assert loaded == (installed / "imported").exists(), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.threat("plaintext keyring")
@pytest.mark.parametrize(
    ("name", "priority", "kept"),
    [
        ("PlaintextKeyring", 5, False),
        ("UncryptedFileKeyring", 5, False),
        ("Locker", "property(lambda self: 1 / 0)", False),
        ("Locker", 5, True),
    ],
)
def test_keystores(hub, alice, tmp_path, run_hubkit, name, priority, kept):
    """A keystore that doesn't encrypt, or doesn't work here, gets no token, and one that lies in it isn't used."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "keystore.py").write_text(KEYSTORE.format(name=name, priority=priority))
    settings = {
        "HUBKIT_ENDPOINT": hub.endpoint,
        "PYTHONPATH": str(tmp_path / "store"),
        "PYTHON_KEYRING_BACKEND": f"keystore.{name}",
    }
    run_hubkit("login", "--token-stdin", typed=alice + "\n", **settings)
    place = tmp_path / "store" / "kept"

    assert kept == place.exists()
    place.write_text(alice)
    who = run_hubkit("whoami", "--json", **settings)
    assert kept == (who.returncode == 0)
    assert alice not in who.stdout + who.stderr


@pytest.mark.threat("plaintext keyring")
def test_environment_before_keystore(hub, alice, bob, tmp_path, run_hubkit):
    """What is named outright counts before what a keystore has."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "keystore.py").write_text(KEYSTORE.format(name="Locker", priority=5))
    (tmp_path / "store" / "kept").write_text(bob)
    done = run_hubkit(
        "whoami",
        "--json",
        HUBKIT_ENDPOINT=hub.endpoint,
        HF_TOKEN=alice,
        PYTHONPATH=str(tmp_path / "store"),
        PYTHON_KEYRING_BACKEND="keystore.Locker",
    )

    assert "alice" == json.loads(done.stdout)["name"]


@pytest.mark.threat("endpoint of a cloned folder")
@pytest.mark.parametrize(
    ("name", "command"), [("hubkit.toml", ["whoami"]), ("pyproject.toml", ["info", "org/name"])], ids=str
)
@pytest.mark.parametrize("variable", ["HF_TOKEN", "HUBKIT_TOKEN", "HF_TOKEN_PATH"])
def test_cloned_folders(hostile, tmp_path, run_hubkit, name, variable, command):
    """A file that came with a folder can't have a token sent to the Hub that it names, wherever the token is kept."""
    table = "[tool.hubkit]\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_text(f'{table}endpoint = "{hostile.endpoint}"\n')
    done = run_hubkit(*command, **{variable: TOKEN})

    assert 0 != done.returncode
    assert {None} >= {request.headers.get("authorization") for request in hostile.requests}
    assert TOKEN not in done.stdout + done.stderr
