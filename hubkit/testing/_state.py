"""Everything a local hub knows, behind one lock."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hubkit._clock import Clock
from hubkit.testing._accounts import Accounts, Identity
from hubkit.testing._blobs import BlobStore, FolderBlobs, MemoryBlobs, git_blob_id
from hubkit.testing._commits import Commit, FileEntry
from hubkit.testing._describe import Describer
from hubkit.testing._known import LEGACY_OWNERS, LFS_PATTERNS
from hubkit.testing._records import record_id
from hubkit.testing._repos import MAIN, Repo
from hubkit.testing._storage import Storage

__all__ = ["LFS_THRESHOLD", "HubState"]

LFS_THRESHOLD = 10_000_000
"""Bytes from which every file goes to LFS."""


class HubState:
    """Repositories, accounts and contents. Whoever calls a method holds `lock`.

    Args:
        folder: Where to keep it all; None keeps it in memory.
        clock: Dates commits.
    """

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.accounts = Accounts()
        self.blobs: BlobStore = MemoryBlobs()
        self.pending_uploads: dict[str, int] = {}
        self._repos: dict[tuple[str, str], Repo] = {}
        self._folded: dict[tuple[str, str], str] = {}
        self._moves: dict[tuple[str, str], str] = {}
        self._made = 0
        self._storage: Storage | None = None
        if folder is not None:
            self._remember_in(folder)
        self.describer = Describer(self.blobs)

    def add_identity(self, name: str, token: str | None, *, role: str, orgs: Iterable[str]) -> Identity:
        """Give a user a token; see `Accounts.add`."""
        identity = self.accounts.add(name, token, role=role, orgs=orgs, now=self.clock.now())
        if self._storage is not None:
            self._storage.save_identity(identity)
        return identity

    def repos(self, repo_type: str) -> list[Repo]:
        """List the repositories of one type, oldest first."""
        return [repo for (kind, _), repo in self._repos.items() if kind == repo_type]

    def find(self, repo_type: str, repo_id: str) -> Repo | None:
        """Look a repository up by its exact id, or by one that leads to it.

        Args:
            repo_type: ``model``, ``dataset`` or ``space``.
            repo_id: Its id, a former id, one in other case, or one from before models had owners.

        Returns:
            The repository, whose `repo_id` is the true one; None when there is none.
        """
        seen: set[str] = set()
        while (repo_type, repo_id) not in self._repos and (repo_type, repo_id) in self._moves:
            if repo_id in seen:
                return None
            seen.add(repo_id)
            repo_id = self._moves[repo_type, repo_id]
        candidates = [repo_id.lower()]
        if repo_type == "model" and "/" not in repo_id:
            candidates += [f"{owner}/{repo_id}".lower() for owner in LEGACY_OWNERS]
        names = (self._folded.get((repo_type, each)) for each in candidates)
        exact = self._repos.get((repo_type, repo_id))
        return exact or next((self._repos[repo_type, name] for name in names if name), None)

    def create(
        self,
        repo_type: str,
        repo_id: str,
        *,
        private: bool = False,
        gated: bool | str = False,
        record: Mapping[str, Any] | None = None,
    ) -> Repo:
        """Make an empty repository.

        Args:
            repo_type: ``model``, ``dataset`` or ``space``.
            repo_id: Its id.
            private: Whether only its owners may know of it.
            gated: False, ``auto`` or ``manual``.
            record: The Hub-shaped record that describes it.

        Returns:
            The repository, not yet saved.

        Raises:
            ValueError: The id is taken.
        """
        if (repo_type, repo_id) in self._repos:
            raise ValueError(f"{repo_type} {repo_id} exists already")
        self._made += 1
        known = dict(record or {})
        repo = Repo(
            repo_id=repo_id,
            repo_type=repo_type,
            created_at=self.clock.now(),
            number=self._made,
            private=private,
            gated=gated,
            disabled=bool(known.get("disabled")),
            record=known,
        )
        self._put(repo)
        if self._moves.pop((repo_type, repo_id), None) is not None and self._storage is not None:
            self._storage.save_moves(self._moves)
        return repo

    def load(self, records: Iterable[Mapping[str, Any]], repo_type: str = "model") -> int:
        """Take over Hub-shaped records, each in place of what had its id.

        Args:
            records: The records.
            repo_type: What they describe.

        Returns:
            How many they were.

        Raises:
            ValueError: A record has no id.
        """
        loaded = []
        for record in records:
            repo_id = record_id(record)
            self._repos.pop((repo_type, repo_id), None)
            private, gated = bool(record.get("private")), record.get("gated") or False
            loaded.append(self.create(repo_type, repo_id, private=private, gated=gated, record=record))
        self.save(*loaded)
        return len(loaded)

    def save(self, *repos: Repo) -> None:
        """Remember repositories as they are now."""
        if self._storage is not None:
            self._storage.save_repos(repos)

    def move(self, repo: Repo, repo_id: str) -> None:
        """Give a repository another id; the old one leads to it.

        Args:
            repo: The repository.
            repo_id: Its new id.

        Raises:
            ValueError: The id is taken.
        """
        # Its own name may get other capitals; another's in other capitals is taken.
        if self._folded.get((repo.repo_type, repo_id.lower())) not in (None, repo.repo_id):
            raise ValueError(f"{repo.repo_type} {repo_id} exists already")
        self._drop(repo)
        self._moves[repo.repo_type, repo.repo_id] = repo_id
        self._moves.pop((repo.repo_type, repo_id), None)
        repo.record |= {key: repo_id for key in ("id", "modelId") if key in repo.record}
        repo.repo_id = repo_id
        if repo.record.get("author"):
            repo.record["author"] = repo.namespace
        self._put(repo)
        self.save(repo)
        if self._storage is not None:
            self._storage.save_moves(self._moves)

    def delete(self, repo: Repo) -> None:
        """Forget a repository."""
        self._drop(repo)

    def store(self, path: str, content: bytes, *, lfs: bool = False) -> FileEntry:
        """Keep a content and describe it as a file.

        Args:
            path: Where the file lies in its repository.
            content: Its bytes.
            lfs: Whether clients shall see an LFS file.

        Returns:
            The file.
        """
        digest = self.blobs.put(content)
        if lfs:
            return FileEntry.of_lfs(path, digest, len(content))
        return FileEntry(path=path, size=len(content), digest=digest, blob_id=git_blob_id(content))

    def goes_to_lfs(self, path: str, size: int, commit: Commit | None) -> bool:
        """Decide whether a file is LFS's: by its size, or by the repository's ``.gitattributes``.

        Args:
            path: Where it shall lie.
            size: Its bytes.
            commit: The commit to build on, for its ``.gitattributes``; the Hub's own when it has none.

        Returns:
            Whether it goes to LFS.
        """
        text = self.describer.text(commit.files.get(".gitattributes")) if commit else None
        patterns = LFS_PATTERNS if text is None else _lfs_patterns(text)
        name = path.rpartition("/")[2]
        return size > LFS_THRESHOLD or any(
            fnmatch.fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns
        )

    def put_files(
        self,
        repo: Repo,
        files: Mapping[str, bytes | None],
        *,
        ref: str = MAIN,
        title: str,
        author: str,
        parent: str | None = None,
    ) -> Commit:
        """Commit contents from inside the process.

        Args:
            repo: The repository.
            files: Contents by path; None removes a file.
            ref: Full ref to move.
            title: First line of the message.
            author: User name.
            parent: See `Repo.add_commit`.

        Returns:
            The new commit.

        Raises:
            Refusal: The ref does not exist, and is not that of an empty repository's main.
        """
        head = repo.commit(ref) if repo.refs or repo.record or ref != MAIN else None
        changes = {
            path: None
            if content is None
            else self.store(path, content, lfs=self.goes_to_lfs(path, len(content), head))
            for path, content in files.items()
        }
        commit = repo.add_commit(
            ref, changes, title=title, author=author, date=self.clock.now(), parent=parent
        )
        self.save(repo)
        return commit

    def _remember_in(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.blobs = FolderBlobs(folder / "blobs")
        self._storage = Storage(folder / "hub.db")
        for repo in sorted(self._storage.repos(), key=lambda repo: repo.number):
            self._put(repo)
            self._made = max(self._made, repo.number)
        for identity in self._storage.identities():
            self.accounts.add(
                identity.name, identity.token, role=identity.role, orgs=identity.orgs, now=identity.created_at
            )
        self._moves = self._storage.moves()

    def _put(self, repo: Repo) -> None:
        self._repos[repo.repo_type, repo.repo_id] = repo
        self._folded[repo.repo_type, repo.repo_id.lower()] = repo.repo_id

    def _drop(self, repo: Repo) -> None:
        self._repos.pop((repo.repo_type, repo.repo_id), None)
        self._folded.pop((repo.repo_type, repo.repo_id.lower()), None)
        if self._storage is not None:
            self._storage.forget_repo(repo.repo_type, repo.repo_id)


def _lfs_patterns(text: str) -> list[str]:
    lines = (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [words[0] for words in lines if "filter=lfs" in words[1:]]
