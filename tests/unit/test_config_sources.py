"""Where settings come from, and which source wins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from hubkit import ConfigError, HubConfig
from hubkit._secrets import Secret

FIELDS = [field.name for field in attrs.fields(HubConfig)]


@pytest.fixture
def load(tmp_path):
    """Loads settings as from a folder without parents' files and with the given variables alone."""

    def load(overrides=None, **environ):
        return HubConfig.load(overrides, environ=environ, start=tmp_path)

    return load


def test_stronger_source_wins(load, tmp_path) -> None:
    """Argument, HUBKIT_*, HF_*, file, default: each hides those after it."""
    sources = {
        "argument": {"overrides": {"endpoint": "https://argument"}},
        "hubkit": {"HUBKIT_ENDPOINT": "https://hubkit"},
        "hf": {"HF_ENDPOINT": "https://hf"},
    }
    (tmp_path / "hubkit.toml").write_text('endpoint = "https://file"')
    found = []
    given = dict(sources)
    for name in sources:
        found.append(
            load(**{key: value for source in given.values() for key, value in source.items()}).endpoint
        )
        del given[name]
    found.append(load().endpoint)
    (tmp_path / "hubkit.toml").unlink()
    found.append(load().endpoint)

    assert found == [
        "https://argument",
        "https://hubkit",
        "https://hf",
        "https://file",
        "https://huggingface.co",
    ]


def test_hf_variables_are_understood(load) -> None:
    """What huggingface_hub reads is read here too."""
    config = load(HF_ENDPOINT="https://hub.example/", HF_TOKEN=" hf_abc ", HF_HUB_OFFLINE="1")

    assert ("https://hub.example", Secret("hf_abc"), True) == (config.endpoint, config.token, config.offline)


def test_empty_variable_is_unset(load) -> None:
    """An empty variable, as CI systems leave for missing secrets, counts as none."""
    config = load(HUBKIT_TOKEN="", HF_TOKEN="hf_abc", HUBKIT_TTL="", HF_ENDPOINT="")

    assert (Secret("hf_abc"), 86_400.0) == (config.token, config.ttl)


def test_every_field_is_a_variable_and_a_key(load, tmp_path) -> None:
    """Each field can be set in the environment and in a file."""
    texts = dict.fromkeys(FIELDS, "1") | {
        "endpoint": "https://h",
        "token": "t",
        "cache": "none:// memory://",
        "cache_mode": "read-only",
        "cache_key": "k",
    }
    from_environment = load(**{f"HUBKIT_{name.upper()}": text for name, text in texts.items()})
    lines = [f'{name} = "{text}"' for name, text in texts.items() if name != "cache"]
    (tmp_path / "hubkit.toml").write_text("\n".join([*lines, 'cache = ["none://", "memory://"]']))

    assert load() == from_environment
    assert from_environment.cache == ("none://", "memory://")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hubkit.toml", "ttl = 5"),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.hubkit]\nttl = 5'),
    ],
)
def test_file_is_found_in_a_parent(tmp_path, name, text) -> None:
    """The search goes upwards, past a pyproject.toml that isn't about hubkit."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    (inner / "pyproject.toml").write_text("[tool.other]\nttl = 9")

    assert HubConfig.load(environ={}, start=inner).ttl == 5.0


def test_relative_start_has_parents_too(tmp_path, monkeypatch) -> None:
    """A search that starts in a relative folder doesn't end at the working folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "hubkit.toml").write_text("ttl = 5")
    monkeypatch.chdir(tmp_path / "a")

    assert HubConfig.load(environ={}, start=Path()).ttl == 5.0


def test_named_file_replaces_the_search(load, tmp_path) -> None:
    """HUBKIT_CONFIG names the file; the ones in the folders are left alone."""
    (tmp_path / "hubkit.toml").write_text("no TOML at all")
    named = tmp_path / "ci.toml"
    named.write_text('ttl = "2h"')

    assert load(HUBKIT_CONFIG=str(named)).ttl == 7_200.0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ttl = ", "not TOML"),
        ("a = " + "[" * 5_000, "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (None, "can't be read"),
    ],
)
def test_unreadable_file_is_named(load, tmp_path, text, complaint) -> None:
    """A file that is missing or no TOML is an error that says which and why."""
    path = tmp_path / "named.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError, match=f"named.toml: {complaint}"):
        load(HUBKIT_CONFIG=str(path))


def test_folder_is_no_file(load, tmp_path) -> None:
    """A folder in the place of the file is an error, not a crash."""
    with pytest.raises(ConfigError, match="can't be read"):
        load(HUBKIT_CONFIG=str(tmp_path))


def test_table_must_be_a_table(load, tmp_path) -> None:
    """`[tool] hubkit = 5` is refused."""
    (tmp_path / "pyproject.toml").write_text("[tool]\nhubkit = 5")
    with pytest.raises(ConfigError, match="must be a table"):
        load()


def test_unknown_variable_names_the_nearest(load) -> None:
    """A misspelt variable is an error with the name that was meant."""
    with pytest.raises(ConfigError, match="HUBKIT_TTTL names no setting; did you mean 'HUBKIT_TTL'"):
        load(HUBKIT_TTTL="5")


def test_unknown_key_names_the_nearest(load, tmp_path) -> None:
    """A misspelt key of a file is an error with file and the name that was meant."""
    (tmp_path / "hubkit.toml").write_text("stale_on_error = 5")
    with pytest.raises(
        ConfigError, match=r"hubkit.toml: unknown key 'stale_on_error'; did you mean 'stale_if_error'"
    ):
        load()


def test_unknown_argument_names_the_nearest(load) -> None:
    """A misspelt override is an error with the name that was meant."""
    with pytest.raises(ConfigError, match="unknown setting 'retires'; did you mean 'retries'"):
        load({"retires": 5})


def test_far_off_key_suggests_nothing(load) -> None:
    """Nothing is suggested for a name that resembles none."""
    with pytest.raises(ConfigError, match=r"HUBKIT_XYZZY names no setting$"):
        load(HUBKIT_XYZZY="5")


@pytest.mark.parametrize(
    ("source", "environ"),
    [("HUBKIT_RETRIES", {"HUBKIT_RETRIES": "many"}), ("retries in .*hubkit.toml", {})],
)
def test_bad_value_names_field_and_source(load, tmp_path, source, environ) -> None:
    """An error about a value says which field and where it was set."""
    (tmp_path / "hubkit.toml").write_text('retries = "many"')

    with pytest.raises(ConfigError, match=rf"^retries must be .*'many' \(from {source}\)$"):
        load(**environ)


def test_hidden_bad_value_does_not_matter(load) -> None:
    """A bad value under a stronger source's is not looked at."""
    assert load({"retries": 1}, HUBKIT_RETRIES="many").retries == 1


def test_missing_working_folder(tmp_path) -> None:
    """A program whose working folder was removed still gets its settings."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); import hubkit; print(hubkit.HubConfig.load().retries)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "3\n", done.stderr
