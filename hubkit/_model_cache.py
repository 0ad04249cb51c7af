"""`ModelCache`: cached metadata by model id, without a network."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit._local_paths import parse_local_path, parse_target, shown_path
from hubkit._refs import parse_several
from hubkit._seed_cache import read_seed_folder
from hubkit.cache._answers import Answers
from hubkit.cache._backend import CacheBackend, flaw_of
from hubkit.cache._decoded import DecodedAnswers
from hubkit.cache._freshness import RETENTION, Policy, is_stale
from hubkit.cache._keys import ANONYMOUS, PUBLIC
from hubkit.cache._portable import is_portable, portable_entries, take_over
from hubkit.cache._registry import open_backend
from hubkit.cache._tiers import Tiers, TierStats
from hubkit.config import HubConfig
from hubkit.errors import BundleError, InvalidArgumentError
from hubkit.models import ModelMetadata

if TYPE_CHECKING:
    from hubkit._bundles import Manifest, SnapshotSource

__all__ = ["BundleSummary", "CacheStats", "ModelCache", "policy_of"]

log = logging.getLogger("hubkit")


@attrs.frozen(kw_only=True)
class CacheStats:
    """What became of a client's questions about models, and what its tiers did.

    Each question counts once, whatever it took to answer it; that there is no such model is an
    answer too. Looks that never ask the Hub, as `ModelCache.get`, are no questions.

    .. versionadded:: 0.1
    """

    hits: int
    """Answered without a request, from memory, a tier, or what another was just asking."""
    misses: int
    """Answered by the Hub, since nothing was known."""
    revalidations: int
    """Answered by the Hub, since what was known had expired, or was not wanted."""
    stale: int
    """Answered with what had expired: while it was asked anew, or since the Hub couldn't be asked."""
    errors: int
    """Not answered: out of reach, offline, rate limited, refused or not understood."""
    tiers: tuple[TierStats, ...]
    """Nearest first."""


@attrs.frozen(kw_only=True)
class BundleSummary:
    """What a bundle holds, and what of it was news."""

    models: tuple[str, ...]
    """Ids of those whose metadata or files are in it."""
    answers: int
    """Answers of the Hub in it."""
    files: int
    size_bytes: int
    """Of all answers and files."""
    new_answers: int = 0
    """Answers that were taken over, on import."""
    new_files: int = 0
    """Contents that were not here yet, on import."""

    @classmethod
    def of(cls, manifest: Manifest, *, new_answers: int = 0, new_files: int = 0) -> BundleSummary:
        """Sum up a manifest."""
        named = _models_named(entry.key for entry in manifest.entries)
        return cls(
            models=tuple(sorted(named | {file.repo_id for file in manifest.files})),
            answers=len(manifest.entries),
            files=len(manifest.files),
            size_bytes=sum(manifest.members().values()),
            new_answers=new_answers,
            new_files=new_files,
        )


class ModelCache:
    """Metadata that was asked before, for use when nobody can be asked.

    Args:
        where: A folder, a cache URL, or a backend; where the settings say if left out.
        endpoint: The Hub that the entries are about; the settings' if left out, so that a
            `HubClient` with the same settings finds the same entries.
        clock: Where the time comes from.

    >>> cache = ModelCache("memory://")
    >>> cache.set(ModelMetadata("org/name", license="mit"))
    >>> cache.get("org/name").license
    'mit'

    Any text is a model id here. A `HubClient`'s ``cache`` is one of these over the
    client's own tiers, and reads what that client's token may read.
    """

    def __init__(
        self,
        where: str | Path | CacheBackend | None = None,
        *,
        endpoint: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        settings = HubConfig.load() if where is None or endpoint is None else HubConfig(endpoint=endpoint)
        places = settings.cache if where is None else [where]
        tiers = Tiers([_opened(place, clock) for place in places], clock=clock)
        # Ages are the caller's business here: `get` says how old an answer may be.
        lasting = Policy(ttl=RETENTION)
        memory: DecodedAnswers[ModelMetadata] = DecodedAnswers(max_entries=0, max_seconds=0.0, clock=clock)
        self._clock = clock
        self._tiers = tiers
        self._progress = settings.progress
        self._answers = Answers(
            tiers,
            endpoint=settings.endpoint if endpoint is None else endpoint,
            scope=ANONYMOUS,
            policy=lasting,
            clock=clock,
            memory=memory,
        )

    @classmethod
    def _over(cls, answers: Answers, tiers: Tiers, clock: Clock, *, progress: bool) -> ModelCache:
        cache = cls.__new__(cls)
        cache._answers, cache._tiers, cache._clock, cache._progress = answers, tiers, clock, progress
        return cache

    def get(self, model_id: str, ttl_hours: float = 24) -> ModelMetadata | None:
        """The metadata of a model, if it is cached and not older than that.

        Args:
            model_id: Any text.
            ttl_hours: Age up to which it will do, in hours.
        """
        stored = self._answers.find_model(_text(model_id))
        model = None if stored is None else stored.model
        return None if model is None or self._is_expired(model, ttl_hours) else model

    def set(self, metadata: ModelMetadata) -> None:
        """Keep metadata, dated by its ``cached_at``, over what was there."""
        if not isinstance(metadata, ModelMetadata):
            raise InvalidArgumentError(f"metadata must be a ModelMetadata, not {type(metadata).__name__}")
        self._answers.store_model(metadata.model_id, metadata, etag=None)

    def remove(self, model_id: str) -> bool:
        """Forget a model, at every revision; whether it was known."""
        return self._answers.drop_model(_text(model_id))

    def clear(self) -> int:
        """Forget everything in the store, whoever's it is; how many entries there were."""
        return self._answers.clear()

    def get_all_cached(self) -> list[ModelMetadata]:
        """Every model that this caller may read about, expired ones too."""
        return [stored.model for stored in self._answers.models() if stored.model is not None]

    def prune(self) -> int:
        """Drop expired and excess entries in every tier that can; how many in all of them.

        Writes do so by themselves now and then, and Redis expires its entries itself. Entries are kept
        long after the Hub should be asked anew; here expired means dropped for good. Read-only
        mode drops none.

        .. versionadded:: 0.1
        """
        return self._tiers.prune()

    def import_folder(self, folder: str | os.PathLike[str]) -> int:
        """Take over what the first connector has cached.

        Its files don't say what is private, so that what is imported stays the caller's own: the token's,
        or, without one, that of those without. Shared tiers don't get it. Entries keep their date; what
        is cached already and newer stays, as does a full answer that only a listing's item would replace.
        What can't be read, or isn't the connector's, is passed over with a warning.

        Args:
            folder: Its cache folder, of one ``<md5>.json`` a model; it is only read.

        Returns:
            How many models were taken over.

        Raises:
            LocalPathError: The folder is missing, unreadable, or a file.

        .. versionadded:: 0.1
        """
        taken = dead = 0
        for model in read_seed_folder(folder):
            if is_stale(model.cached_at.timestamp(), RETENTION, now=self._clock.now()):
                dead += 1
            elif not self._tiers.read_only and self._is_news(model):
                self._answers.store_model(model.model_id, model, etag=None, unshared=True)
                taken += 1
        if dead:
            log.warning("%d models not imported: older than 30 days, or dated in the future", dead)
        return taken

    def export_bundle(
        self,
        path: str | os.PathLike[str],
        *,
        models: Iterable[str] | None = None,
        private: bool = False,
        snapshots: Iterable[SnapshotSource] = (),
    ) -> BundleSummary:
        """Write what is cached into one file, for a site without a network.

        The same contents give the same bytes. With a `cache_key` in the settings the bundle is
        signed with it.

        Args:
            path: The file; replaced when the new one is whole.
            models: Only answers about these; all if left out.
            private: Whether the caller's own answers go along, and not only what is public.
            snapshots: Models whose files go along, as far as answers about them do.

        Raises:
            InvalidArgumentError: ``models`` is one text, or can't be gone through.
            LocalPathError: The file can't be written, or one to go along can't be read.

        .. versionadded:: 0.1
        """
        from hubkit._bundles import write_bundle

        place = parse_target(path, field="the bundle")
        wanted = None if models is None else set(map(_text, parse_several(models, field="models")))
        scopes = [PUBLIC, self._answers.scope] if private else [PUBLIC]
        entries = list(
            portable_entries(
                self._tiers,
                endpoint=self._answers.endpoint,
                scopes=scopes,
                models=wanted,
                clock=self._clock,
            )
        )
        told = _models_named(entry.key for entry in entries)
        going = [snapshot for snapshot in snapshots if snapshot.repo_id in told]
        manifest = write_bundle(
            place, entries, going, signing_key=self._tiers.signing_key, progress=self._progress
        )
        return BundleSummary.of(manifest)

    def import_bundle(
        self, path: str | os.PathLike[str], *, cache_dir: str | os.PathLike[str] | None = None
    ) -> BundleSummary:
        """Take over what a bundle holds. All of it is checked before anything is kept.

        What it brings is good until something newer is known, for 30 days at most: where it is needed
        nobody can ask anew. Loading it twice is harmless.

        Args:
            path: The bundle.
            cache_dir: Where its files go; the folder that Hugging Face's tools share if left out.

        Raises:
            LocalPathError: It can't be read, or its files can't be written.
            BundleError: It is damaged, hostile, or, where the settings have a `cache_key`, not signed with that.

        .. versionadded:: 0.1
        """
        from hubkit._bundles import place_files, read_bundle

        place = parse_local_path(path, field="the bundle")
        folder = None if cache_dir is None else parse_local_path(cache_dir, field="cache_dir")
        contents = read_bundle(place, signing_key=self._tiers.signing_key, progress=self._progress)
        # Read before any is kept: one that is broken, or no answer, spoils the whole.
        entries = list(contents.entries())
        if not all(is_portable(entry.key) for entry in entries):
            raise BundleError(
                f"bundle {shown_path(place)} is refused: it holds notes that can't be carried elsewhere"
            )
        taken = sum(take_over(self._tiers, entry, self._clock) for entry in entries)
        placed = place_files(contents, folder, progress=self._progress)
        self._answers.memory.clear()
        return BundleSummary.of(contents.manifest, new_answers=taken, new_files=placed)

    def stats(self) -> CacheStats:
        """What became of this client's questions, what each tier did, and how full it is."""
        tally = self._tiers.tally
        return CacheStats(
            hits=tally.hits,
            misses=tally.misses,
            revalidations=tally.revalidations,
            stale=tally.stale,
            errors=tally.errors,
            tiers=tuple(self._tiers.stats()),
        )

    def close(self) -> None:
        """Give back files and connections."""
        self._tiers.close()

    def _is_news(self, model: ModelMetadata) -> bool:
        """Whether a model says more than what is cached about it."""
        stored = self._answers.find_model(model.model_id)
        if stored is None:
            return True
        # That there is no such model is believed for minutes only, so it is the newer word.
        if stored.model is None or (model.partial and not stored.model.partial):
            return False
        return model.cached_at > stored.model.cached_at

    def _is_expired(self, model: ModelMetadata, ttl_hours: float) -> bool:
        from datetime import datetime, timezone

        return model.is_expired(ttl_hours, now=datetime.fromtimestamp(self._clock.now(), timezone.utc))


def policy_of(config: HubConfig) -> Policy:
    """The freshness policy that the settings ask for."""
    return Policy(
        ttl=config.ttl,
        stale_while_revalidate=config.stale_while_revalidate,
        stale_if_error=config.stale_if_error,
        negative_ttl=config.negative_ttl,
    )


def _models_named(keys: Iterable[str]) -> set[str]:
    """The models whose metadata lies under some of these keys."""
    parts = (key.split("|", 3) for key in keys)
    return {
        rest.partition(" ")[0]
        for _, _, kind, rest in (found for found in parts if len(found) > 3)
        if kind == "model"
    }


def _text(model_id: object) -> str:
    if not isinstance(model_id, str):
        raise InvalidArgumentError(f"model_id must be text, not {type(model_id).__name__}")
    return model_id


def _opened(where: str | Path | CacheBackend, clock: Clock) -> CacheBackend:
    if isinstance(where, str) and "://" in where:
        return open_backend(where, clock=clock)
    if isinstance(where, (str, Path)):
        # With its hashes 6 ms that who keeps models elsewhere need not pay.
        from hubkit.cache.filesystem import FilesystemCache

        return FilesystemCache(where, clock=clock)
    flaw = flaw_of(where)
    if flaw is None:
        return where
    raise InvalidArgumentError(f"where must be a folder, a cache URL or a backend: {flaw}")
