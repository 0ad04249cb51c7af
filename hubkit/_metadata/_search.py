"""`SearchStore`: searches, answered by the Hub or by what is at hand."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from hubkit._clock import Clock
from hubkit._metadata._query import SearchQuery, search_among
from hubkit._metadata._store import UNABLE
from hubkit._transport import HubResponse, Transport
from hubkit.cache._answers import Answers
from hubkit.cache._freshness import Freshness
from hubkit.errors import DecodeError, TransportError
from hubkit.models import ModelMetadata

__all__ = ["SearchStore"]

log = logging.getLogger("hubkit")

_PATH = "/api/models"


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

    def search(self, query: SearchQuery) -> list[ModelMetadata]:
        """What a search finds: the Hub's answer of now, else its last one, else what is cached.

        Raises:
            ResponseError: The Hub refused the search, and there is no last answer.
        """
        if self._transport.offline:
            return self._search_cached(query)
        try:
            return self._ask(query)
        except UNABLE as error:
            known = self._last_answer(query)
            if known is None and not isinstance(error, TransportError):
                raise
            log.warning("search answered from the cache: %s", error)
            return self._search_cached(query) if known is None else known

    def iterate(self, query: SearchQuery) -> Iterator[ModelMetadata]:
        """The same, page after page, as far as the caller reads.

        Raises:
            TransportError: The Hub is out of reach.
            ResponseError: It refused the search.
        """
        if self._transport.offline:
            yield from self._search_cached(query)
            return
        for number, record in enumerate(self._records(query)):
            if number == query.limit:
                return
            yield self._from_listing(record)

    def _ask(self, query: SearchQuery) -> list[ModelMetadata]:
        records: list[dict[str, Any]] = []
        for record in self._records(query):
            records.append(record)
            # Stopping here, not at the next record, saves the request for a page nobody wants.
            if len(records) == query.limit:
                break
        self._answers.store_search(query.canonical(), records)
        return [self._from_listing(record) for record in records]

    def _records(self, query: SearchQuery) -> Iterator[dict[str, Any]]:
        for page in self._transport.pages(_PATH, params=query.params()):
            yield from _records_of(page)

    def _last_answer(self, query: SearchQuery) -> list[ModelMetadata] | None:
        records = self._answers.find_search(query.canonical())
        return None if records is None else [self._from_listing(record) for record in records]

    def _search_cached(self, query: SearchQuery) -> list[ModelMetadata]:
        last = self._last_answer(query)
        return search_among(self._at_hand().values(), query) if last is None else last

    def _at_hand(self) -> dict[str, ModelMetadata]:
        """Every model that is known and not expired, by id."""
        listed = map(self._from_listing, self._answers.searched_records())
        known = {model.model_id: model for model in listed}
        # Full metadata comes second, so that it replaces what a listing said.
        for model, stored in self._answers.models():
            if stored.freshness is Freshness.HIT or stored.serves_on_error:
                known[model.model_id] = model
        return known

    def _from_listing(self, record: Any) -> ModelMetadata:
        now = datetime.fromtimestamp(self._clock.now(), timezone.utc)
        return ModelMetadata.from_hub(record, endpoint=self._transport.endpoint, cached_at=now, partial=True)


def _records_of(page: HubResponse) -> list[dict[str, Any]]:
    records = page.json()
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise DecodeError(f"{page.url}: expected a list of models")
    return records
