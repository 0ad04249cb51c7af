"""Who and what happened when: accounts, commits, refs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from hubkit._hub_record import list_or_empty, text_or_none
from hubkit.errors import DecodeError

__all__ = ["Identity", "RepoCommit", "RepoRef", "RepoRefs"]


@attrs.frozen(kw_only=True)
class Identity:
    """Whom a token belongs to."""

    name: str
    """The account's name."""
    type: str = "user"
    """``user``, ``org`` or ``app``."""
    fullname: str | None = None
    orgs: tuple[str, ...] = ()
    """Names of the organisations that the account is in."""
    token_name: str | None = None
    """What its owner called the token."""
    token_role: str | None = None
    """``read``, ``write`` or ``fineGrained``."""

    @classmethod
    def from_hub(cls, record: Mapping[str, Any]) -> Identity:
        """Build from an answer of ``/api/whoami-v2``.

        Raises:
            DecodeError: It names nobody.
        """
        name = record.get("name")
        if not isinstance(name, str) or not name:
            raise DecodeError("the Hub's whoami answer has no 'name'")
        auth = record.get("auth")
        token = auth.get("accessToken") if isinstance(auth, Mapping) else None
        token = token if isinstance(token, Mapping) else {}
        orgs = record.get("orgs")
        return cls(
            name=name,
            type=text_or_none(record.get("type")) or "user",
            fullname=text_or_none(record.get("fullname")),
            orgs=tuple(
                str(org["name"])
                for org in list_or_empty(orgs)
                if isinstance(org, Mapping) and org.get("name")
            ),
            token_name=text_or_none(token.get("displayName")),
            token_role=text_or_none(token.get("role")),
        )


@attrs.frozen(kw_only=True)
class RepoCommit:
    """One commit of a repository's history."""

    commit_hash: str
    """40 hex digits."""
    title: str
    message: str = ""
    date: str | None = None
    """ISO 8601, as the Hub wrote it."""
    authors: tuple[str, ...] = ()

    @classmethod
    def from_hub(cls, record: Mapping[str, Any]) -> RepoCommit:
        """Build from one item of ``/api/models/{id}/commits/{revision}``.

        Raises:
            DecodeError: It has no id.
        """
        if not isinstance(record.get("id"), str):
            raise DecodeError("a commit record has no 'id'")
        authors = record.get("authors")
        return cls(
            commit_hash=record["id"],
            title=text_or_none(record.get("title")) or "",
            message=text_or_none(record.get("message")) or "",
            date=text_or_none(record.get("date")),
            authors=tuple(
                item["user"]
                for item in list_or_empty(authors)
                if isinstance(item, Mapping) and text_or_none(item.get("user"))
            ),
        )


@attrs.frozen(kw_only=True)
class RepoRef:
    """A branch, tag or pull request, and the commit it stands at."""

    name: str
    """Such as ``main`` or ``v1.0``."""
    ref: str
    """Such as ``refs/heads/main``."""
    commit_hash: str
    """40 hex digits."""

    @classmethod
    def from_hub(cls, record: Mapping[str, Any]) -> RepoRef:
        """Build from one item of ``/api/models/{id}/refs``.

        Raises:
            DecodeError: A part is missing.
        """
        name, ref, target = record.get("name"), record.get("ref"), record.get("targetCommit")
        if not (isinstance(name, str) and isinstance(ref, str) and isinstance(target, str)):
            raise DecodeError("a ref record lacks 'name', 'ref' or 'targetCommit'")
        return cls(name=name, ref=ref, commit_hash=target)


@attrs.frozen(kw_only=True)
class RepoRefs:
    """Everything in a repository that has a name and stands at a commit."""

    branches: tuple[RepoRef, ...] = ()
    tags: tuple[RepoRef, ...] = ()
    pull_requests: tuple[RepoRef, ...] = ()
