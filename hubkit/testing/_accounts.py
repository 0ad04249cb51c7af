"""Who may do what on the local hub: users, tokens, and the words with which the Hub refuses."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from typing import Any

import attrs

from hubkit.testing._commits import commit_hash_of, timestamp
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import Repo

__all__ = ["Accounts", "Identity", "check_files_readable", "check_writable", "may_read", "missing_repo"]

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Authentication required", charset="UTF-8"'}
_NOBODY = "Invalid username or password."
_REFUSED = "Invalid credentials in Authorization header"


@attrs.frozen(kw_only=True)
class Identity:
    """One token and the user behind it."""

    name: str
    """User name."""

    token: str = attrs.field(repr=False)
    """What the client sends."""

    role: str
    """``read`` or ``write``."""

    orgs: tuple[str, ...]
    """Organizations that the user belongs to."""

    created_at: float
    """Epoch seconds."""

    def owns(self, namespace: str) -> bool:
        """Whether repositories of that namespace are this user's."""
        return namespace == self.name or namespace in self.orgs

    def describe(self) -> dict[str, Any]:
        """Write the answer to ``whoami-v2``."""
        return {
            "type": "user",
            "id": _object_id("user", self.name),
            "name": self.name,
            "fullname": self.name,
            "email": f"{self.name}@example.com",
            "emailVerified": True,
            "canPay": False,
            "billingMode": "prepaid",
            "periodEnd": None,
            "isPro": False,
            "avatarUrl": f"/avatars/{_object_id('avatar', self.name)}.svg",
            "orgs": [_describe_org(name) for name in self.orgs],
            "auth": {
                "type": "access_token",
                "accessToken": {
                    "displayName": f"{self.name}-{self.role}",
                    "role": self.role,
                    "createdAt": timestamp(self.created_at),
                },
            },
        }


class Accounts:
    """Every token that the hub accepts."""

    def __init__(self) -> None:
        self._by_token: dict[str, Identity] = {}

    def add(self, name: str, token: str | None, *, role: str, orgs: Iterable[str], now: float) -> Identity:
        """Give a user one more token.

        Args:
            name: User name.
            token: The token; None makes one of the Hub's shape.
            role: ``read`` or ``write``.
            orgs: Organizations that the user belongs to.
            now: Epoch seconds.

        Returns:
            The identity that the token proves.

        Raises:
            ValueError: The role is neither, or the token is another user's.
        """
        if role not in ("read", "write"):
            raise ValueError(f"role must be 'read' or 'write', not {role!r}")
        token = token or "hf_" + "".join(secrets.choice(string.ascii_letters) for _ in range(34))
        known = self._by_token.get(token)
        if known is not None and known.name != name:
            raise ValueError(f"the token for {name!r} belongs to {known.name!r}")
        identity = Identity(name=name, token=token, role=role, orgs=tuple(orgs), created_at=now)
        self._by_token[token] = identity
        return identity

    def identify(self, authorization: str | None) -> Identity | None:
        """Read the ``Authorization`` header.

        Args:
            authorization: Its text, if there was one.

        Returns:
            The identity; None for anonymous.

        Raises:
            Refusal: A token that the hub does not know.
        """
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        identity = self._by_token.get(token.strip()) if scheme.lower() == "bearer" else None
        if identity is None:
            raise Refusal(401, _REFUSED)
        return identity

    def __iter__(self) -> Any:
        return iter(list(self._by_token.values()))


def may_read(repo: Repo, identity: Identity | None) -> bool:
    """Whether somebody may know that a repository exists."""
    return not repo.private or (identity is not None and identity.owns(repo.namespace))


def missing_repo(identity: Identity | None) -> Refusal:
    """Say that there is no such repository, in the words for that caller.

    The Hub tells anonymous callers to log in, whether the repository is private or does not exist.
    """
    if identity is None:
        return Refusal(401, _NOBODY, headers=_CHALLENGE)
    return Refusal(404, "Repository not found", code="RepoNotFound")


def check_files_readable(repo: Repo, identity: Identity | None) -> None:
    """Refuse the files of a gated repository to those without access.

    Args:
        repo: The repository.
        identity: Who asks.

    Raises:
        Refusal: 401 for anonymous callers, 403 for users without access.
    """
    if not repo.gated:
        return
    about = f"Access to {repo.repo_type} {repo.repo_id} is restricted"
    if identity is None:
        text = f"{about}. You must have access to it and be authenticated to access it. Please log in."
        raise Refusal(401, text, code="GatedRepo", headers=_CHALLENGE)
    if identity.name not in repo.granted and not identity.owns(repo.namespace):
        where = repo.repo_id if repo.repo_type == "model" else f"{repo.repo_type}s/{repo.repo_id}"
        text = f"{about} and you are not in the authorized list. Visit https://huggingface.co/{where} to ask for access."
        raise Refusal(403, text, code="GatedRepo")


def check_writable(namespace: str, identity: Identity | None, *, to: str) -> Identity:
    """Refuse changes to those who may not make them.

    Args:
        namespace: The owner of what shall change.
        identity: Who asks.
        to: What the caller wants to do, such as ``create a model under``.

    Returns:
        The identity, which is now known to be somebody.

    Raises:
        Refusal: 401 for anonymous callers, 403 for the rest.
    """
    writer = check_write_token(identity)
    if not writer.owns(namespace):
        raise Refusal(403, f'You don\'t have the rights to {to} the namespace "{namespace}"')
    return writer


def check_write_token(identity: Identity | None) -> Identity:
    """Refuse callers without a token that may write; Refusal like `check_writable`."""
    if identity is None:
        raise Refusal(401, _NOBODY, headers=_CHALLENGE)
    if identity.role != "write":
        raise Refusal(
            403, "Forbidden: this token has no write permission. Use a token with the `write` role."
        )
    return identity


def _describe_org(name: str) -> dict[str, Any]:
    return {
        "type": "org",
        "id": _object_id("org", name),
        "name": name,
        "fullname": name,
        "email": None,
        "canPay": False,
        "isEnterprise": False,
        "roleInOrg": "write",
        "avatarUrl": f"/avatars/{_object_id('avatar', name)}.svg",
    }


def _object_id(*parts: str) -> str:
    return commit_hash_of(parts)[:24]
