"""A card taken apart by independent readers of YAML and Markdown."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from hubkit.cards._writing._front_matter import split_front_matter

COMMENT = re.compile(
    r"(<!-- hubkit:(begin|end) [a-z0-9-]+( [0-9a-f]{12})?!? -->|<!-- hubkit:card\n.*?\n-->)\n?", re.DOTALL
)


class Parsed(NamedTuple):
    """What readers see of a card."""

    data: dict[str, Any]
    """The front matter, on which YAML 1.1 and 1.2 agree."""
    headings: list[str]
    """Level and text of each."""
    blocks: list[str]
    """Content of each code block."""
    html: list[str]
    """HTML that isn't one of hubkit's comments."""
    tables: list[list[list[str]]]
    """Cells of each row of each table."""
    links: list[str]
    """Targets of links and pictures."""


def parsed(card: str) -> Parsed:
    """Read a card as the Hub and its page do."""
    matter = split_front_matter(card)
    data: dict[str, Any] = {}
    body = card
    if matter is not None:
        data = yaml.safe_load(matter.block)
        assert data == YAML(typ="safe", pure=True).load(matter.block)
        body = matter.tail.lstrip("\n").partition("\n")[2]
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
    result = Parsed(data, [], [], [], [], [])
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            result.headings.append(f"{token.markup} {plain(tokens[index + 1])}")
        elif token.type in ("fence", "code_block"):
            result.blocks.append(token.content.removesuffix("\n"))
        elif token.type == "html_block" and not COMMENT.fullmatch(token.content):
            result.html.append(token.content)
        elif token.type == "table_open":
            result.tables.append([])
        elif token.type == "tr_open":
            result.tables[-1].append([])
        elif token.type in ("td_open", "th_open"):
            result.tables[-1][-1].append(plain(tokens[index + 1]))
        for child in token.children or ():
            if child.type == "html_inline":
                result.html.append(child.content)
            elif child.type in ("link_open", "image"):
                result.links.append(str(child.attrGet("href") or child.attrGet("src")))
    return result


def plain(token: Any) -> str:
    """An inline token's text, without its markup."""
    return "".join(child.content for child in token.children if child.type != "softbreak")


def section(card: str, title: str) -> str:
    """The text of one section, without its heading and marks."""
    text = card.partition(f"\n## {title}\n")[2]
    return re.split(r"\n<!-- hubkit:end|\n## ", text)[0].strip("\n")
