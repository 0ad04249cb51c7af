"""Names of things on the Hub, checked before anything is done with them.

A repo id, a revision and a path inside a repository all end in URLs, some in file
names; a malformed one is refused here, before any I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from hubkit.errors import InvalidArgumentError, InvalidRefError

__all__ = [
    "REPO_TYPES",
    "api_prefix",
    "is_commit_hash",
    "is_repo_id",
    "normalize_endpoint",
    "parse_repo_id",
    "parse_repo_path",
    "parse_repo_type",
    "parse_revision",
    "quote_revision",
]

REPO_TYPES = ("model", "dataset", "space")

# The Hub's own validator stops at 96 characters, yet it serves ids of 257 that
# are older than the rule. 512 bounds what ends in keys and URLs.
MAX_REPO_ID = 512
MAX_REVISION = 512

# A part may end in "_" or start with it (huggingtweets/_ikeay is real); a part that is
# a dot would name its own folder.
_REPO_ID = re.compile(r"(?!\.(?:/|\Z))[A-Za-z0-9._-]+(?:/(?!\.\Z)[A-Za-z0-9._-]+)?\Z")
_COMMIT_HASH = re.compile(r"[0-9a-f]{40}\Z")
# What git-check-ref-format forbids in a ref, "@{" and ".." apart.
_NOT_IN_REF = re.compile(r"[\x00-\x20\x7f-\x9f~^:?*\[\\]")


def parse_several(values: object, *, field: str, of: str = "ids") -> Iterable[Any]:
    """Check that there are several of something, and return it: one text is an easy slip, taken letter by letter.

    Args:
        values: What a caller gave.
        field: What it is called where it was given.
        of: What is expected in it.

    Raises:
        InvalidArgumentError: It is one text, or can't be gone through.

    >>> parse_several(("org/a", "org/b"), field="models")
    ('org/a', 'org/b')
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        what = "one text" if isinstance(values, str) else type(values).__name__
        raise InvalidArgumentError(f"{field} must be a list of {of}, not {what}")
    return values


def parse_repo_id(text: object, *, field: str = "model_id") -> str:
    """Check a repository id and return it.

    Args:
        text: ``"org/name"``, or ``"name"`` for the oldest models of the Hub.
        field: How the caller's argument is called, for the error.

    Raises:
        InvalidRefError: It can't be the id of a repository.

    >>> parse_repo_id("openai-community/gpt2")
    'openai-community/gpt2'
    """
    if not isinstance(text, str):
        raise InvalidRefError(f"{field} must be text such as 'org/name', not {type(text).__name__}")
    if len(text) > MAX_REPO_ID:
        raise InvalidRefError(f"{field} has {len(text)} characters; at most {MAX_REPO_ID} are allowed")
    if _REPO_ID.match(text) is None or ".." in text:
        address = ", not the address of its page" if "://" in text else ""
        raise InvalidRefError(
            f"{field} {_shown(text)} is not a repository id: expected 'org/name' or 'name' "
            f"of letters, digits, '-', '_' and '.'{address}"
        )
    return text


def is_repo_id(text: object) -> bool:
    """Whether the text has the shape of a repository id.

    >>> is_repo_id("org/name"), is_repo_id("../etc")
    (True, False)
    """
    try:
        parse_repo_id(text)
    except InvalidRefError:
        return False
    return True


def parse_repo_type(text: object) -> str:
    """Check a repository type: ``model``, ``dataset`` or ``space``.

    Raises:
        InvalidRefError: It is none of the three.
    """
    if not isinstance(text, str) or text not in REPO_TYPES:
        raise InvalidRefError(f"repo_type {_shown(text)} is unknown: expected one of {', '.join(REPO_TYPES)}")
    return text


def parse_revision(text: object, *, field: str = "revision") -> str:
    """Check a branch, tag or commit name and return it.

    Args:
        text: Such as ``main``, ``v1.0``, ``refs/pr/3`` or a commit hash.
        field: How the caller's argument is called, for the error.

    Raises:
        InvalidRefError: git would not take it as the name of a ref.
    """
    if not isinstance(text, str):
        raise InvalidRefError(f"{field} must be text such as 'main', not {type(text).__name__}")
    malformed = (
        not text
        or len(text) > MAX_REVISION
        or _NOT_IN_REF.search(text) is not None
        or not _is_unicode(text)
        or ".." in text
        or "//" in text
        or "@{" in text
        or text.startswith(("/", "-", "."))
        or text.endswith(("/", ".", ".lock"))
    )
    if malformed:
        raise InvalidRefError(f"{field} {_shown(text)} is not the name of a branch, tag or commit")
    return text


def is_commit_hash(text: str | None) -> bool:
    """Whether a revision is a full commit hash (40 hex digits): it can't move.

    >>> is_commit_hash("a" * 40), is_commit_hash("main")
    (True, False)
    """
    return text is not None and _COMMIT_HASH.match(text) is not None


def parse_repo_path(text: object) -> str:
    """Check the path of a file inside a repository and return it.

    Raises:
        InvalidRefError: It is absolute, climbs out, or has control characters.
    """
    if not isinstance(text, str):
        raise InvalidRefError(f"path must be text such as 'config.json', not {type(text).__name__}")
    climbs = any(part in ("", ".", "..") for part in text.split("/"))
    if climbs or "\\" in text or _has_controls(text) or not _is_unicode(text):
        raise InvalidRefError(f"path {_shown(text)} is not a file inside a repository")
    return text


def quote_revision(revision: str) -> str:
    """A revision as the one URL segment that the Hub expects.

    >>> quote_revision("refs/pr/1")
    'refs%2Fpr%2F1'
    """
    return quote(revision, safe="")


def api_prefix(repo_type: str, repo_id: str, revision: str | None = None) -> str:
    """The API path of a repository.

    >>> api_prefix("model", "org/name", "refs/pr/1")
    '/api/models/org/name/revision/refs%2Fpr%2F1'
    """
    base = f"/api/{repo_type}s/{repo_id}"
    return base if revision is None else f"{base}/revision/{quote_revision(revision)}"


def normalize_endpoint(url: str) -> str:
    """An endpoint without the trailing slash, so that one Hub has one name.

    >>> normalize_endpoint("https://huggingface.co/")
    'https://huggingface.co'
    """
    return url.strip().rstrip("/")


def _has_controls(text: str) -> bool:
    return any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)


def _is_unicode(text: str) -> bool:
    """Whether it can be sent: a file name that isn't UTF-8 arrives with lone surrogates in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _shown(value: object) -> str:
    """The value as an error may print it: escaped, and not a page long."""
    text = value if isinstance(value, str) else type(value).__name__
    return ascii(text if len(text) <= 80 else text[:77] + "...")
