"""The values that hubkit hands out: what may be passed in, and that nobody can change them."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import attrs
import pytest

from hubkit import DecodeError, ModelFile, ModelMetadata
from hubkit._lazy import JsonObject
from hubkit.models import FileList

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)


def test_thirteen_positional_arguments_and_a_date() -> None:
    """The constructor takes the first connector's arguments, in its order."""
    model = ModelMetadata(
        "org/name",
        "org",
        10,
        2,
        ["a", "b"],
        "text-generation",
        "transformers",
        "mit",
        123,
        "2024-01-01T00:00:00.000Z",
        "2024-01-02T00:00:00.000Z",
        [{"rfilename": "a.bin", "size": 5}],
        {"license": "mit"},
        NOW,
    )

    assert (("a", "b"), "mit", 123, NOW) == (model.tags, model.license, model.model_size, model.cached_at)
    assert model.siblings[0]["rfilename"] == "a.bin"
    assert model.siblings[0].get("size") == 5
    assert model.card_data["license"] == "mit"


def test_other_arguments_are_named() -> None:
    """What is newer than the first connector can't be passed by position."""
    with pytest.raises(TypeError):
        ModelMetadata(*["x"] * 15)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "siblings", [None, [], (), [ModelFile(rfilename="a")], [{"rfilename": "a"}], FileList()]
)
def test_files_may_be_dicts_or_files(siblings) -> None:
    """Files are taken in each of their forms."""
    model = ModelMetadata("a/b", siblings=siblings)

    assert [file.rfilename for file in model.siblings] == (["a"] if siblings else [])


@pytest.mark.parametrize("field", ["tags", "base_models"])
def test_one_text_is_no_list_of_texts(field) -> None:
    """It isn't taken apart into letters."""
    with pytest.raises(DecodeError, match="not one text"):
        ModelMetadata("a/b", **{field: "peft"})


@pytest.mark.parametrize("siblings", ["a", b"a", {"rfilename": "a"}, 5, [5], [{}], [{"rfilename": None}]])
def test_what_is_no_list_of_files_fails(siblings) -> None:
    """Other shapes are refused at once, not at the first look."""
    with pytest.raises(DecodeError):
        ModelMetadata("a/b", siblings=siblings)


def test_callers_cannot_change_a_model() -> None:
    """Neither what went in nor what comes out is the model's own."""
    card = {"tags": ["a"], "nested": {"x": [1]}}
    model = ModelMetadata("a/b", card_data=card, siblings=[{"rfilename": "f", "lfs": {"sha256": "1"}}])
    card["tags"].append("b")
    card["new"] = 1
    model.card_data["tags"].append("c")
    model.card_data["nested"]["x"].append(2)
    plain = model.to_dict()
    plain["card_data"]["tags"].append("d")
    plain["siblings"][0]["rfilename"] = "g"
    model.siblings[0]["lfs"]["sha256"] = "2"

    assert model.card_data == {"tags": ["a"], "nested": {"x": [1]}}
    assert model.siblings[0].to_hub() == {"rfilename": "f", "lfs": {"sha256": "1"}}


def test_fields_are_frozen() -> None:
    """No field can be set, no item stored."""
    model = ModelMetadata("a/b", card_data={"a": 1}, siblings=[{"rfilename": "f"}])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        model.likes = 5  # type: ignore[misc]
    for container in (model.card_data, model.siblings, model.siblings[0]):
        with pytest.raises(TypeError):
            container["a"] = 5  # type: ignore[index]


def test_from_dict_leaves_its_argument_alone() -> None:
    """The dict that a model is made of is the same afterwards."""
    data = ModelMetadata("a/b", card_data={"x": [1]}, extra={"y": {}}, cached_at=NOW).to_dict()
    data["unknown"] = [1]
    before = copy.deepcopy(data)
    ModelMetadata.from_dict(data)

    assert before == data


def test_keys_of_other_versions_survive() -> None:
    """What this version doesn't know is kept, beside what it already had kept."""
    model = ModelMetadata.from_dict(
        {"model_id": "a/b", "future": [1], "extra": {"past": 2}, "cached_at": str(NOW)}
    )

    assert model.extra == {"future": [1], "past": 2}
    assert ModelMetadata.from_dict(model.to_dict()) == model


def test_hub_record_is_taken_as_a_dict() -> None:
    """`from_dict` understands the Hub's own form too."""
    assert ModelMetadata.from_dict({"modelId": "a/b", "likes": 3}).likes == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_id", None),
        ("model_id", 5),
        ("downloads", "12"),
        ("downloads", 1.5),
        ("downloads", True),
        ("partial", "false"),
        ("private", 1),
        ("gated", 1),
        ("tags", "abc"),
        ("tags", [1]),
        ("siblings", "abc"),
        ("card_data", [1]),
        ("extra", [1]),
        ("cached_at", "yesterday"),
        ("cached_at", "0001-01-01T00:00:00"),
        ("cached_at", 5),
        ("license", ["mit"]),
    ],
)
def test_from_dict_invents_nothing(key, value) -> None:
    """A value of another type is refused, not bent: "false" is not true, None is not "None"."""
    with pytest.raises(DecodeError, match="ModelMetadata") as caught:
        ModelMetadata.from_dict({"model_id": "a/b", key: value})

    assert "unknown error" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["tags", "siblings", "card_data", "extra", "base_models", "partial", "downloads"]
)
def test_none_is_left_out(key) -> None:
    """As for the constructor, None stands for what is not known."""
    left_out = ModelMetadata.from_dict({"model_id": "a/b", "cached_at": NOW.isoformat()})

    assert left_out == ModelMetadata.from_dict({"model_id": "a/b", "cached_at": NOW.isoformat(), key: None})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T00:00:00Z", NOW),
        ("2026-01-02T00:00:00.000Z", NOW),
        ("2026-01-02T01:00:00+01:00", NOW),
        ("2026-01-02T00:00:00.123456+00:00", NOW.replace(microsecond=123_456)),
    ],
)
def test_dates_of_every_form(text, expected) -> None:
    """ISO 8601 as the Hub, Python and other versions write it."""
    assert ModelMetadata.from_dict({"model_id": "a/b", "cached_at": text}).cached_at == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "XYZ+5"])
def test_naive_date_is_local_time(zone) -> None:
    """A date without a zone is this machine's, as the first connector wrote it."""
    code = (
        "import time; time.tzset()\n"
        "from datetime import datetime\n"
        "from hubkit import ModelMetadata\n"
        "naive = datetime(2026, 1, 2, 3, 4)\n"
        "for given in (naive, naive.isoformat()):\n"
        "    model = ModelMetadata('a/b', cached_at=given)\n"
        "    print(model.cached_at.tzinfo is not None, model.cached_at.timestamp() == time.mktime(naive.timetuple()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "True True\nTrue True\n", done.stderr


@pytest.mark.parametrize(
    ("age", "ttl_hours", "expired"),
    [
        (timedelta(hours=23, minutes=59), 24, False),
        (timedelta(hours=24), 24, False),
        (timedelta(hours=24, seconds=1), 24, True),
        (timedelta(seconds=1), 0, True),
        (timedelta(0), 0, False),
        (timedelta(minutes=-4), 24, False),
        (timedelta(minutes=-6), 24, True),
        (timedelta(days=-900), 24, True),
        (timedelta(days=900), float("inf"), False),
        (timedelta(0), float("nan"), True),
        (timedelta(0), -1, True),
    ],
)
def test_expiry(age, ttl_hours, expired) -> None:
    """Old answers expire, and so do those that claim to come from the future."""
    assert ModelMetadata("a/b", cached_at=NOW - age).is_expired(ttl_hours, now=NOW) is expired


def test_expiry_by_default_is_a_day() -> None:
    """Without arguments an answer of yesterday is expired, today's isn't."""
    today = datetime.now(timezone.utc)

    assert not ModelMetadata("a/b").is_expired()
    assert ModelMetadata("a/b", cached_at=today - timedelta(hours=25)).is_expired()


def test_expiry_takes_a_naive_now() -> None:
    """A `now` without a zone is local time too."""
    now = datetime.now()

    assert not ModelMetadata("a/b", cached_at=now).is_expired(now=now)


def test_file_speaks_both_languages() -> None:
    """A file answers attributes and the Hub's own keys, and keeps keys that it doesn't know."""
    record = {"rfilename": "a", "size": 5, "blobId": "b", "lfs": {"sha256": "c", "size": 5}, "xetHash": "d"}
    file = ModelFile.from_hub(record)

    assert (5, "b", "c", "a", "d") == (file.size, file.blob_id, file.sha256, file.path, file["xetHash"])
    assert record == file.to_hub() == dict(file) == {**file}
    assert ("rfilename" in file, "nothing" in file, list(file)) == (True, False, list(record))
    assert file.get("nothing", 7) == 7
    with pytest.raises(KeyError):
        file["nothing"]


@pytest.mark.parametrize("size", ["5", -1, True, 1.5, [], None])
def test_odd_sizes_are_kept_but_not_believed(size) -> None:
    """A size that can't be one is unknown, yet survives the round trip."""
    file = ModelFile.from_hub({"rfilename": "a", "size": size})

    assert file.size is None
    assert file.get("size") == size
    assert ModelFile.from_hub(file.to_hub()) == file


def test_models_are_values() -> None:
    """Equal models are one in a set, whatever form their parts came in."""
    first = ModelMetadata(
        "a/b", tags=["x"], siblings=[{"rfilename": "f"}], card_data={"a": [1]}, cached_at=NOW
    )
    second = ModelMetadata(
        "a/b",
        tags=("x",),
        siblings=[ModelFile(rfilename="f")],
        card_data=JsonObject({"a": [1]}),
        cached_at=NOW,
    )

    assert {first} == {second}
    assert first != attrs.evolve(second, likes=1)
