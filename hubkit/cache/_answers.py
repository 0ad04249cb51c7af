"""The Hub's answers as one caller may read them: scopes, freshness and codecs put together."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from hubkit._clock import CLOCK_SKEW, Clock
from hubkit._collector import collector_paused
from hubkit._refs import is_commit_hash
from hubkit.cache._decoded import DecodedAnswers
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import RETENTION, Freshness, Policy, assess, may_serve_on_error
from hubkit.cache._keys import (
    ANONYMOUS,
    PUBLIC,
    Scope,
    model_key,
    model_prefix,
    replies_about,
    shelf_of,
)
from hubkit.cache._model_codec import decode_model, encode_model
from hubkit.cache._searches import Searches
from hubkit.cache._tally import Tally
from hubkit.cache._tiers import Found, Tiers
from hubkit.errors import CacheCorruptedError, DecodeError
from hubkit.models import ModelMetadata

if TYPE_CHECKING:
    from hubkit.cache._holdings import Holdings

__all__ = ["Answers", "StoredModel"]

log = logging.getLogger("hubkit")


@attrs.frozen
class StoredModel:
    """What the cache says about one model, and how far that can be trusted."""

    model: ModelMetadata | None
    """None: the Hub said that there is none."""
    entry: Entry
    """What it was read from."""
    freshness: Freshness
    serves_on_error: bool
    """Whether it may stand in when the Hub can't be asked."""

    @property
    def etag(self) -> str | None:
        """The answer's, verbatim; None for a model that there is not."""
        return None if self.entry.negative else self.entry.etag

    @property
    def missing(self) -> str | None:
        """What there is none of: ``repository`` or ``revision``."""
        return self.entry.etag if self.entry.negative else None

    @property
    def size(self) -> int:
        """Bytes that the answer takes up, uncompressed."""
        return len(self.entry.plain())


class Answers:
    """Answers of one Hub, read and written as one caller.

    A caller reads what is public and what is its own; which of the two a new answer
    becomes depends on what the Hub said about it, never on where it was asked.

    Args:
        tiers: Where they lie.
        endpoint: The Hub.
        scope: The caller's own.
        policy: How old they may be.
        clock: Where the time comes from.
        memory: Decoded answers at hand, by model id and revision.
    """

    def __init__(
        self,
        tiers: Tiers,
        *,
        endpoint: str,
        scope: Scope,
        policy: Policy,
        clock: Clock,
        memory: DecodedAnswers[ModelMetadata],
    ) -> None:
        self.memory = memory
        self._tiers = tiers
        self._endpoint = endpoint
        self._scope = scope
        self._policy = policy
        self._clock = clock
        self._drops = tiers.drops
        self._holdings: Holdings | None = None
        self.searches = Searches(tiers, endpoint=endpoint, scope=scope, policy=policy, clock=clock)
        """What searches gave this caller."""

    def find_model(self, model_id: str, revision: str | None = None) -> StoredModel | None:
        """What is known about a model; None when nothing is."""
        if self._drops.hides(model_id):
            return None
        looked_at = self._drops.moment
        found = self._tiers.find(self._model_keys(model_id, revision), self._judge)
        return self._taken(model_id, revision, found, looked_at)

    def fresh_models(self, model_ids: Sequence[str]) -> dict[str, ModelMetadata | None]:
        """What of many needs no request, in one round trip a tier; None for a model that there is not."""
        with collector_paused():
            # In a call of its own: what only that needs is gone before the collector looks.
            return dict(self._fresh(model_ids))

    @property
    def endpoint(self) -> str:
        """The Hub."""
        return self._endpoint

    @property
    def scope(self) -> Scope:
        """The caller's own."""
        return self._scope

    @property
    def tally(self) -> Tally:
        """What became of this client's questions."""
        return self._tiers.tally

    def moment(self) -> object:
        """A mark to take before asking: what a drop has overtaken is then not stored."""
        return self._drops.moment

    def store_model(
        self,
        model_id: str,
        model: ModelMetadata,
        *,
        etag: str | None,
        revision: str | None = None,
        asked_at: object = None,
        unshared: bool = False,
    ) -> None:
        """Keep an answer of the Hub.

        Args:
            model_id: As it was asked; the answer may know a newer name.
            model: The answer, with its date.
            etag: Its etag, verbatim.
            revision: As it was asked.
            asked_at: The `moment` before it was asked: what was dropped since then is not brought back.
            unshared: Whether it stays the caller's own, since nobody knows if it is private.
        """
        if self._is_overtaken(asked_at) or (model.partial and self._has_more(model_id, revision)):
            return
        public = self.is_public(model) and not (unshared and model.private is None)
        public_key, own_key = self._model_keys(model_id, revision)
        try:
            body = encode_model(model)
        except DecodeError as error:
            log.warning("not cached: %s: %s", model_id, error)
            return
        ttl = None if is_commit_hash(revision) else self._policy.ttl
        key = public_key if public else own_key
        entry = Entry(key, 200, model.cached_at.timestamp(), ttl, etag, body)
        self._tiers.store(entry, expires_in=RETENTION)
        if not public:
            # It was public once, and its new owner's readers alone may know it now.
            self._tiers.delete(public_key)
        self._remember(model_id, revision, model, entry, asked_at)

    def is_public(self, model: ModelMetadata) -> bool:
        """Whether anybody may read about a model that this caller was told about."""
        # One that somebody without a token put here by hand may yet be private.
        return model.private is False or (model.private is None and self._scope == ANONYMOUS)

    def store_missing(
        self,
        model_id: str,
        revision: str | None = None,
        *,
        missing: str = "repository",
        asked_at: object = None,
    ) -> None:
        """Keep, for this caller alone, that there is no such model.

        Args:
            model_id: As it was asked.
            revision: As it was asked.
            missing: What there is none of: ``repository`` or ``revision``.
            asked_at: As for `store_model`: it may have been made since.
        """
        if self._is_overtaken(asked_at):
            return
        ttl = self._policy.negative_ttl
        public_key, own_key = self._model_keys(model_id, revision)
        # It is deleted or private now: the old answer must not come back once this one expires.
        for key in (own_key, public_key):
            self._tiers.delete(key)
        # Last, since whoever finds it in a store meanwhile keeps it at hand.
        self.memory.drop((model_id, revision))
        if ttl > 0:
            self._tiers.store(Entry(own_key, 404, self._clock.now(), ttl, missing, b""), expires_in=ttl)

    def drop_model(self, model_id: str) -> bool:
        """Forget a model, at every revision, whoever asked for it; whether it was known."""
        self._drops.note()
        if self._tiers.read_only:
            self._drops.hide(model_id)
        known = [self._tiers.delete(key) for key in self._model_keys(model_id, None)]
        for scope in (self._scope, PUBLIC):
            known.append(bool(self._tiers.clear(model_key(self._endpoint, scope, model_id) + " @ ")))
        self.drop_replies(f"models/{model_id}")
        self._forget_at_hand()
        return any(known)

    def drop_replies(self, repo: str) -> None:
        """Forget what huggingface_hub was told about a repository, such as ``models/org/name``, and of lists."""
        for scope in (self._scope, PUBLIC):
            self._tiers.clear(replies_about(self._endpoint, scope, repo))
        # Lists are of no repository.
        self._tiers.clear(replies_about(self._endpoint, self._scope, ""))

    def models(self) -> list[StoredModel]:
        """Every model that this caller may read about, at its default revision, stale ones too."""
        best: dict[str, tuple[bool, float, StoredModel]] = {}
        for scope in (self._scope, PUBLIC):
            prefix = model_prefix(self._endpoint, scope)
            for entry in self._tiers.entries(prefix):
                name = entry.key.removeprefix(prefix)
                hidden = " @ " in name or self._drops.hides(name)
                stored = None if hidden else self._understood(entry, self._judge(entry))
                if stored is None or stored.model is None:
                    continue
                rank = (stored.freshness is Freshness.HIT, entry.stored_at)
                if name not in best or rank > best[name][:2]:
                    best[name] = (*rank, stored)
        return [stored for _, _, stored in best.values()]

    def holdings(self) -> Holdings:
        """Every model that is stored for this caller, in models' and in searches' answers."""
        if self._holdings is None:
            from hubkit.cache._holdings import Holdings

            places = [shelf_of(model_key(self._endpoint, scope, "")) for scope in (self._scope, PUBLIC)]
            prefixes = [place[0] for place in places if place is not None]
            self._holdings = Holdings(self._tiers, prefixes, endpoint=self._endpoint, clock=self._clock)
        return self._holdings

    def is_usable(self, stored_at: float, ttl: float | None) -> bool:
        """Whether an answer of that age may be used when nobody can be asked."""
        now, policy = self._clock.now(), self._policy
        return may_serve_on_error(stored_at, now=now, policy=policy) or (
            assess(stored_at, ttl, negative=False, now=now, policy=policy) is Freshness.HIT
        )

    def is_dropped(self, model_id: str) -> bool:
        """Whether this caller has forgotten a model that others still read."""
        return self._drops.hides(model_id)

    def clear(self) -> int:
        """Forget everything in the stores, whoever's it is; how many entries."""
        count = self._tiers.clear()
        self._forget_at_hand()
        return count

    def _is_overtaken(self, asked_at: object) -> bool:
        """Whether something was changed since a moment; None is now."""
        return asked_at is not None and asked_at is not self._drops.moment

    def _forget_at_hand(self) -> None:
        # Whoever read a store just before it was emptied must not keep what it read.
        self._drops.note()
        self.memory.clear()

    def _fresh(self, model_ids: Sequence[str]) -> Iterator[tuple[str, ModelMetadata | None]]:
        looked_at = self._drops.moment
        groups = [self._model_keys(model_id, None) for model_id in model_ids]
        for model_id, found in zip(model_ids, self._tiers.find_many(groups, self._judge), strict=True):
            stored = None if self._drops.hides(model_id) else self._taken(model_id, None, found, looked_at)
            if stored is not None and stored.freshness is Freshness.HIT:
                yield model_id, stored.model

    def _model_keys(self, model_id: str, revision: str | None) -> tuple[str, str]:
        """Where a model lies: in public, and as the caller's own.

        In public first, where most do. Whoever stores an answer of its own removes the
        public one, so that both are there only where the public one is another's, and newer.
        """
        return (
            model_key(self._endpoint, PUBLIC, model_id, revision),
            model_key(self._endpoint, self._scope, model_id, revision),
        )

    def _judge(self, entry: Entry) -> Freshness:
        return assess(
            entry.stored_at, entry.ttl, negative=entry.negative, now=self._clock.now(), policy=self._policy
        )

    def _understood(self, entry: Entry, freshness: Freshness) -> StoredModel | None:
        if freshness is Freshness.MISS:
            return None
        if entry.negative:
            return StoredModel(None, entry, freshness, serves_on_error=False)
        try:
            model = decode_model(entry)
        except CacheCorruptedError as error:
            log.info("unreadable cache entry taken as a miss: %s", error)
            return None
        usable = freshness is Freshness.HIT or may_serve_on_error(
            entry.stored_at, now=self._clock.now(), policy=self._policy
        )
        if model.partial and freshness is Freshness.HIT:
            # A listing's record, put here by hand: better than nothing, and no more.
            freshness = Freshness.REVALIDATE
        return StoredModel(model, entry, freshness, usable)

    def _taken(
        self, model_id: str, revision: str | None, found: Found, looked_at: object
    ) -> StoredModel | None:
        """What an entry says, kept at hand if it may be used without asking."""
        entry, freshness = found
        stored = None if entry is None else self._understood(entry, freshness)
        if stored is not None and stored.model is not None and stored.freshness is Freshness.HIT:
            self._remember(model_id, revision, stored.model, stored.entry, looked_at)
        return stored

    def _has_more(self, model_id: str, revision: str | None) -> bool:
        """Whether a full record is known, which a listing's must not replace."""
        stored = self.find_model(model_id, revision)
        return stored is not None and stored.freshness is Freshness.HIT

    def _remember(
        self,
        model_id: str,
        revision: str | None,
        model: ModelMetadata,
        entry: Entry,
        known_since: object,
    ) -> None:
        if model.partial or not self.memory.keeps:
            return
        age = self._clock.now() - entry.stored_at
        if age < -CLOCK_SKEW:
            # Dated in the future: the tiers take it for a miss.
            return
        good_for = RETENTION if entry.ttl is None else min(entry.ttl, self._policy.ttl) - age
        self.memory.put((model_id, revision), model, good_for=good_for)
        # Afterwards, since a drop that comes later finds it there.
        if self._is_overtaken(known_since):
            self.memory.drop((model_id, revision))
