"""Whether a name is the id of something on the Hub, or a path on somebody's disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from hubkit._refs import is_repo_id

__all__ = ["base_in_tag", "dataset_id", "hub_id", "is_local_folder", "is_path", "linked_id", "looks_local"]

# The folders of huggingface_hub's cache: models--org--name/snapshots/<commit>.
_CACHE_FOLDER = re.compile(r"(?:^|[/\\])(models|datasets)--([^/\\]+)(?=[/\\]|$)")
# What the Trainer calls its folders; nobody's model is called so.
_CHECKPOINT = re.compile(r"(?:^|/)checkpoint-\d+$")
# Where a page of the Hub stands; a dataset's has its kind before the id.
_ADDRESS = re.compile(
    r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?:(datasets|models)/)?([^/?#\s]{1,96}/[^/?#\s]{1,96})/?"
)
# What the Hub makes of the key `base_model`; people and tools write such tags, too.
_BASE_TAG = re.compile(r"base_model:(?:(?:adapter|finetune|merge|quantized):)?(.+)", re.DOTALL)
_PART = re.compile(r"\w(?:[\w.-]*\w)?", re.ASCII)
_PATH_START = re.compile(r"[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]")
# A scheme names a machine or a folder; a name of the Hub has no such end.
_PATH_INSIDE = re.compile(r"\\|://|/[^/]*\.[A-Za-z]\w{1,11}$")
# A whole value that is a path: two names behind the first slash, since /no_think is a word to some models.
_PATH = re.compile(
    r"(?:file:/|~[\w.-]{0,64}/|\.{1,2}/|\\\\[\w.]|[A-Za-z]:(?:\\|/(?!/))[\w.$-]|/(?!v\d+/|api/)[\w.@+-]+/).*"
)
_DATA_FILE = re.compile(r"\.(?:arrow|csv|gz|jsonl?|parquet|tsv|txt|ya?ml|zip|zst)$", re.IGNORECASE)


def hub_id(name: str) -> str | None:
    """The Hub id that a name is, or that a path in the Hub's cache stands for.

    Says nothing of whether such a repository exists, nor whether a folder of that
    name does.

    Args:
        name: What a config or a caller calls a model.

    Returns:
        `org/name` or `name`; None for every path.

    >>> hub_id("/home/ann/.cache/huggingface/hub/models--org--tiny/snapshots/0a1b")
    'org/tiny'
    >>> hub_id("org/tiny"), hub_id("./tiny"), hub_id("/data/tiny")
    ('org/tiny', None, None)
    """
    cached = _CACHE_FOLDER.search(name)
    if cached is not None:
        name = cached[2].replace("--", "/")
    sane = is_repo_id(name) and not _CHECKPOINT.search(name) and "--" not in name
    parts = name.split("/")
    if not sane or not all(_PART.fullmatch(part) and not part.endswith(".git") for part in parts):
        return None
    return name


def linked_id(text: str, what: str = "model") -> str | None:
    """The Hub id in the address of its page; None for all else.

    >>> linked_id("https://huggingface.co/org/tiny"), linked_id("https://hf.co/datasets/org/foxes", "dataset")
    ('org/tiny', 'org/foxes')
    >>> linked_id("org/tiny"), linked_id("https://hf.co/datasets/org/foxes")
    (None, None)
    """
    page = _ADDRESS.fullmatch(text.strip())
    if page is None or page[1] not in (None, f"{what}s"):
        return None
    return page[2] if is_repo_id(page[2]) else None


def base_in_tag(tag: str) -> str | None:
    """The base model that a tag names, whatever it is called there; None for other tags.

    >>> base_in_tag("base_model:adapter:org/tiny"), base_in_tag("base_model:/data/tiny"), base_in_tag("lora")
    ('org/tiny', '/data/tiny', None)
    """
    found = _BASE_TAG.fullmatch(tag)
    return None if found is None else found[1]


def dataset_id(name: str) -> str | None:
    """The Hub id that the name of a dataset is; None for paths and data files.

    >>> dataset_id("org/foxes"), dataset_id("data/train.jsonl")
    ('org/foxes', None)
    """
    return None if _DATA_FILE.search(name) else hub_id(name)


def looks_local(text: str) -> bool:
    """Whether text names a place on somebody's machine, or holds such a name.

    >>> [looks_local(text) for text in ("/data/x", "runs/zero3.json", "file:///x", "org/name", "adamw")]
    [True, True, True, False, False]
    """
    text = text.strip()
    return _PATH_START.match(text) is not None or _PATH_INSIDE.search(text) is not None


def is_path(text: str) -> bool:
    """Whether the whole of a text is a path of somebody's machine, wherever it leads.

    >>> [is_path(text) for text in ("/data/x", "~/out", "./out", "org/name", "https://x.org/a", "/v1/chat")]
    [True, True, True, False, False, False]
    """
    return _PATH.fullmatch(text.strip()) is not None


def is_local_folder(name: str, beside: Iterable[Path]) -> bool:
    """Whether a name that looks like a Hub id is a folder on this disk.

    `bases/tiny-llama` has exactly the shape of a Hub id: only the disk tells.

    Args:
        name: The name.
        beside: Folders that the name may be relative to, beside the working one.
    """
    places = [Path(), *beside]
    return any(os.path.isdir(place / name) for place in places)
