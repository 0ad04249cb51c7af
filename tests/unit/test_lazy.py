"""JSON that is decoded when it is read, and strictly."""

from __future__ import annotations

import pickle
import threading
from datetime import date, datetime, timezone

import pytest

from hubkit import DecodeError
from hubkit._lazy import JsonObject, dump_json, load_json
from hubkit.models import FileList

NESTED = b"[" * 2_000 + b"]" * 2_000


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b"Infinity",
        b"1e999",
        b"[1,]",
        b"{'a': 1}",
        b'"\\ud800"',
        b"\xff",
        b"[" * 100_000,
        NESTED,
    ],
)
def test_what_is_no_json_is_refused(text) -> None:
    """Broken, lax and bottomless JSON is a DecodeError that doesn't repeat the text."""
    with pytest.raises(DecodeError, match="not JSON"):
        load_json(text)


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {5}}, 2**70, "\ud800", b"x"])
def test_what_json_has_no_form_for_is_refused(value) -> None:
    """Values that would not come back are refused when they are written."""
    with pytest.raises(DecodeError, match="not expressible"):
        dump_json(value)


def test_raw_text_is_kept_as_it_is() -> None:
    """A value that came as text is stored as that text, without being decoded."""
    raw = b'{ "a":   1 }'
    lazy = JsonObject.from_raw(raw)

    assert lazy.to_raw() is raw
    assert lazy == {"a": 1}


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b"{", b'"text"'])
def test_foreign_text_is_no_object(raw) -> None:
    """Text of another shape is a DecodeError at the first look."""
    with pytest.raises(DecodeError):
        len(JsonObject.from_raw(raw))


@pytest.mark.parametrize("raw", [b"{}", b"5", b'"text"', b"[5]", b"[{}]", b'["a"]', b"[null]", b"["])
def test_foreign_text_is_no_file_list(raw) -> None:
    """Text of another shape is a DecodeError at the first look, not an AttributeError."""
    with pytest.raises(DecodeError):
        len(FileList.from_raw(raw))


def test_objects_are_mappings() -> None:
    """A read-only object compares with dicts, both ways, and has its methods."""
    lazy = JsonObject({"a": [1], "b": None})

    assert lazy == {"a": [1], "b": None}
    assert {"a": [1], "b": None} == lazy
    assert lazy != {"a": [1]}
    assert lazy != [("a", [1]), ("b", None)]
    assert ["a", "b"] == list(lazy)
    assert lazy.get("c", 5) == 5
    assert "b" in lazy
    assert hash(lazy) == hash(JsonObject.from_raw(lazy.to_raw()))


def test_dates_of_yaml() -> None:
    """A card's dates are kept as JSON has them, so that an object is the same after any journey."""
    card = JsonObject({"date": date(2024, 1, 31), "at": [datetime(2024, 1, 31, 12, tzinfo=timezone.utc)]})

    assert {"date": "2024-01-31", "at": ["2024-01-31T12:00:00+00:00"]} == card.to_plain()
    assert card == pickle.loads(pickle.dumps(card)) == JsonObject.from_raw(card.to_raw())


def test_lists_are_sequences() -> None:
    """A list of files compares with lists, and has their methods."""
    files = FileList([{"rfilename": "a"}, {"rfilename": "b"}])

    assert files == FileList.from_raw(files.to_raw()) == list(files)
    assert [file.rfilename for file in reversed(files)] == ["b", "a"]
    assert [file.rfilename for file in files[1:]] == ["b"]
    assert files[0] in files
    assert files != "ab"
    assert repr(files) == "<2 files>"


def test_pickled_as_text() -> None:
    """Lazy values cross processes as text."""
    for value in (JsonObject({"a": [1, {"b": None}]}), FileList([{"rfilename": "a", "x": 1}])):
        assert pickle.loads(pickle.dumps(value)) == value


def test_threads_may_decode_at_once() -> None:
    """Threads that look first at the same moment all see the whole value."""
    plain = {str(number): [number] for number in range(500)}
    raw = dump_json(plain)
    for _ in range(20):
        lazy = JsonObject.from_raw(raw)
        seen: list[bool] = []
        start = threading.Barrier(4)

        def look(lazy=lazy, start=start, seen=seen) -> None:
            start.wait(10)
            seen.append(lazy == plain)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert seen == [True] * 4
