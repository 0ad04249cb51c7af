"""A repository of the local hub: commits, refs, pull requests, and the record it was loaded from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from hubkit.testing._commits import Commit, FileEntry, PullRequest, commit_hash_of
from hubkit.testing._refusal import Refusal

__all__ = ["KINDS", "MAIN", "Repo", "branch_ref", "pull_ref", "tag_ref"]

KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
"""The word in a URL for each repository type."""

MAIN = "refs/heads/main"
"""The ref that nobody may delete."""

_COMMIT_HASH = re.compile(r"[0-9a-f]{40}")


def branch_ref(name: str) -> str:
    """Spell a branch in full; what is a full ref already stays."""
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def tag_ref(name: str) -> str:
    """Spell a tag in full."""
    return f"refs/tags/{name}"


def pull_ref(number: int) -> str:
    """Spell the branch of a pull request in full."""
    return f"refs/pr/{number}"


@attrs.define(kw_only=True, eq=False)
class Repo:
    """One repository. Whoever calls a method holds the hub's lock."""

    repo_id: str
    """``org/name``, or ``name`` for the oldest models."""

    repo_type: str
    """``model``, ``dataset`` or ``space``."""

    created_at: float
    """Epoch seconds."""

    number: int
    """Counts the repositories of a hub; orders what is otherwise equal."""

    private: bool = False
    """Whether only its owners may know of it."""

    gated: bool | str = False
    """False, ``auto`` or ``manual``."""

    disabled: bool = False
    """Whether the Hub took it offline."""

    record: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """The Hub-shaped answer that it was loaded from, and what creators asked for; served beneath what is known better."""

    commits: dict[str, Commit] = attrs.field(factory=dict, repr=False)
    """By commit hash."""

    refs: dict[str, str] = attrs.field(factory=dict)
    """Full ref to commit hash."""

    pulls: dict[int, PullRequest] = attrs.field(factory=dict)
    """Discussions by number."""

    granted: set[str] = attrs.field(factory=set)
    """Users who may read the files of a gated repository."""

    committed: bool = False
    """Whether anything was committed after the record was loaded."""

    @property
    def namespace(self) -> str:
        """The owner; empty for the oldest models."""
        return self.repo_id.rpartition("/")[0]

    @property
    def object_id(self) -> str:
        """The 24 hex digits that the Hub calls ``_id``; what was made later has the greater."""
        known = self.record.get("_id")
        if isinstance(known, str):
            return known
        return f"{self.number:08x}{commit_hash_of([self.repo_type, self.repo_id])[:16]}"

    @property
    def main_hash(self) -> str:
        """The commit hash of the main branch."""
        recorded = self.record.get("sha")
        if not self.committed and isinstance(recorded, str) and _COMMIT_HASH.fullmatch(recorded):
            return recorded
        self._materialize()
        return self.refs[MAIN]

    def commit_hash(self, revision: str) -> str:
        """Resolve a revision.

        Args:
            revision: Branch, tag, full ref or commit hash.

        Returns:
            The commit hash.

        Raises:
            Refusal: There is no such revision.
        """
        self._materialize()
        for ref in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            if ref in self.refs:
                return self.refs[ref]
        if revision in self.commits:
            return revision
        raise Refusal(404, f"Invalid rev id: {revision}", code="RevisionNotFound")

    def commit(self, revision: str = "main") -> Commit:
        """Resolve a revision to its commit; Refusal when there is none."""
        return self.commits[self.commit_hash(revision)]

    def history(self, start: str) -> Iterator[Commit]:
        """Go from a commit hash back to the first commit."""
        following: str | None = start
        while following is not None:
            commit = self.commits[following]
            yield commit
            following = commit.parent

    def add_commit(
        self,
        ref: str,
        changes: Mapping[str, FileEntry | None],
        *,
        title: str,
        message: str = "",
        author: str,
        date: float,
        parent: str | None = None,
    ) -> Commit:
        """Put a commit on a ref.

        Args:
            ref: Full ref that shall point to it.
            changes: New files by path; None removes one.
            title: First line of the message.
            message: The rest.
            author: User name.
            date: Epoch seconds.
            parent: The commit hash to build on; None means whatever the ref points to.

        Returns:
            The new commit.
        """
        self._materialize()
        parent = parent or self.refs.get(ref)
        commit_hash = commit_hash_of(
            [self.repo_type, self.repo_id, self.number, len(self.commits), parent, title, date]
        )
        files = dict(self.commits[parent].files) if parent else {}
        for path, entry in changes.items():
            if entry is None:
                files.pop(path, None)
            else:
                files[path] = attrs.evolve(entry, path=path, changed_in=commit_hash)
        commit = Commit(
            commit_hash=commit_hash,
            parent=parent,
            title=title,
            message=message,
            author=author,
            date=date,
            files=files,
        )
        self.commits[commit_hash] = commit
        self.refs[ref] = commit_hash
        self.committed = True
        return commit

    def squash(self, ref: str, *, title: str, author: str, date: float) -> Commit:
        """Replace the history of a ref by one commit with the same files."""
        before = self.commits[self.refs[ref]]
        # The new first commit has no parent, so the ref is let go before it is made.
        del self.refs[ref]
        return self.add_commit(ref, before.files, title=title, author=author, date=date)

    def next_number(self) -> int:
        """Say which number the next discussion gets."""
        return max(self.pulls, default=0) + 1

    def _materialize(self) -> None:
        """Make the one commit that a loaded record stands for; put off until somebody asks for files."""
        if self.refs or self.commits or not self.record:
            return
        commit_hash = str(self.record.get("sha") or "")
        if not _COMMIT_HASH.fullmatch(commit_hash):
            commit_hash = commit_hash_of(["record", self.repo_type, self.repo_id])
        self.commits[commit_hash] = Commit(
            commit_hash=commit_hash,
            parent=None,
            title="initial commit",
            author=self.namespace or "huggingface",
            date=self.created_at,
            files=dict(_recorded_files(self.record, commit_hash)),
        )
        self.refs[MAIN] = commit_hash


def _recorded_files(record: Mapping[str, Any], commit_hash: str) -> Iterator[tuple[str, FileEntry]]:
    for sibling in record.get("siblings") or ():
        path = sibling["rfilename"]
        lfs = sibling.get("lfs") or {}
        yield (
            path,
            FileEntry(
                path=path,
                size=sibling.get("size", lfs.get("size")),
                blob_id=sibling.get("blobId") or commit_hash_of(["unknown", path, commit_hash]),
                digest=lfs.get("sha256") or lfs.get("oid"),
                is_lfs=bool(lfs),
                changed_in=commit_hash,
            ),
        )
