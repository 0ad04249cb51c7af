"""Which files a commit has, and so which it hasn't: a HEAD of one of these needs no request. Pure.

Programs ask for many files that few repositories have: an adapter's settings, shards, templates.
The list of a commit's files never changes, so one list answers for all of them.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

import attrs

from hubkit._lazy import dump_json, load_json
from hubkit._refs import is_commit_hash
from hubkit.errors import DecodeError
from hubkit.interop._questions import Kind, Question
from hubkit.interop._reply import Reply

__all__ = ["FileList", "absence", "list_in", "read_list"]

# Beyond that huggingface_hub doesn't take the list in a repository's information for whole either.
_RELIABLE: Final = 1000


@attrs.frozen
class FileList:
    """All files of a commit."""

    commit_hash: str
    paths: frozenset[str]

    def encode(self) -> bytes:
        """As it is kept."""
        return dump_json([self.commit_hash, *sorted(self.paths)])

    def lacks(self, question: Question) -> bool:
        """Whether the question is about a file or folder of this commit that there isn't."""
        path = question.file
        if not path or question.revision != self.commit_hash or path in self.paths:
            return False
        return question.kind is Kind.FILE or not any(name.startswith(f"{path}/") for name in self.paths)


def read_list(body: bytes) -> FileList | None:
    """What `encode` gave; None when it is something else."""
    try:
        said: Any = load_json(body)
    except DecodeError:
        return None
    if not isinstance(said, list) or not said or not all(isinstance(item, str) for item in said):
        return None
    return FileList(said[0], frozenset(said[1:])) if is_commit_hash(said[0]) else None


def list_in(question: Question, reply: Reply) -> FileList | None:
    """The files that a reply lists, if it is certain that these are all; None otherwise."""
    if question.kind is Kind.INFO:
        return _in_information(_decoded(reply))
    if question.kind is Kind.TREE and question.is_immutable and _is_whole(question, reply):
        return _in_tree(str(question.revision), _decoded(reply))
    return None


def absence(question: Question) -> Reply:
    """What the Hub says of a file or folder that a commit hasn't."""
    said = "Entry not found"
    return Reply(
        404,
        (
            ("content-type", "application/json; charset=utf-8"),
            ("x-repo-commit", str(question.revision)),
            ("x-error-code", "EntryNotFound"),
            ("x-error-message", said),
        ),
        b"" if question.method == "HEAD" else dump_json({"error": said}),
    )


def _decoded(reply: Reply) -> Any:
    try:
        return load_json(reply.body)
    except DecodeError:
        return None


def _in_information(said: Any) -> FileList | None:
    if not isinstance(said, dict) or said.get("gated") is not False:
        # Who may not read the files of a gated repository isn't told which there are not.
        return None
    commit_hash, siblings = said.get("sha"), said.get("siblings")
    if not isinstance(commit_hash, str) or not is_commit_hash(commit_hash) or not isinstance(siblings, list):
        return None
    return _listed(commit_hash, siblings, "rfilename") if 0 < len(siblings) < _RELIABLE else None


def _is_whole(question: Question, reply: Reply) -> bool:
    asked = parse_qs(question.query)
    return (
        question.path.endswith("/tree/{}")
        and asked.get("recursive", [""])[0].lower() in ("true", "1")
        and asked.keys() <= {"recursive", "expand"}
        and reply.get("link") is None
    )


def _in_tree(commit_hash: str, said: Any) -> FileList | None:
    if not isinstance(said, list) or not all(isinstance(item, dict) for item in said):
        return None
    return _listed(commit_hash, [item for item in said if item.get("type") != "directory"], "path")


def _listed(commit_hash: str, items: list[Any], name: str) -> FileList | None:
    paths: set[str] = set()
    for item in items:
        path = item.get(name) if isinstance(item, dict) else None
        if not isinstance(path, str):
            return None
        paths.add(path)
    return FileList(commit_hash, frozenset(paths))
