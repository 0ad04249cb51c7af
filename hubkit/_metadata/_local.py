"""A search over what is cached, answered in the Hub's order."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from hubkit._metadata._query import SearchQuery
from hubkit.cache._answers import Answers
from hubkit.cache._holdings import Place, Source
from hubkit.cache._listing import Rank, Shelf
from hubkit.errors import CacheCorruptedError
from hubkit.models import ModelMetadata

__all__ = ["search_cached"]

_CHUNK: Final = 100
_ALWAYS_READ: Final = ("keys", "positions", "dates", "ttls", "partial", "names", "object_ids")


def search_cached(answers: Answers, query: SearchQuery) -> Iterator[ModelMetadata]:
    """The cached models that fit a query, in the order in which the Hub would give them.

    A model that several answers tell of comes once, by the best of them. Lists say which
    models might fit; what is given has been read, and fits. No more is read than is taken.

    Args:
        answers: The cache, as the caller may read it.
        query: The search.
    """
    try:
        places = _promised(answers, query)
    except CacheCorruptedError:
        # Somebody has stored a list that has the form of one, and nonsense in it.
        answers.holdings().distrust()
        places = _promised(answers, query)
    return islice(_found(answers, query, places), query.limit)


def _found(answers: Answers, query: SearchQuery, places: Iterator[Place]) -> Iterator[ModelMetadata]:
    """What the lists promise, as far as it is there."""
    while some := list(islice(places, query.limit or _CHUNK)):
        for model in answers.holdings().read(some, answers.is_usable):
            if model is not None and _matches(model, query):
                yield model


def _promised(answers: Answers, query: SearchQuery) -> Iterator[Place]:
    """The models that fit by their lists' account, in order; no more is ordered than is asked for.

    Raises:
        CacheCorruptedError: A list is none; later looks at the same lists raise nothing.
    """
    sources = answers.holdings().sources()
    for source in sources:
        for name in (*_ALWAYS_READ, query.sort):
            source.shelf.column(name)
    rivals = answers.holdings().rivals(sources)
    columns = [_ordered(number, source, query) for number, source in enumerate(sources)]
    places = (Place(sources[number], row) for _, number, row in heapq.merge(*columns))
    return (place for place in places if _counts(answers, place, rivals.get(place.name)))


def _ordered(number: int, source: Source, query: SearchQuery) -> Iterator[tuple[Rank, int, int]]:
    rows = _fitting(source.shelf, query)
    return ((source.shelf.rank(row, query.sort), number, row) for row in rows)


def _fitting(shelf: Shelf, query: SearchQuery) -> Sequence[int]:
    """The rows of the models that fit, in order."""
    rows = shelf.order(query.sort)
    if query.text is not None:
        text, names = query.text.casefold(), shelf.folded_names()
        rows = [row for row in rows if text in names[row]]
    if query.author is not None:
        author, authors = query.author.casefold(), shelf.column("authors")
        rows = [row for row in rows if author == authors[row]]
    if query.pipeline_tag is not None:
        tasks = shelf.column("tasks")
        rows = [row for row in rows if query.pipeline_tag == tasks[row]]
    for tag in query.tags:
        mark = shelf.mark(tag)
        labels = shelf.column("labels") if mark else []
        rows = [row for row in rows if mark in labels[row]] if mark else []
    return rows


def _counts(answers: Answers, place: Place, rivals: Sequence[Place] | None) -> bool:
    """Whether this is the account of a model that counts: the best of those that may be used."""
    if answers.is_dropped(place.name) or not _is_usable(answers, place):
        return False
    return rivals is None or place == next(rival for rival in rivals if _is_usable(answers, rival))


def _is_usable(answers: Answers, place: Place) -> bool:
    shelf, row = place.source.shelf, place.row
    return answers.is_usable(shelf.column("dates")[row], shelf.column("ttls")[row])


def _matches(model: ModelMetadata, query: SearchQuery) -> bool:
    owner, _, _ = model.model_id.rpartition("/")
    labels = {*model.tags, model.library_name, model.pipeline_tag}
    return (
        (query.text is None or query.text.casefold() in model.model_id.casefold())
        and labels.issuperset(query.tags)
        and (query.author is None or query.author.casefold() == (model.author or owner).casefold())
        and (query.pipeline_tag is None or query.pipeline_tag == model.pipeline_tag)
    )
