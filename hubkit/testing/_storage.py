"""What a local hub with a folder remembers: its repositories and tokens, in one SQLite file."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from hubkit.testing._accounts import Identity
from hubkit.testing._commits import Commit, FileEntry, PullRequest
from hubkit.testing._repos import Repo

__all__ = ["Storage"]

_SCHEMA = "CREATE TABLE IF NOT EXISTS things (kind TEXT, name TEXT, body TEXT, PRIMARY KEY (kind, name))"


class Storage:
    """Documents by kind and name. Whoever calls a method holds the hub's lock.

    Each call opens the file anew, so that there is nothing to close and the folder can be moved or copied.

    Args:
        path: The SQLite file; made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as connection:
            connection.execute(_SCHEMA)

    def save_repos(self, repos: Iterable[Repo]) -> None:
        """Remember repositories as they are now, all or none."""
        self._save("repo", ((f"{repo.repo_type}:{repo.repo_id}", _dump_repo(repo)) for repo in repos))

    def forget_repo(self, repo_type: str, repo_id: str) -> None:
        """Forget a repository."""
        with self._open() as connection:
            connection.execute(
                "DELETE FROM things WHERE kind = 'repo' AND name = ?", (f"{repo_type}:{repo_id}",)
            )

    def save_identity(self, identity: Identity) -> None:
        """Remember a token."""
        self._save("token", [(identity.token, attrs.asdict(identity))])

    def save_moves(self, moves: dict[tuple[str, str], str]) -> None:
        """Remember which old ids lead where."""
        self._save("moves", [("all", [[*old, new] for old, new in moves.items()])])

    def repos(self) -> Iterator[Repo]:
        """Bring back every repository."""
        for body in self._load("repo"):
            yield _load_repo(body)

    def identities(self) -> Iterator[Identity]:
        """Bring back every token."""
        for body in self._load("token"):
            yield Identity(**{**body, "orgs": tuple(body["orgs"])})

    def moves(self) -> dict[tuple[str, str], str]:
        """Bring back which old ids lead where."""
        return {(kind, old): new for body in self._load("moves") for kind, old, new in body}

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path)) as connection, connection:
            # Tests want speed; what a power cut loses, the next run makes again.
            connection.execute("PRAGMA synchronous = OFF")
            yield connection

    def _save(self, kind: str, things: Iterable[tuple[str, Any]]) -> None:
        rows = ((kind, name, json.dumps(body)) for name, body in things)
        with self._open() as connection:
            connection.executemany("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", rows)

    def _load(self, kind: str) -> list[Any]:
        with self._open() as connection:
            rows = connection.execute("SELECT body FROM things WHERE kind = ?", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]


def _dump_repo(repo: Repo) -> dict[str, Any]:
    return {**attrs.asdict(repo), "granted": sorted(repo.granted)}


def _load_repo(body: dict[str, Any]) -> Repo:
    commits = {commit_hash: _load_commit(each) for commit_hash, each in body["commits"].items()}
    pulls = {int(number): PullRequest(**each) for number, each in body["pulls"].items()}
    return Repo(**{**body, "commits": commits, "pulls": pulls, "granted": set(body["granted"])})


def _load_commit(body: dict[str, Any]) -> Commit:
    return Commit(**{**body, "files": {path: FileEntry(**entry) for path, entry in body["files"].items()}})
