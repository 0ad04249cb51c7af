"""`SearchStore`: searches, answered by the Hub or by what is at hand."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from hubkit._clock import Clock
from hubkit._metadata._found import FoundModels
from hubkit._metadata._local import search_cached
from hubkit._metadata._query import SearchQuery
from hubkit._metadata._store import UNABLE
from hubkit._transport import HubResponse, Transport
from hubkit.cache._answers import Answers
from hubkit.cache._searches import StoredSearch
from hubkit.errors import DecodeError, HubkitError, OfflineError, TransportError, UnexpectedAnswerError
from hubkit.models import ModelMetadata

__all__ = ["SearchStore"]

log = logging.getLogger("hubkit")

_PATH = "/api/models"

# The Hub has millions of models, and its readers leave off when they have enough.
_MOST_PAGES = 1_000_000
_MOST_WITHOUT_NEWS = 10
_MOST_KEPT = 1_000
"""Records of a listing that are kept for when the Hub can't be asked; a longer one is read as it comes, and let go."""


class SearchStore:
    """Searches of one caller.

    A search asks the Hub each time: what it finds changes by the minute. Its answer is
    kept for when the Hub can't be asked.

    Args:
        answers: The cache, as the caller may read it.
        transport: The way to the Hub.
        clock: Where the time comes from.
    """

    def __init__(self, answers: Answers, transport: Transport, *, clock: Clock) -> None:
        self._answers = answers
        self._transport = transport
        self._clock = clock

    def search(self, query: SearchQuery) -> FoundModels:
        """What a search finds: the Hub's answer of now, else its last one, else what is cached.

        Raises:
            ResponseError: The Hub refused the search, and there is no last answer.
        """
        last = self._answers.searches.find(query.canonical())
        try:
            # Nobody waits who has something to go on with.
            records = list(islice(self._records(query, patient=last is None), query.limit))
        except UNABLE as error:
            return FoundModels(self._known(query, last, error), from_cache=True)
        self._answers.searches.store(query.canonical(), records)
        return FoundModels(map(self._from_listing, records), from_cache=False)

    def iterate(self, query: SearchQuery) -> Iterator[ModelMetadata]:
        """The same, page after page, as far as the caller reads; kept if that is to the end.

        Raises:
            TransportError: The Hub went out of reach after the first page.
            ResponseError: It refused the search, and there is no last answer.
        """
        begun = False
        kept: list[dict[str, Any]] | None = []
        last = self._answers.searches.find(query.canonical())
        try:
            # islice asks for no record beyond the last, and so for no page that nobody wants.
            for record in islice(self._records(query, patient=last is None), query.limit):
                begun = True
                if kept is not None:
                    kept.append(record)
                    kept = kept if len(kept) <= _MOST_KEPT else None
                yield self._from_listing(record)
        except UNABLE as error:
            if begun:
                raise
            yield from self._known(query, last, error)
        else:
            if kept is not None:
                self._answers.searches.store(query.canonical(), kept)

    def _known(
        self, query: SearchQuery, last: StoredSearch | None, error: HubkitError
    ) -> Iterable[ModelMetadata]:
        """The last answer to the same search, else what is cached; a quota is no reason to guess."""
        known = None if last is None else self._models_of(last)
        if known is None and not isinstance(error, (TransportError, OfflineError)):
            raise error
        if not self._transport.offline:
            log.warning("search answered from the cache: %s", error)
        return search_cached(self._answers, query) if known is None else known

    def _records(self, query: SearchQuery, *, patient: bool) -> Iterator[dict[str, Any]]:
        """Each model once, whatever happens to the listing between two pages."""
        seen: set[str] = set()
        without_news = 0
        pages = self._transport.pages(_PATH, params=query.params(), max_pages=_MOST_PAGES, patient=patient)
        for page in pages:
            known = len(seen)
            for record in _records_of(page):
                name = record.get("id") or record.get("modelId")
                if isinstance(name, str) and name not in seen:
                    seen.add(name)
                    yield record
            without_news = 0 if len(seen) > known else without_news + 1
            if without_news > _MOST_WITHOUT_NEWS:
                raise UnexpectedAnswerError(f"{page.url}: the listing goes round in circles")

    def _models_of(self, stored: StoredSearch) -> list[ModelMetadata] | None:
        records, told_at = stored
        try:
            return [self._from_listing(record, told_at) for record in records]
        except DecodeError as error:
            log.info("unreadable cache entry taken as a miss: %s", error)
            return None

    def _from_listing(self, record: Any, told_at: float | None = None) -> ModelMetadata:
        moment = datetime.fromtimestamp(self._clock.now() if told_at is None else told_at, timezone.utc)
        return ModelMetadata.from_hub(
            record, endpoint=self._transport.endpoint, cached_at=moment, partial=True
        )


def _records_of(page: HubResponse) -> list[dict[str, Any]]:
    records = page.json()
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise DecodeError(f"{page.url}: expected a list of models")
    return records
