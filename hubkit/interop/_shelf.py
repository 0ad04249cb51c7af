"""Replies in the tiers: where each lies, who may read it, and how old it may be."""

from __future__ import annotations

import logging
from typing import Final

import attrs

from hubkit._clock import Clock
from hubkit._lazy import load_json
from hubkit._refs import is_commit_hash
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness, Policy, assess, may_serve_on_error
from hubkit.cache._keys import ANONYMOUS, PUBLIC, Scope, model_key, replies_about
from hubkit.cache._model_codec import decode_model
from hubkit.cache._tiers import Tiers
from hubkit.errors import CacheCorruptedError, DecodeError
from hubkit.interop._file_lists import FileList, absence, list_in, read_list
from hubkit.interop._judging import is_worth_keeping
from hubkit.interop._questions import Kind, Question, RepoName
from hubkit.interop._reply import Reply, decode_reply, encode_reply

__all__ = ["Pin", "Shelf", "StoredReply"]

log = logging.getLogger("hubkit")

# Larger answers are passed on, and not kept.
_MAX_BODY: Final = 8 * 1024 * 1024

_OPEN: Final = b"open"
_GATED: Final = b"gated"


@attrs.frozen
class StoredReply:
    """A reply from the cache, and how far it can be trusted."""

    reply: Reply
    freshness: Freshness
    serves_on_error: bool
    """Whether it may stand in when the Hub can't be asked."""


@attrs.frozen
class Pin:
    """The commit that a branch or tag was at."""

    commit_hash: str
    freshness: Freshness
    serves_on_error: bool


class Shelf:
    """Replies of one Hub, read and written as one caller.

    Of a branch only its commit is kept for a while; answers about commits are kept for
    good. All that a program is told of a branch is thereby of one and the same commit,
    whenever it asks.

    Args:
        tiers: Where they lie.
        endpoint: The Hub.
        scope: The caller's own.
        policy: How old they may be.
        clock: Where the time comes from.
    """

    def __init__(self, tiers: Tiers, *, endpoint: str, scope: Scope, policy: Policy, clock: Clock) -> None:
        self._tiers = tiers
        self._endpoint = endpoint
        self._scope = scope
        self._policy = policy
        self._clock = clock

    def find(self, question: Question) -> StoredReply | None:
        """What is known, or follows from what is; None when nothing does."""
        stored = self._find_itself(question)
        if (stored is None or stored.freshness is not Freshness.HIT) and self.lacks(question):
            return StoredReply(absence(question), Freshness.HIT, serves_on_error=True)
        return stored

    def lacks(self, question: Question) -> bool:
        """Whether it is known that the commit asked about has no such file."""
        files = self._files_of(question)
        return files is not None and files.lacks(question)

    def knows_files(self, question: Question) -> bool:
        """Whether it is known which files the commit asked about has."""
        return self._files_of(question) is not None

    def _files_of(self, question: Question) -> FileList | None:
        if not question.file or not question.is_immutable:
            return None
        entry, freshness = self._found(question.repo, _files_text(str(question.revision)))
        if entry is None or freshness is not Freshness.HIT:
            return None
        try:
            return read_list(bytes(entry.plain()))
        except CacheCorruptedError:
            return None

    def _find_itself(self, question: Question) -> StoredReply | None:
        entry, freshness = self._found(question.repo, question.text)
        if entry is None or freshness is Freshness.MISS:
            return None
        try:
            reply = decode_reply(entry, url=question.url)
        except CacheCorruptedError as error:
            log.info("unreadable cache entry taken as a miss: %s", error)
            return None
        if not is_worth_keeping(question, reply, was_redirected=True):
            log.info("cache entry that answers no such question taken as a miss")
            return None
        return StoredReply(reply, freshness, self._serves(entry, freshness))

    def store(self, question: Question, reply: Reply) -> bool:
        """Keep a reply, and what it says of its repository; whether others may read it."""
        if question.kind is Kind.INFO and reply.status == 200:
            self._learn(question, reply)
        scope = self._scope_for(question, reply)
        self._note_files(scope, question, reply)
        if len(reply.body) > _MAX_BODY:
            return False
        ttl = self._ttl_of(question, reply)
        if ttl is None or ttl > 0:
            self._write(
                scope, question.repo, question.text, reply.status, ttl, reply.get("etag"), encode_reply(reply)
            )
        return scope == PUBLIC

    def find_pin(self, question: Question) -> Pin | None:
        """The commit that the question's branch was last seen at."""
        entry, freshness = self._found(question.repo, _pin_text(question))
        commit_hash = "" if entry is None else bytes(entry.body[:64]).decode("ascii", "replace")
        if entry is None or freshness is Freshness.MISS or not is_commit_hash(commit_hash):
            return None
        return Pin(commit_hash, freshness, self._serves(entry, freshness))

    def pin(self, question: Question, commit_hash: str) -> None:
        """Remember the commit that the question's branch is at."""
        if question.repo is not None and question.revision is not None and not question.is_immutable:
            entry, _ = self._found(question.repo, _pin_text(question))
            if entry is not None and bytes(entry.body[:64]) != commit_hash.encode():
                self._drop_information(question.repo)
            scope = self._scope_of(question.repo, gated_too=True)
            self._write(
                scope, question.repo, _pin_text(question), 200, self._policy.ttl, None, commit_hash.encode()
            )

    def knows_visibility(self, repo: RepoName) -> bool:
        """Whether answers about the repository will go where they can be read."""
        return self._scope == ANONYMOUS or self._visibility(repo) is not None

    def moment(self) -> object:
        """A mark to take before asking: when it is another afterwards, a write may have overtaken the answer."""
        return self._tiers.drops.moment

    def drop(self, repo: RepoName) -> None:
        """Forget all about a repository, and which repositories there are: a write has changed it."""
        drops = self._tiers.drops
        drops.note()
        if self._tiers.read_only:
            drops.hide(repo)
            drops.hide(repo.endpoint)
        for scope in (self._scope, PUBLIC):
            self._drop_in(scope, repo)
        self._tiers.clear(_prefix(self._scope, repo.endpoint, None))

    def forget_own(self) -> None:
        """Forget what nobody but this caller may read: the Hub doesn't know its token any more."""
        self._tiers.clear(f"{self._scope}|{self._endpoint}|")

    def _drop_information(self, repo: RepoName) -> None:
        """Forget what was said of a branch that has moved: all that is told of it is of one commit."""
        path = f"GET /api/{repo.repo_type}/{repo.repo_id}"
        for scope in (self._scope, PUBLIC):
            prefix = _prefix(scope, repo.endpoint, repo)
            self._tiers.delete(prefix + path)
            for rest in ("?", "/revision/"):
                self._tiers.clear(f"{prefix}{path}{rest}")

    def _note_files(self, scope: Scope, question: Question, reply: Reply) -> None:
        """Keep the list of a commit's files, where a reply has it, for those who may read the reply."""
        if question.repo is None or reply.status != 200:
            return
        if question.kind is Kind.TREE and self._visibility(question.repo) != _OPEN:
            # Of a gated repository the tree is everybody's, and the files are not.
            return
        files = list_in(question, reply)
        if files is not None:
            self._write(scope, question.repo, _files_text(files.commit_hash), 200, None, None, files.encode())

    def _drop_in(self, scope: Scope, repo: RepoName) -> None:
        self._tiers.clear(_prefix(scope, repo.endpoint, repo))
        if repo.repo_type == "models":
            key = model_key(repo.endpoint, scope, repo.repo_id)
            self._tiers.delete(key)
            self._tiers.clear(key + " @ ")

    def _found(self, repo: RepoName | None, text: str) -> tuple[Entry | None, Freshness]:
        if self._tiers.drops.hides(repo or self._endpoint):
            return None, Freshness.MISS
        keys = [_prefix(scope, self._endpoint, repo) + text for scope in (PUBLIC, self._scope)]
        if repo is None and self._scope != ANONYMOUS:
            # What nobody in particular was told leaves out what is this caller's.
            del keys[0]
        return self._tiers.find(keys, self._judge)

    def _judge(self, entry: Entry) -> Freshness:
        verdict = assess(
            entry.stored_at,
            entry.ttl,
            negative=entry.status >= 400,
            now=self._clock.now(),
            policy=self._policy,
        )
        # Nobody refreshes it meanwhile here.
        return Freshness.REVALIDATE if verdict is Freshness.STALE_OK else verdict

    def _serves(self, entry: Entry, freshness: Freshness) -> bool:
        return freshness is Freshness.HIT or (
            entry.status < 400
            and may_serve_on_error(entry.stored_at, now=self._clock.now(), policy=self._policy)
        )

    def _write(
        self,
        scope: Scope,
        repo: RepoName | None,
        text: str,
        status: int,
        ttl: float | None,
        etag: str | None,
        body: bytes,
    ) -> None:
        key = _prefix(scope, self._endpoint, repo) + text
        self._tiers.store(Entry(key, status, self._clock.now(), ttl, etag, body), expires_in=RETENTION)

    def _ttl_of(self, question: Question, reply: Reply) -> float | None:
        lost = reply.status == 404 and reply.get("x-error-code") != "EntryNotFound"
        if question.is_immutable and not lost:
            return None
        return self._policy.ttl if reply.status < 400 else self._policy.negative_ttl

    def _scope_for(self, question: Question, reply: Reply) -> Scope:
        if reply.status >= 400 or question.repo is None:
            return PUBLIC if reply.status < 400 and self._scope == ANONYMOUS else self._scope
        if question.kind is Kind.INFO:
            # Only what it says itself: the answer to `expand` may leave it out.
            return (
                PUBLIC
                if self._scope == ANONYMOUS or _object_in(reply).get("private") is False
                else self._scope
            )
        return self._scope_of(question.repo, gated_too=question.kind is not Kind.FILE)

    def _scope_of(self, repo: RepoName, *, gated_too: bool) -> Scope:
        if self._scope == ANONYMOUS:
            return PUBLIC
        visibility = self._visibility(repo)
        return PUBLIC if visibility == _OPEN or (visibility == _GATED and gated_too) else self._scope

    def _learn(self, question: Question, reply: Reply) -> None:
        """Note whether everybody may read about the repository, and where its branch is."""
        said, repo = _object_in(reply), question.repo
        if repo is None or str(said.get("id")).casefold() != repo.repo_id.casefold():
            # By its old name; what is asked of that leads to the new one.
            return
        if said.get("private") is False and "gated" in said:
            body = _GATED if said["gated"] else _OPEN
            self._write(PUBLIC, repo, "visibility", 200, self._policy.ttl, None, body)
        elif said.get("private") is True and self._was_public(repo):
            # It was public, and what everybody was told then is nobody else's business now.
            self._drop_in(PUBLIC, repo)
        commit_hash = said.get("sha")
        if isinstance(commit_hash, str) and is_commit_hash(commit_hash):
            self.pin(attrs.evolve(question, revision=question.revision or "main"), commit_hash)

    def _was_public(self, repo: RepoName) -> bool:
        key = _prefix(PUBLIC, self._endpoint, repo) + "visibility"
        return self._tiers.find([key], lambda _: Freshness.HIT)[0] is not None

    def _visibility(self, repo: RepoName) -> bytes | None:
        """Whether files are everybody's or gated; None when nothing public is known."""
        key = _prefix(PUBLIC, self._endpoint, repo) + "visibility"
        entry, freshness = self._tiers.find([key], self._judge)
        if entry is not None and freshness is Freshness.HIT:
            return bytes(entry.body[:16])
        return self._model_visibility(repo) if repo.repo_type == "models" else None

    def _model_visibility(self, repo: RepoName) -> bytes | None:
        """The same from what `HubClient` keeps."""
        entry, freshness = self._tiers.find([model_key(self._endpoint, PUBLIC, repo.repo_id)], self._judge)
        if entry is None or freshness is not Freshness.HIT or entry.negative:
            return None
        try:
            model = decode_model(entry)
        except CacheCorruptedError:
            return None
        if model.private is not False or model.gated is None:
            return None
        return _GATED if model.gated else _OPEN


def _prefix(scope: Scope, endpoint: str, repo: RepoName | None) -> str:
    """What the keys of all replies about a repository, or of lists, start with."""
    return replies_about(endpoint, scope, "" if repo is None else f"{repo.repo_type}/{repo.repo_id}")


def _pin_text(question: Question) -> str:
    return f"commit of {question.revision}"


def _files_text(commit_hash: str) -> str:
    return f"files of {commit_hash}"


def _object_in(reply: Reply) -> dict[str, object]:
    try:
        said = load_json(reply.body)
    except DecodeError:
        return {}
    return said if isinstance(said, dict) else {}
