"""Shapes of secrets, as their issuers publish them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hubkit.cards._text import REMOVED

__all__ = ["find_secrets", "mask_secrets"]

_SHAPES = {
    "a Hugging Face token": r"hf_(?:[A-Za-z0-9]{30,60}|(?:oauth|jwt|app)_[A-Za-z0-9_.-]{20,60})",
    "an AWS access key": r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])",
    "a GitHub token": r"(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,100})",
    "a GitLab token": r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,60}",
    "an OpenAI or Anthropic key": r"(?<![A-Za-z0-9-])sk-(?=[A-Za-z_-]{0,200}[0-9])(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,200}",
    "a Google API key": r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}",
    "a Slack token": r"(?<![A-Za-z0-9])xox[abprs]-[0-9A-Za-z-]{20,200}",
    "an npm token": r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{30,200}",
    "a private key": r"-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----",
}
_PATTERNS = {kind: re.compile(shape) for kind, shape in _SHAPES.items()}

# A commit hash has the same shape as a key of Weights & Biases: only what stands before it tells.
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])")
_BEFORE_KEY = re.compile(r"wandb.{0,60}(?:api[_-]?key|login|token)", re.IGNORECASE)
_LOOK_BACK = 100

# Documentation writes `hf_xxxxxxxx` and `...EXAMPLE`: real secrets are random.
_FEWEST_CHARACTERS = 9
_LONGEST_PREFIX = 8


def find_secrets(text: str) -> Iterator[tuple[str, int]]:
    """The kind and the position of each secret in a text, kind after kind.

    >>> list(find_secrets("AKIA" + "IOSFODNN7EXAMPLE"))
    []
    """
    for kind, pattern in _PATTERNS.items():
        yield from ((kind, match.start()) for match in pattern.finditer(text) if _is_random(match[0]))
    for match in _HEX.finditer(text):
        if _is_random(match[0]) and _follows_key_words(text, match.start()):
            yield "a Weights & Biases key", match.start()


def mask_secrets(text: str) -> str:
    """The text with every secret in it replaced; the whole of it where a private key stands."""
    if _PATTERNS["a private key"].search(text):
        return REMOVED
    for pattern in (*_PATTERNS.values(), _HEX):
        text = pattern.sub(REMOVED, text)
    return text


def _is_random(secret: str) -> bool:
    if secret.startswith("-----"):
        return True
    varied = len(set(secret[_LONGEST_PREFIX:])) >= _FEWEST_CHARACTERS
    return varied and "EXAMPLE" not in secret and "example" not in secret


def _follows_key_words(text: str, start: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start].rpartition("\n")[2]
    return _BEFORE_KEY.search(before) is not None
