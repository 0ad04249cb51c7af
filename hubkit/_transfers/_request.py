"""What a caller asks to upload, checked before anything is read or sent. Pure but for a look at the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from hubkit._licenses._spdx import hub_id_of
from hubkit._local_paths import parse_local_path, shown_path, stat_mode
from hubkit._refs import parse_repo_id, parse_revision
from hubkit._settings import nearest_key
from hubkit.errors import CardError, InvalidArgumentError, LocalPathError

__all__ = ["UploadRequest"]


@attrs.frozen(kw_only=True)
class UploadRequest:
    """A checked upload; the fields are the keys of ``upload_artifact``'s metadata."""

    folder: Path
    repo_id: str
    base_model: str | None = None
    dataset: str | Sequence[str] | None = None
    description: str | None = None
    training_config: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    tags: tuple[str, ...] = ()
    language: str | Sequence[str] | None = None
    pipeline_tag: str | None = None
    front_matter: Mapping[str, Any] | None = None
    sections: Mapping[str, str | None] | None = None
    template: str | Path | None = None
    private: bool = False
    revision: str | None = None
    commit_message: str = "Upload adapter with hubkit"
    create_pr: bool = False
    skip_card_checks: bool = False
    """Leave the card to the Hub alone: without it our own errors stop the upload first."""

    @classmethod
    def checked(cls, path: str | Path, metadata: Mapping[str, Any]) -> UploadRequest:
        """Build from a caller's arguments.

        Raises:
            LocalPathError: The folder is missing, empty, unreadable, or a file.
            InvalidArgumentError: A key is unknown, missing, or of the wrong kind; the text names it.
        """
        folder = _folder(path)
        if not isinstance(metadata, Mapping):
            raise InvalidArgumentError("metadata must be a mapping with at least 'repo_id'")
        if not metadata.get("repo_id"):
            raise InvalidArgumentError("repo_id is required in metadata")
        known = {field.name for field in attrs.fields(cls)} - {"folder"}
        for key in metadata:
            if key not in known:
                raise InvalidArgumentError(
                    f"metadata has an unknown key {key!r}{nearest_key(str(key), known)}"
                )
        given = {key: value for key, value in metadata.items() if value is not None}
        parse_repo_id(given["repo_id"], field="repo_id")
        if "revision" in given:
            parse_revision(given["revision"])
        for key, value in given.items():
            _check_kind(key, value)
        _check_card_words(given)
        if not _is_unicode(given.get("commit_message", "")):
            raise InvalidArgumentError("metadata 'commit_message' has characters that can't be sent")
        if "license" in given:
            given["license"] = hub_id_of(given["license"])
        return cls(**{**given, "folder": folder, "tags": tuple(given.get("tags", ()))})


def _folder(path: str | Path) -> Path:
    folder = parse_local_path(path, field="path")
    mode = stat_mode(folder, field="path")
    if mode is None:
        raise LocalPathError(f"path {shown_path(folder)} does not exist; the folder of an adapter is needed")
    if not stat.S_ISDIR(mode):
        raise LocalPathError(f"path {shown_path(folder)} is a file; the folder of an adapter is needed")
    try:
        with os.scandir(folder) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        raise LocalPathError(f"path {shown_path(folder)} can't be read: {error.strerror}") from error
    if empty:
        raise LocalPathError(f"path {shown_path(folder)} is an empty folder")
    return folder


def _check_kind(key: str, value: Any) -> None:
    # An empty bytes is a sequence of texts too.
    texts = (
        isinstance(value, Sequence)
        and not isinstance(value, (bytes, bytearray))
        and all(isinstance(item, str) for item in value)
    )
    right = {
        "base_model": isinstance(value, str),
        "dataset": isinstance(value, str) or texts,
        "description": isinstance(value, str),
        "training_config": isinstance(value, Mapping),
        "metrics": isinstance(value, (Mapping, list, tuple)),
        "license": isinstance(value, str),
        "license_name": isinstance(value, str),
        "license_link": isinstance(value, str),
        "pipeline_tag": isinstance(value, str),
        "front_matter": isinstance(value, Mapping),
        "sections": isinstance(value, Mapping),
        "template": isinstance(value, (str, Path)),
        "tags": texts and not isinstance(value, str),
        "language": isinstance(value, str) or texts,
        "private": isinstance(value, bool),
        "commit_message": isinstance(value, str) and bool(value.strip()),
        "create_pr": isinstance(value, bool),
        "skip_card_checks": isinstance(value, bool),
    }
    if not right.get(key, True):
        raise InvalidArgumentError(f"metadata {key!r} must be {_WANTED[key]}, not {type(value).__name__}")


def _check_card_words(given: Mapping[str, Any]) -> None:
    """Let the card refuse now what it would refuse behind the first requests."""
    from hubkit.cards import check_words

    try:
        check_words(
            given.get("metrics"), given.get("front_matter"), given.get("sections"), given.get("template")
        )
    except CardError as error:
        raise InvalidArgumentError(f"metadata {error.message}") from error


def _is_unicode(text: str) -> bool:
    """Whether it can be sent: text from the outside may have lone surrogates in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


_WANTED = {
    "base_model": "the id of a model",
    "dataset": "a name or a list of names",
    "description": "text",
    "training_config": "a mapping",
    "metrics": "a mapping of names to values, or a list of results",
    "license": "a licence id such as 'mit'",
    "license_name": "the licence's own name",
    "license_link": "an address, or 'LICENSE'",
    "pipeline_tag": "a task of the Hub such as 'summarization'",
    "front_matter": "a mapping",
    "sections": "a mapping of titles to texts",
    "template": "text or a path",
    "tags": "a list of texts",
    "language": "a language code or a list of them",
    "private": "true or false",
    "commit_message": "text that says something",
    "create_pr": "true or false",
    "skip_card_checks": "true or false",
}
