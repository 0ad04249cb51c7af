"""Commands that the documentation types exist, with their options; recipes are well-formed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from doc_pages import blocks_of, commands_in, exists

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SHELL = {"sh", "console", "yaml", "groovy", "dockerfile"}


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("hubkit info org/name  # why", ["info org/name"]),
        ('cd "$(hubkit download org/name)" && ls', ["download org/name"]),
        ("$ HUBKIT_OFFLINE=1 hubkit -v \\\n info x | head -1", ["-v  info x"]),
        ("pip install hubkit", []),
    ],
)
def test_commands_are_found(text, commands):
    """What is typed after hubkit is found in whatever stands around it."""
    assert commands == commands_in(text)


@pytest.mark.parametrize("command", ["inf org/name", "info --nonsense org/name", "search --limit"])
def test_what_does_not_exist(command):
    """A command or option that doesn't exist is noticed."""
    assert not exists(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_exist(page):
    """Whatever a page types can be typed."""
    shown = [
        command for block in blocks_of(page) if block.language in SHELL for command in commands_in(block.text)
    ]

    assert [] == [command for command in shown if not exists(command)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_yaml(page):
    """What calls itself YAML is, and is a mapping."""
    documents = [yaml.safe_load(block.text) for block in blocks_of(page) if block.language == "yaml"]

    assert all(isinstance(document, dict) for document in documents)
