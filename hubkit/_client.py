"""`HubClient`: the facade. Short verbs; the work is done by the services."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from hubkit._account import identity_of, verified_identity
from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit._credentials import find_token, token_from
from hubkit._metadata import FoundModels, SearchQuery
from hubkit._model_cache import ModelCache
from hubkit._refs import parse_repo_id, parse_revision
from hubkit._rooms import Rooms, given_or_loaded, open_tiers
from hubkit._secrets import Secret, clean_text, without_frames
from hubkit.cache import CacheBackend
from hubkit.config import HubConfig
from hubkit.errors import (
    HubkitError,
    InvalidArgumentError,
    InvalidTokenError,
    NotConnectedError,
    OfflineError,
    TransportError,
)
from hubkit.models import Identity, ModelMetadata

if TYPE_CHECKING:
    from hubkit._compatibility import CompatibilityReport
    from hubkit._licenses import LicenseReport
    from hubkit._repositories import Repositories
    from hubkit._transfers import SnapshotStatus

__all__ = ["HubClient"]

log = logging.getLogger("hubkit")


class HubClient:
    """One Hub, one token or none, and the caches in front of it.

    Safe to share between threads, and usable after ``fork``. Asking for a model that
    is cached costs no request; a Hub that is slow, rate-limited or away is met with
    what is cached, as far as the settings allow.

    Args:
        config: Settings; ``HubConfig.load()`` if left out.
        clock: Where the time comes from.
        backends: Stores of your own, nearest first, instead of those that the settings name; the
            settings still say what goes there, and for how long. They may serve other clients too.

    Raises:
        ConfigError: A setting can't be right.
        InvalidArgumentError: What was given is no backend.

    >>> from hubkit.testing import LocalHub
    >>> with LocalHub() as server, HubClient(HubConfig(endpoint=server.endpoint, cache="memory://")) as hub:
    ...     server.add_model({"id": "org/name", "tags": ["license:mit"], "private": False})
    ...     hub.check_license("org/name")
    'mit'
    """

    def __init__(
        self,
        config: HubConfig | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        backends: Sequence[CacheBackend] | None = None,
    ) -> None:
        self.config: HubConfig = given_or_loaded(config)
        self._clock = clock
        self._tiers = open_tiers(self.config, clock, backends)
        self._rooms = self._furnished(self.config)

    def connect(self, credentials: Mapping[str, Any] | None = None) -> bool:
        """Take a token, and ask the Hub whose it is.

        Args:
            credentials: ``{"token": "hf_..."}``; if left out, the token of the settings, of the
                OS keystore or of ``hf auth login``, in this order.

        Returns:
            True.

        Raises:
            InvalidTokenError: No token, or one of the wrong shape; nothing is asked.
            AuthenticationError: The Hub refused the token.
            TransportError: The Hub can't be reached.
        """
        try:
            token = self._own_token() if credentials is None else token_from(credentials)
        except InvalidTokenError as error:
            raise without_frames(error) from None
        finally:
            # Crash reports print the variables of frames, and this one goes on failing below.
            credentials = None
        rooms = self._furnished(attrs.evolve(self.config, token=token))
        identity = verified_identity(rooms.transport)
        # On one line: the next would look like another record.
        log.info("connected to %s as %s", self.config.endpoint, " ".join(clean_text(identity.name).split()))
        self._move_to(attrs.evolve(rooms, connected=True))
        return True

    def _own_token(self) -> Secret:
        found = find_token(self.config)
        if found is None:
            raise InvalidTokenError("token is required")
        return token_from({"token": found.token})

    def disconnect(self) -> bool:
        """Forget the token; what follows is anonymous. True."""
        self._move_to(self._furnished(attrs.evolve(self.config, token=None)))
        return True

    def verify_connection(self) -> bool:
        """Whether there is a token and the Hub takes it now."""
        try:
            self.whoami()
        except HubkitError:
            return False
        return True

    @property
    def is_connected(self) -> bool:
        """Whether `connect` has succeeded and `disconnect` was not called since."""
        return self._rooms.connected

    def whoami(self) -> Identity:
        """Whom the token belongs to.

        Raises:
            NotConnectedError: There is no token.
            AuthenticationError: The Hub refused it.
        """
        if self._rooms.transport.token is None:
            raise NotConnectedError("not connected: there is no token")
        return identity_of(self._rooms.transport)

    def search_models(
        self,
        query: str | None = None,
        filter_tags: Sequence[str] | None = None,
        sort: str = "downloads",
        limit: int = 20,
        *,
        author: str | None = None,
        pipeline_tag: str | None = None,
    ) -> FoundModels:
        """Find models. Out of reach of the Hub: the same query's last answer, else a search over what is cached.

        Args:
            query: Part of the model's name.
            filter_tags: Tags; all are required.
            sort: ``downloads``, ``likes``, ``trending``, ``updated`` or ``created``; descending.
            limit: At most so many.
            author: The account that owns them.
            pipeline_tag: Their task.

        Returns:
            A list. What the Hub's listing says of each leaves out files and sizes: ``partial`` is true. The
            list's ``from_cache`` tells this machine's answers from the Hub's, and its ``told_at`` how old they are.

        Raises:
            InvalidArgumentError: An argument can't be right.
            ResponseError: The Hub refused.
        """
        checked = SearchQuery.checked(
            query, filter_tags, sort, author=author, pipeline_tag=pipeline_tag, limit=_given(limit)
        )
        return self._rooms.searches.search(checked)

    def iter_models(
        self,
        query: str | None = None,
        filter_tags: Sequence[str] | None = None,
        sort: str = "downloads",
        limit: int | None = None,
        *,
        author: str | None = None,
        pipeline_tag: str | None = None,
    ) -> Iterator[ModelMetadata]:
        """`search_models` page after page, as far as the caller reads; without ``limit`` to the end."""
        checked = SearchQuery.checked(
            query, filter_tags, sort, author=author, pipeline_tag=pipeline_tag, limit=limit
        )
        return self._rooms.searches.iterate(checked)

    def get_model_metadata(
        self, model_id: str, use_cache: bool = True, *, revision: str | None = None
    ) -> ModelMetadata | None:
        """What the Hub says about a model, cached for 24 hours unless the settings say otherwise.

        Args:
            model_id: ``org/name``.
            use_cache: False asks the Hub whatever is cached.
            revision: Branch, tag or commit; the default branch if left out.

        Returns:
            None when there is no such model, or when it isn't cached and the Hub can't be
            reached; the latter is logged.

        Raises:
            InvalidRefError: The id or revision is malformed.
            AuthenticationError: The Hub refused the token.
            RateLimitedError: The quota is used up.
            ServerError: The Hub failed through all retries.
        """
        return self._rooms.metadata.get(model_id, use_cache=use_cache, revision=revision)

    def require_model_metadata(
        self, model_id: str, use_cache: bool = True, *, revision: str | None = None
    ) -> ModelMetadata:
        """The same, with errors instead of None.

        Raises:
            RepoNotFoundError: There is no such model, or this token may not know of it.
            OfflineError: It isn't cached, and the Hub can't be asked.
        """
        try:
            return self._rooms.metadata.require(model_id, use_cache=use_cache, revision=revision)
        except TransportError as error:
            raise OfflineError(f"{model_id} is not cached, and the Hub is out of reach: {error}") from error

    def recall_metadata(self, model_id: str) -> ModelMetadata | None:
        """What is cached about a model and may be used now; asks nobody.

        Args:
            model_id: Any text.
        """
        return self._rooms.metadata.known(model_id)

    def get_many_metadata(self, model_ids: Sequence[str]) -> dict[str, ModelMetadata | None]:
        """`get_model_metadata` for many: one look into the cache, then a few requests at a time.

        Returns:
            None for a model that there is not, and for one about which nothing can be learnt, as the Hub
            is away or refuses that model; then a warning says why.

        Raises:
            AuthenticationError: The Hub refused the token, or all of the models.
            RateLimitedError: The quota is used up; ``partial`` has what is known by then.
        """
        return self._rooms.metadata.get_many(model_ids)

    def download_model(
        self,
        model_id: str,
        cache_dir: str | Path | None = None,
        *,
        revision: str | None = None,
        allow_patterns: Sequence[str] | str | None = None,
        ignore_patterns: Sequence[str] | str | None = None,
        verify: bool = False,
    ) -> Path:
        """Bring a model's files to this machine; what is there already and right isn't fetched again.

        The folder is handed out only when every file is there and has the size that the Hub
        states; what has another is fetched again. Ctrl-C leaves nothing that the next try
        would trip over.

        Args:
            model_id: ``org/name``.
            cache_dir: Folder of the snapshots; the one that Hugging Face's tools share if left out.
            revision: Branch, tag or commit; the default branch if left out.
            allow_patterns: Only files that match one, such as ``*.safetensors``.
            ignore_patterns: No file that matches one.
            verify: Whether to compare the contents of every file too, with the Hub's SHA-256 or, for
                small files, git's SHA-1. This reads all of them.

        Returns:
            The folder with the files.

        Raises:
            RepoNotFoundError: There is no such model.
            GatedRepoError: This token has no access.
            RateLimitedError: The Hub asks to wait for longer than the deadline.
            TransportError: The Hub went out of reach.
            InsufficientSpaceError: The disk is too full, which is found before anything is fetched, or filled up
                meanwhile.
            TransferError: The files are incomplete, or the name of one can't be kept on this system, which is
                found before anything is fetched; without the Hub also: what is here can't be checked, or isn't
                known to be allowed to this token.
        """
        _check_refs(model_id, revision)
        return self._rooms.downloads.download(
            model_id,
            cache_dir,
            revision=revision,
            allow_patterns=allow_patterns,
            ignore_patterns=ignore_patterns,
            verify=verify,
        )

    def snapshot_status(
        self,
        model_id: str,
        cache_dir: str | Path | None = None,
        *,
        revision: str | None = None,
        allow_patterns: Sequence[str] | str | None = None,
        ignore_patterns: Sequence[str] | str | None = None,
        verify: bool = False,
    ) -> SnapshotStatus:
        """What `download_model` would find and do: what is here, what is missing or wrong, what would be fetched.

        Nothing is fetched, and nothing on the disk is changed.

        Args:
            model_id: ``org/name``.
            cache_dir: As for `download_model`, and so are the others.
            revision: Branch, tag or commit.
            allow_patterns: Only files that match one.
            ignore_patterns: No file that matches one.
            verify: Whether to compare contents, and not only sizes.

        Raises:
            RepoNotFoundError: There is no such model.
            GatedRepoError: This token has no access.
            TransportError: The Hub is out of reach, and nothing is known.
            TransferError: The name of a file can't be kept on this system; without the Hub also: what is here
                can't be checked, or isn't known to be allowed to this token.
        """
        _check_refs(model_id, revision)
        return self._rooms.downloads.status(
            model_id,
            cache_dir,
            revision=revision,
            allow_patterns=allow_patterns,
            ignore_patterns=ignore_patterns,
            verify=verify,
        )

    def upload_artifact(self, path: str | Path, metadata: Mapping[str, Any]) -> str:
        """Upload a trained adapter with a model card, as one commit.

        The caller's folder is only read. A ``README.md`` in it, or else in the repository, that
        hubkit made is brought up to date in the commit, and what people wrote into it is kept; one
        that holds nothing but the template text of PEFT or the Trainer is replaced; any other
        is the user's and only gets the front matter that it lacks. With `hubkit[plots]` a
        picture of the training curve goes beside it.

        Args:
            path: The adapter's folder.
            metadata: ``repo_id`` (required), ``private``, ``revision``, ``commit_message``,
                ``create_pr``, and what `hubkit.cards.render_card` takes: ``base_model``, ``dataset``,
                ``description``, ``training_config``, ``metrics``, ``license``, ``license_name``,
                ``license_link``, ``tags``, ``language``, ``pipeline_tag``, ``front_matter``, ``sections``,
                ``template``; ``skip_card_checks`` leaves the card to the Hub.

        Returns:
            The URL of the repository, or of the pull request.

        Raises:
            NotConnectedError: There is no token.
            LocalPathError: The folder is missing or empty.
            InvalidArgumentError: A key of ``metadata`` is missing, unknown or of the wrong kind; a file or
                the card holds an access token; ``private`` is asked of a repository that is public.
            CardError: The card holds what the Hub is known to refuse, or a secret; ``skip_card_checks``
                leaves it to the Hub. Or it isn't UTF-8.
            TransferError: The Hub won't take the card's front matter.
            ResponseError: The Hub refused.
        """
        from hubkit._transfers import UploadRequest

        uploads = self._rooms.uploads
        uploads.check_allowed()
        return uploads.upload(UploadRequest.checked(path, metadata))

    def check_license(self, model_id: str) -> str | None:
        """The id of the licence that a model states; None when it states none or isn't known."""
        model = self.get_model_metadata(model_id)
        return None if model is None else model.license

    def license_report(
        self,
        model_id: str,
        allowed: Sequence[str] | None = None,
        *,
        base_model: str | None = None,
    ) -> LicenseReport:
        """The licences of a model and of everything that it was made from, each with its source.

        Args:
            model_id: ``org/name``.
            allowed: What may be used: ids of the Hub (``apache-2.0``) or of SPDX, or the names of licences
                that are ``other`` to the Hub.
            base_model: What the model was made from, for one that doesn't say.

        Returns:
            The chain through ``base_model``, what its licences ask, where they contradict each other, and, with
            a list, its verdict. What can't be found out is said to be unknown.

        Raises:
            InvalidArgumentError: The list can't be right.
            InvalidRefError: An id is malformed.
            RepoNotFoundError: There is no such model.
            OfflineError: It isn't cached, and the Hub can't be asked.

        .. versionadded:: 0.1
        """
        return self._rooms.reports.licenses(model_id, allowed, base_model=base_model)

    def check_compatibility(self, model_id: str, required_library: str | None = None) -> bool:
        """Whether a model can be loaded, and is made for that library: the short answer of `compatibility_report`."""
        model = self.get_model_metadata(model_id)
        return model is not None and self._rooms.reports.assessed(model, required_library).is_compatible

    def compatibility_report(
        self,
        model_id: str,
        required_library: str | None = None,
        *,
        revision: str | None = None,
        check_access: bool = False,
    ) -> CompatibilityReport:
        """Whether a model can be used, and what that takes: one finding for each reason.

        Nothing is downloaded. What neither the Hub's record nor the names of the files tell is not guessed.

        Args:
            model_id: ``org/name``.
            required_library: The library that is to load it, such as ``transformers`` or ``peft``.
            revision: Branch, tag or commit; the default branch if left out.
            check_access: Whether to ask the Hub if this token gets the files, which costs a request.

        Raises:
            InvalidRefError: The id or revision is malformed.
            RepoNotFoundError: There is no such model.
            OfflineError: It isn't cached, and the Hub can't be asked.

        .. versionadded:: 0.1
        """
        return self._rooms.reports.compatibility(
            model_id, required_library, revision=revision, check_access=check_access
        )

    @property
    def repos(self) -> Repositories:
        """Making, changing and listing repositories."""
        return self._rooms.repositories

    @property
    def cache(self) -> ModelCache:
        """What is cached, as far as this client's token may read it."""
        return self._rooms.cache

    def close(self) -> None:
        """Finish what goes on in the background, and give back connections and files.

        The client opens new ones when it is used again.
        """
        self._rooms.metadata.finish()
        self._rooms.transport.close()
        self._tiers.close()

    def __enter__(self) -> HubClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "connected" if self.is_connected else "anonymous" if self._token is None else "with a token"
        return f"<HubClient {self.config.endpoint} {state}>"

    @property
    def _token(self) -> Secret | None:
        return self._rooms.transport.token

    def _move_to(self, rooms: Rooms) -> None:
        """One assignment, so that a call in another thread sees the old rooms or the new ones."""
        before, self._rooms = self._rooms, rooms
        before.transport.close()

    def _furnished(self, config: HubConfig) -> Rooms:
        return Rooms.furnish(config, self._tiers, self._clock)


def _check_refs(model_id: str, revision: str | None) -> None:
    parse_repo_id(model_id)
    if revision is not None:
        parse_revision(revision)


def _given(limit: int | None) -> int:
    if limit is None:
        raise InvalidArgumentError("limit must be a whole number of at least 1; iter_models goes without one")
    return limit
