"""Which of the settings was said where."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubkit._provenance import Origin, config_files, origins, setting_names
from hubkit.errors import ConfigError

TRICKY = '''\
name = """
[tool.hubkit]
ttl = 1
"""
[tool.other]
ttl = 2

[tool.hubkit]
stale_if_error = "7d"
"ttl" = "12h"
'''


def test_each_source_is_told(tmp_path: Path) -> None:
    """An argument, a variable, a file and a default, and only the strongest of a setting."""
    (tmp_path / "hubkit.toml").write_text('# ours\nttl = "12h"\nretries = 1\n')
    found = origins({"offline"}, environ={"HUBKIT_RETRIES": "2", "HF_TOKEN": "hf_x"}, start=tmp_path)

    assert {
        "offline": Origin(kind="argument"),
        "retries": Origin(kind="environment", variable="HUBKIT_RETRIES"),
        "token": Origin(kind="environment", variable="HF_TOKEN"),
        "ttl": Origin(kind="file", path=tmp_path / "hubkit.toml", line=2),
        "cache": Origin(kind="default"),
    } == {name: found[name] for name in ("offline", "retries", "token", "ttl", "cache")}
    assert list(setting_names()) == list(found)


def test_a_file_as_windows_writes_it(tmp_path: Path) -> None:
    """Behind a byte order mark settings are read, and their line is told."""
    (tmp_path / "hubkit.toml").write_bytes(b'\xef\xbb\xbfttl = "12h"\r\n')
    found = origins(environ={}, start=tmp_path)["ttl"]

    assert Origin(kind="file", path=tmp_path / "hubkit.toml", line=1) == found


def test_a_line_in_another_table_or_text_is_not_it(tmp_path: Path) -> None:
    """The line is that of the table which counts."""
    (tmp_path / "pyproject.toml").write_text(TRICKY)
    found = origins(environ={}, start=tmp_path)

    assert [10, 9] == [found[name].line for name in ("ttl", "stale_if_error")]


def test_a_key_in_an_inline_table_has_no_line(tmp_path: Path) -> None:
    """What can't be told is not guessed."""
    (tmp_path / "pyproject.toml").write_text("tool = {hubkit = {ttl = 3}}\n")
    found = origins(environ={}, start=tmp_path)["ttl"]

    assert Origin(kind="file", path=tmp_path / "pyproject.toml", line=None) == found


def test_an_unknown_key_is_an_error_as_ever(tmp_path: Path) -> None:
    """Telling where settings are from forgives nothing."""
    (tmp_path / "hubkit.toml").write_text("tll = 3\n")

    with pytest.raises(ConfigError, match="did you mean 'ttl'"):
        origins(environ={}, start=tmp_path)


def test_files_are_listed_up_to_the_one_that_counts(tmp_path: Path) -> None:
    """Nearer ones first, each with what became of it."""
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "hubkit.toml").write_text("ttl = 3\n")
    looked = config_files(environ={}, start=inner)

    assert [
        (inner / "hubkit.toml", "absent"),
        (inner / "pyproject.toml", "no table"),
        (tmp_path / "hubkit.toml", "used"),
    ] == [(each.path, each.state) for each in looked]


@pytest.mark.parametrize(("text", "state"), [("ttl = = 3", "broken"), ("ttl = 3", "used"), (None, "broken")])
def test_a_named_file_is_the_only_one(tmp_path: Path, text: str | None, state: str) -> None:
    """It is told of even when it can't be read."""
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    looked = config_files(environ={"HUBKIT_CONFIG": str(path)}, start=tmp_path)

    assert [(path, state)] == [(each.path, each.state) for each in looked]
