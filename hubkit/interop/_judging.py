"""Whether a reply is the Hub's own answer to the question, and one that may be given again: pure."""

from __future__ import annotations

from typing import Any

from hubkit._lazy import load_json
from hubkit._refs import is_commit_hash
from hubkit.errors import DecodeError
from hubkit.interop._questions import Kind, Question
from hubkit.interop._reply import Reply

__all__ = ["is_worth_keeping"]

# "There is no such thing", in the Hub's own words; any proxy can say 404.
_NOTHING = frozenset({"EntryNotFound", "RepoNotFound", "RevisionNotFound"})


def is_worth_keeping(question: Question, reply: Reply, *, was_redirected: bool) -> bool:
    """Judge a reply.

    Args:
        question: What was asked.
        reply: What came back.
        was_redirected: Whether the Hub sent its reader on, as it does for what was renamed.
    """
    if reply.status == 404:
        return reply.get("x-error-code") in _NOTHING
    if question.kind is Kind.FILE:
        return _is_about_file(question, reply)
    return reply.status == 200 and _is_answer(question, reply, was_redirected=was_redirected)


def _is_about_file(question: Question, reply: Reply) -> bool:
    if 300 <= reply.status < 400:
        return reply.get("location") is not None
    commit_hash = reply.get("x-repo-commit") or ""
    named = reply.get("x-linked-etag") or reply.get("etag")
    right = not question.is_immutable or commit_hash == question.revision
    return reply.status == 200 and named is not None and is_commit_hash(commit_hash) and right


def _is_answer(question: Question, reply: Reply, *, was_redirected: bool) -> bool:
    try:
        said: Any = load_json(reply.body)
    except DecodeError:
        # A captive portal's page, for one.
        return False
    if question.kind is Kind.REFS:
        return isinstance(said, dict) and isinstance(said.get("branches"), list)
    if question.kind is not Kind.INFO:
        return isinstance(said, list)
    if not isinstance(said, dict) or not isinstance(said.get("id"), str) or question.repo is None:
        return False
    # Any other name is somebody else's answer: a confused proxy, a shared connection.
    return was_redirected or said["id"].casefold() == question.repo.repo_id.casefold()
