"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubkit import HubConfig, ModelCache, ModelMetadata
from hubkit._local_paths import parse_local_path, parse_target
from hubkit.cache import FilesystemCache, SQLiteCache
from hubkit.cards import read_adapter
from hubkit.config import CONFIG_VARIABLE
from hubkit.connector import HuggingFaceConnector
from hubkit.errors import CardError, InvalidArgumentError, LocalPathError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder of one's own."""
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path


def test_home(home):
    """A leading ``~`` is the home folder; elsewhere it is a letter."""
    assert home / "adapter" == parse_local_path("~/adapter", field="path")
    assert home / "adapter" == parse_local_path(Path("~/adapter"), field="path")
    assert home / "a.tar" == parse_target("~/a.tar", field="the bundle")
    assert Path("backup~/x") == parse_local_path("backup~/x", field="path")


def test_nobodys_home():
    """A name that nobody has is a name in this folder."""
    assert Path("~nobody-of-that-name/x") == parse_local_path("~nobody-of-that-name/x", field="path")


@pytest.mark.parametrize("value", [5, None, b"bytes", ["list"]])
def test_no_path(value):
    """It is refused by what it is."""
    with pytest.raises(InvalidArgumentError, match=f"cache_dir must be a path, not {type(value).__name__}"):
        parse_local_path(value, field="cache_dir")


@pytest.mark.parametrize("value", ["", "a\0b", "~\0"])
def test_impossible_path(value):
    """So is what the system would refuse."""
    with pytest.raises(LocalPathError, match="can't be a path"):
        parse_local_path(value, field="cache_dir")


@pytest.mark.parametrize("kind", [FilesystemCache, SQLiteCache])
def test_caches(home, kind):
    """A cache that is made by hand lies there too."""
    with_home = kind("~/cache")
    with_home.set("key", b"value", expires_in=None)

    assert b"value" == kind(os.path.join(home, "cache")).get("key")


def test_named_settings(home):
    """So do settings whose file a variable names."""
    (home / "hubkit.toml").write_text('endpoint = "https://mirror.example"\n')
    found = HubConfig.load(environ={CONFIG_VARIABLE: "~/hubkit.toml"})

    assert "https://mirror.example" == found.endpoint


def test_connector(home):
    """And the first connector's folder."""
    HuggingFaceConnector("~/connector")._cache.set(ModelMetadata("org/name"))

    assert "org/name" == ModelCache(home / "connector").get("org/name").model_id


def test_adapter(home):
    """An adapter is looked for there, and named as it was given where it isn't."""
    with pytest.raises(CardError, match="adapter folder '~/adapter' doesn't exist"):
        read_adapter("~/adapter")
    (home / "adapter").mkdir()
    with pytest.raises(CardError, match="adapter folder '~/adapter' is empty"):
        read_adapter("~/adapter")
    with pytest.raises(CardError, match="can't be a path"):
        read_adapter("")
