"""Lists of cached models: nothing is lost in them, and nothing in the cache can break them."""

from __future__ import annotations

import contextlib
import json
import struct
from datetime import datetime, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from hubkit import CacheCorruptedError, ModelMetadata
from hubkit.cache._entry import Entry
from hubkit.cache._keys import PUBLIC, SHELVES, model_key, search_key, shelf_of
from hubkit.cache._listing import FIGURES, decode_shelf, encode_shelf
from hubkit.cache._model_codec import encode_model

ENDPOINT = "https://huggingface.co"
PREFIX = f"{PUBLIC}|{ENDPOINT}|"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
COUNTS = st.none() | st.integers(0, 2**40)
TAGS = st.lists(NAMES, max_size=8)
MODELS = st.builds(
    ModelMetadata,
    NAMES,
    author=st.none() | NAMES,
    downloads=COUNTS,
    likes=COUNTS,
    tags=TAGS,
    pipeline_tag=st.none() | NAMES,
    library_name=st.none() | NAMES,
    cached_at=st.just(datetime(2026, 1, 1, tzinfo=timezone.utc)),
    extra=st.fixed_dictionaries({}, optional={"_id": NAMES, "trendingScore": st.integers(0, 99)}),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def entry_of(model):
    """The model as the cache holds it."""
    return Entry(model_key(ENDPOINT, PUBLIC, model.model_id), 200, 1e9, 60.0, None, encode_model(model))


def listed(entries):
    """The list of some answers, read again."""
    return decode_shelf(PREFIX, encode_shelf(PREFIX, entries))


@given(st.lists(MODELS, max_size=12, unique_by=lambda model: model.model_id))
def test_lists_know_what_the_models_say(models) -> None:
    """Each model is on the list with its key, figures and every tag that it has, and no other."""
    shelf = listed(map(entry_of, models))
    names = shelf.column("names")
    by_name = {model.model_id: model for model in models}
    tags = {tag for model in models for tag in (*model.tags, model.pipeline_tag, model.library_name) if tag}

    assert sorted(by_name) == sorted(names)
    for row, name in enumerate(names):
        model = by_name[name]
        said = {*model.tags, model.pipeline_tag, model.library_name}
        assert model_key(ENDPOINT, PUBLIC, name) == shelf.key(row)
        assert (model.downloads, model.likes) == (shelf.column("downloads")[row], shelf.column("likes")[row])
        assert tags & said == {tag for tag in tags if shelf.mark(tag) in shelf.column("labels")[row]}
    for figure in FIGURES:
        ranks = [shelf.rank(row, figure) for row in shelf.order(figure)]
        assert sorted(ranks) == ranks


@given(st.binary(max_size=200))
def test_bytes_that_are_no_list(body) -> None:
    """Foreign bytes are corrupt at once, or at the first look."""
    with contextlib.suppress(CacheCorruptedError):
        shelf = decode_shelf(PREFIX, body)
        for name in ("names", "downloads", "labels"):
            shelf.column(name)


@given(st.lists(JSON, max_size=25), JSON, st.floats(allow_nan=False, allow_infinity=False))
@example([], {"_id": 7}, 1e300)
def test_hostile_answers_break_no_list(scalars, extra, stored_at) -> None:
    """Whatever somebody has written as a model's answer or a search's, the others are listed."""
    good = entry_of(ModelMetadata("a/good", downloads=3))
    head = ModelMetadata("a/bad").scalars()
    mixed = [*head[:1], *scalars, *head[1 + len(scalars) :]][: len(head)]
    parts = [json.dumps(each).encode() for each in (mixed, [], {}, extra)]
    body = b"".join((struct.pack(">IIII", *map(len, parts)), *parts))
    bad = Entry(model_key(ENDPOINT, PUBLIC, "a/bad"), 200, stored_at, None, None, body)
    search = Entry(
        search_key(ENDPOINT, PUBLIC, "q"), 200, stored_at, None, None, json.dumps(scalars).encode()
    )
    shelf = listed([bad, good, search])
    columns = {
        name: shelf.column(name) for name in ("names", "dates", "authors", "tasks", *FIGURES, "labels")
    }

    assert "a/good" in columns["names"]


@given(NAMES, st.none() | st.just("main"))
def test_each_model_has_one_shelf(name, revision) -> None:
    """A model at its default revision is on one of the shelves of its scope, at another revision on none."""
    place = shelf_of(model_key(ENDPOINT, PUBLIC, name, revision))

    assert (place is None) == (revision is not None)
    assert place is None or (place[0] == PREFIX and 0 <= place[1] < SHELVES)
