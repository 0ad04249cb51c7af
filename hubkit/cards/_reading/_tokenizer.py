"""Whether an adapter brings a tokenizer, and a template for chats."""

from __future__ import annotations

import os
from pathlib import Path

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import read_optional

__all__ = ["find_tokenizer"]

_CONFIG = "tokenizer_config.json"
# Special tokens of large vocabularies are listed one by one.
_LIMIT = 8 * 1024 * 1024
# What transformers needs one of; the config alone makes no tokenizer.
_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
    "vocab.json",
    "vocab.txt",
)
_TEMPLATES = ("chat_template.jinja", "chat_template.json")


def find_tokenizer(folder: Path, found: Findings) -> None:
    """Look for a tokenizer's files. A template is seen, not read: it is a program.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.
    """
    file = next((name for name in _FILES if os.path.isfile(folder / name)), None)
    if file is None:
        return
    found.add("has_tokenizer", True, file)
    config = read_optional(folder / _CONFIG, _LIMIT, found.warn, "its chat template is unknown")
    template = next((name for name in _TEMPLATES if os.path.isfile(folder / name)), None)
    if template is not None:
        found.add("has_chat_template", True, template)
    elif config.get("chat_template"):
        found.add("has_chat_template", True, f"{_CONFIG}: chat_template")
